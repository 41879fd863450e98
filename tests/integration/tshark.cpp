// Fields of every frame, one line a frame; several messages in one frame are lists in their order.
#include "tshark.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "command.h"

namespace ck::integration {
namespace {

constexpr const char* kFields[] = {"frame.number", "ck.command",     "ck.message_id",
                                   "ck.violation", "ck.response_to", "ck.procedure.id"};
constexpr std::size_t kFieldCount = std::size(kFields);

std::vector<std::string> cut(const std::string& line, char separator) {
  std::vector<std::string> out;
  std::istringstream in(line);
  for (std::string part; std::getline(in, part, separator);) out.push_back(part);
  return out;
}

std::uint64_t number(const std::string& value) {
  return std::strtoull(value.c_str(), nullptr, 0);
}

/// "4.0" of "TShark (Wireshark) 4.0.17 …"; empty when there is no tshark.
std::string tshark_version() {
  const std::string output = run({"tshark", "--version"}).output;
  const std::size_t start = output.find_first_of("0123456789");
  if (start == std::string::npos) return {};
  const std::size_t dot = output.find('.', output.find('.', start) + 1);
  return output.substr(start, dot - start);
}

void read_line(const std::string& line, Seen& seen) {
  std::vector<std::string> cells = cut(line, '\t');
  cells.resize(kFieldCount);
  const std::uint64_t frame = number(cells[0]);
  const std::vector<std::string> commands = cut(cells[1], ',');
  std::vector<std::string> ids = cut(cells[2], ',');
  ids.resize(commands.size());
  for (std::size_t i = 0; i < commands.size(); ++i)
    seen.messages.emplace(frame, number(commands[i]), number(ids[i]));
  for (const std::string& slug : cut(cells[3], ',')) seen.findings.emplace(frame, slug);
  for (const std::string& request : cut(cells[4], ',')) seen.pairs.emplace(frame, number(request));
  for (const std::string& id : cut(cells[5], ',')) seen.procedure_frames.emplace(number(id), frame);
}

}  // namespace

std::vector<std::string> tshark_in(const std::filesystem::path& home) {
  const std::string version = tshark_version();
  if (version.empty()) throw std::runtime_error("tshark is not installed: apt-get install tshark");
  const std::filesystem::path plugins = home / version / "epan";
  std::filesystem::create_directories(plugins);
  std::filesystem::copy_file(CK_PLUGIN, plugins / "ck.so");
  std::vector<std::string> out;
  if (geteuid() == 0) out = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
  for (const std::string& word : {std::string("env"), "HOME=" + home.string(),
                                  "WIRESHARK_PLUGIN_DIR=" + home.string(), std::string("tshark")}) {
    out.push_back(word);
  }
  return out;
}

namespace {

/// Runs tshark over the sample, one line of these fields a frame.
Seen read_fields(const samples::Sample& sample, const std::vector<std::string>& fields,
                 const std::vector<std::string>& options, bool with_plugin) {
  Seen seen;
  const TemporaryFolder home;
  std::vector<std::string> arguments;
  try {
    arguments = tshark_in(home.path());
  } catch (const std::runtime_error& error) {
    seen.trouble = error.what();
    return seen;
  }
  if (!with_plugin) {
    for (const auto& entry : std::filesystem::directory_iterator(home.path()))
      std::filesystem::remove_all(entry);
  }
  const std::filesystem::path capture = home.path() / std::filesystem::path(sample.path).filename();
  std::filesystem::copy_file(path_of(sample), capture);
  for (const char* word : {"-2", "-o", "tcp.reassemble_out_of_order:TRUE", "-T", "fields", "-E",
                           "occurrence=a", "-E", "aggregator=,", "-E", "separator=/t"}) {
    arguments.emplace_back(word);
  }
  for (const std::string& field : fields) arguments.insert(arguments.end(), {"-e", field});
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.insert(arguments.end(), {"-r", capture.string()});
  const ProgramResult outcome = run(arguments);
  seen.status = outcome.status;
  if (outcome.status != 0) {
    seen.trouble = "tshark with " CK_PLUGIN " fails (is it built for this Wireshark?): " + outcome.errors;
    return seen;
  }
  for (const std::string& line : cut(outcome.output, '\n')) read_line(line, seen);
  return seen;
}

}  // namespace

Seen dissect(const samples::Sample& sample) {
  return read_fields(sample, {std::begin(kFields), std::end(kFields)}, sample.tshark_options, true);
}

Seen read_without_plugin(const samples::Sample& sample, unsigned port) {
  const std::string script = CK_SOURCE_DIR "/tests/benchmark/ck.lua";
  return read_fields(sample, {"frame.number", "cklua.command", "cklua.message_id"},
                     {"-X", "lua_script:" + script, "-d", "tcp.port==" + std::to_string(port) + ",cklua"},
                     false);
}

bool hands_over_everything() {
  const std::string version = run({"tshark", "--version"}).output;
  return version.find("(Wireshark) 4.0.") != std::string::npos;
}

}  // namespace ck::integration
