// InputFiles by identity, not by name.
#include "cli/run_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "cli/byte_order_mark.h"
#include "report/escape.h"

namespace ck::cli {
namespace {

class Finder {
 public:
  explicit Finder(InputFiles& inputs) : inputs_(inputs) {}

  void add(const std::string& input) {
    if (!inputs_.is_folder(input)) return add_file(input);
    const std::size_t errors = found_.errors.size();
    const std::vector<std::string> inside = inputs_.captures_in(input, found_.errors);
    if (inside.empty() && found_.errors.size() == errors)
      found_.errors.push_back(input + ": no capture in this folder; captures are pcap or pcapng files");
    for (const std::string& path : inside) add_file(path);
  }
  Found take() { return std::move(found_); }

 private:
  void add_file(const std::string& path) {
    const std::string identity = inputs_.identity(path);
    const bool is_new = identity.empty() || seen_.insert(identity).second;
    (is_new ? found_.paths : found_.again).push_back(path);
  }

  InputFiles& inputs_;
  Found found_;
  std::set<std::string> seen_;
};

/// A list with a NUL in it separates its entries by that, as `find -print0` does; else each line is one.
void add_listed(const std::string& list, Finder& finder) {
  const char separator = list.find('\0') == std::string::npos ? '\n' : '\0';
  std::size_t at = 0;
  while (at < list.size()) {
    const std::size_t end = std::min(list.find(separator, at), list.size());
    std::string entry = list.substr(at, end - at);
    if (separator == '\n' && !entry.empty() && entry.back() == '\r') entry.pop_back();
    if (!entry.empty()) finder.add(entry);
    at = end + 1;
  }
}

/// A report's destination in words and, where it is a file, its identity.
struct Destination {
  std::string name, identity;
};

Destination destination_of(const ReportRequest& request, const Options& options, const InputFiles& inputs) {
  const std::string& path = request.path.empty() ? options.output : request.path;
  if (!path.empty() && path != "-") return {terminal_text(path), inputs.identity(path)};
  const std::string identity = inputs.identity("/dev/stdout");
  return {"standard output", identity.empty() ? "-" : identity};
}

}  // namespace

Found find_captures(const Options& options, InputFiles& inputs) {
  if (!options.interface.empty()) return {{options.interface}, {}, {}};
  Finder finder(inputs);
  for (const std::string& input : options.inputs) finder.add(input);
  if (!options.files_from.empty())
    add_listed(read_option_file("--files-from", options.files_from, inputs), finder);
  Found found = finder.take();
  if (found.paths.empty() && found.errors.empty())
    throw UsageError("nothing to audit: the list of --files-from names no input");
  return found;
}

std::string read_option_file(std::string_view option, const std::string& path, InputFiles& inputs) {
  std::string text, error;
  if (!inputs.read_text(path, text, error))
    throw UsageError(fmt::format("{}: {}", option, terminal_text(error)));
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    throw UsageError(fmt::format("{}: {} is text in UTF-16; save it as UTF-8", option, terminal_text(path)));
  }
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  return text;
}

void refuse_overwriting(const Options& options, const Found& found,
                        const std::map<std::string, std::string>& copies, const InputFiles& inputs) {
  std::map<std::string, std::string> read;  // by identity: what it is, in words
  const auto add = [&](const std::string& path, std::string_view what) {
    if (path.empty()) return;
    const std::string identity = inputs.identity(path);
    const std::string name = path == "-" ? "standard input" : terminal_text(path);
    if (!identity.empty()) read.emplace(identity, fmt::format("{} {}", what, name));
  };
  if (options.interface.empty()) {
    for (const std::string& path : found.paths) add(path, "the input");
  }
  add(options.files_from, "the list");
  add(options.tls_keylog, "the key log");
  add(options.aliases, "the alias file");
  add(options.baseline, "the baseline");
  for (const std::string& path : options.grpc_protos) add(path, "the .proto file");
  std::map<std::string, std::string> written;
  const auto write = [&](std::string_view what, const Destination& to) {
    if (to.identity.empty()) return;
    if (const auto input = read.find(to.identity); input != read.end()) {
      throw UsageError(
          fmt::format("{} to {} would overwrite {}; give another file", what, to.name, input->second));
    }
    if (const auto [other, is_new] = written.emplace(to.identity, to.name); !is_new) {
      throw UsageError(
          fmt::format("two reports would be written to the same file, {} and {}; give each one of its own",
                      other->second, to.name));
    }
  };
  for (const ReportRequest& request : options.reports)
    write("a report", destination_of(request, options, inputs));
  if (!options.emit_messages.empty())
    write("a log", {terminal_text(options.emit_messages), inputs.identity(options.emit_messages)});
  for (const auto& [capture, copy] : copies) write("a copy", {terminal_text(copy), inputs.identity(copy)});
}

}  // namespace ck::cli
