// A report can be far larger than memory: only its head and its tail are read, where the captures and the
// numbers are.
#include "hostile/measured.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>

namespace ck::hostile {
namespace {

/// Runs a command whose standard output goes to `output`.
Measured run(const std::vector<std::string>& command, const std::filesystem::path& output) {
  const TemporaryFolder folder;
  const std::filesystem::path errors = folder.path() / "errors", result = folder.path() / "result";
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_addopen(&actions, 2, errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  std::vector<std::string> words{CK_MEASURE, result};
  words.insert(words.end(), command.begin(), command.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  const int failed = posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed == 0) waitpid(child, nullptr, 0);
  Measured out;
  int status = 0;
  double kib = 0;
  if (!(std::ifstream(result) >> status >> out.cpu_seconds >> kib))
    throw std::runtime_error("cannot run " + command.front());
  out.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  out.peak_mib = kib / 1024;
  std::ostringstream said;
  said << std::ifstream(errors).rdbuf();
  out.errors = said.str();
  return out;
}

/// Up to `size` bytes of the file's start, or of its end.
std::string part_of(const std::filesystem::path& path, std::size_t size, bool end) {
  std::ifstream file(path, std::ios::binary);
  const auto whole = static_cast<std::size_t>(std::filesystem::file_size(path));
  if (end && whole > size) file.seekg(static_cast<std::streamoff>(whole - size));
  std::string out(std::min(size, whole), '\0');
  file.read(out.data(), static_cast<std::streamsize>(out.size()));
  return out;
}

/// The JSON value behind `name` at its last (or first) place in `text`.
Json::Value member(const std::string& text, const std::string& name, bool last) {
  const std::string key = "\"" + name + "\":";
  const std::size_t at = last ? text.rfind(key) : text.find(key);
  if (at == std::string::npos) throw std::runtime_error("the report has no " + key);
  Json::CharReaderBuilder builder;
  builder["failIfExtra"] = false;
  const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
  Json::Value value;
  std::string problem;
  const char* begin = text.data() + at + key.size();
  if (!reader->parse(begin, text.data() + text.size(), &value, &problem)) throw std::runtime_error(problem);
  return value;
}

}  // namespace

Measured measure(const std::vector<std::string>& command) {
  return run(command, "/dev/null");
}

Measured audit(const std::filesystem::path& file, const std::vector<std::string>& options) {
  const TemporaryFolder folder;
  const std::filesystem::path report = folder.path() / "report";
  std::vector<std::string> command{CK_AUDIT, "--format", "json"};
  command.insert(command.end(), options.begin(), options.end());
  command.push_back(file);
  Measured out = run(command, report);
  if (out.status != 0 && out.status != 1 && out.status != 3) return out;
  constexpr std::size_t kPart = 4u << 20;
  out.diagnostics = member(part_of(report, kPart, true), "diagnostics", true);
  const Json::Value captures = member(part_of(report, kPart, false), "captures", false);
  out.capture_error = captures[0]["error"].asString();
  out.summary = member(part_of(report, kPart, true), "summary", true);
  return out;
}

}  // namespace ck::hostile
