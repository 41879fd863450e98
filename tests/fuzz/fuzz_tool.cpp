// Fuzz target: the whole tool in memory. The input is a capture, whose last byte also chooses the options, so
// that any capture is a seed. The tool ends with one of its statuses, its JSON is JSON, and no report brings
// a control character of the capture before a reader.
#include <json/json.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "cli/run.h"

namespace {

using namespace ck::cli;

/// An output that leaves its text behind.
class Kept final : public Output {
 public:
  explicit Kept(std::string& text) : text_(text) {}

 protected:
  void write(std::string_view text) override { text_.append(text); }

 private:
  std::string& text_;
};

std::vector<std::string> arguments_for(unsigned choice) {
  std::vector<std::string> arguments{
      "-f",          "text=text", "-f",           "json=json", "-f",        "sarif=sarif",   "-f",
      "junit=junit", "-f",        "ndjson=lines", "-f",        "csv=table", "--no-progress", "--color",
      "never",       "a"};
  const auto add = [&](unsigned bit, std::initializer_list<const char*> more) {
    if ((choice >> bit & 1U) != 0) arguments.insert(arguments.end(), more.begin(), more.end());
  };
  add(0, {"--messages"});
  add(1, {"--verbose"});
  add(2, {"--port", "7000"});
  add(3, {"--filter", "tcp or vlan"});
  add(4, {"--max-connections", "16", "--max-open-requests", "16", "--max-message-ids", "16"});
  add(5, {"--max-open-procedures", "16", "--max-finished-procedures", "16", "--max-known-keys", "16"});
  add(6, {"--max-buffered", "64K", "--max-buffered-direction", "64K"});
  add(7, {"--merge", "--response-timeout", "1", "b"});
  return arguments;
}

void check_json(const std::string& text) {
  Json::Value document;
  std::string errors;
  Json::CharReaderBuilder strict;
  Json::CharReaderBuilder::strictMode(&strict.settings_);
  const std::unique_ptr<Json::CharReader> reader(strict.newCharReader());
  if (!reader->parse(text.data(), text.data() + text.size(), &document, &errors)) std::abort();
}

void check_harmless(const std::string& text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool ends_line = byte == '\n' || (byte == '\r' && at + 1 < text.size() && text[at + 1] == '\n');
    if (!ends_line && (byte < 0x20 || byte == 0x7f)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string out, err;
  std::map<std::string, std::string> reports;
  {
    MemoryInputs inputs;
    inputs.files["a"].assign(data, data + size);
    inputs.files["b"] = inputs.files["a"];
    Kept out_kept(out), err_kept(err);
    Console console{out_kept, err_kept, false, false,
                    [&](const std::string& path) { return std::make_unique<Kept>(reports[path]); }};
    const int status = run_tool(arguments_for(size == 0 ? 0 : data[size - 1]), inputs, console);
    if (status != kClean && status != kFindings && status != kUnread) std::abort();
    if (size == 0 && status != kUnread) std::abort();  // an empty file is an error
  }
  for (const auto& [path, text] : reports) check_harmless(text);
  check_harmless(err);
  check_json(reports["json"]);
  check_json(reports["sarif"]);
  const std::string& lines = reports["lines"];
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    check_json(lines.substr(at, end - at));
    at = end + 1;
  }
  return 0;
}
