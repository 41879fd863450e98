// Running tshark. As root, Wireshark ignores WIRESHARK_PLUGIN_DIR, so a test that root started drops its
// privileges.
#include "tshark.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace ck::plugin {
namespace fs = std::filesystem;
namespace {

constexpr unsigned kNobody = 65534;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void redirect(const fs::path& to, int descriptor) {
  const int file = open(to.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0644);
  if (file >= 0) dup2(file, descriptor);
}

/// In the child: never returns.
[[noreturn]] void become(std::vector<std::string> command, const fs::path& home) {
  redirect(home / "out", STDOUT_FILENO);
  redirect(home / "err", STDERR_FILENO);
  if (geteuid() == 0 && (setgid(kNobody) != 0 || setuid(kNobody) != 0)) _exit(126);
  setenv("HOME", home.c_str(), 1);
  unsetenv("XDG_CONFIG_HOME");
  setenv("WIRESHARK_PLUGIN_DIR", CK_PLUGIN_DIR, 1);
  setenv("WIRESHARK_ABORT_ON_DISSECTOR_BUG", "1", 1);
  setenv("TZ", "UTC", 1);
  std::vector<char*> raw;
  for (std::string& word : command) raw.push_back(word.data());
  raw.push_back(nullptr);
  execvp(raw[0], raw.data());
  _exit(127);
}

}  // namespace

TempFolder::TempFolder() {
  std::string name = (fs::temp_directory_path() / "ck-plugin-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
  fs::permissions(path_, fs::perms::all);
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string TempFolder::write(const std::string& name, const samples::Buffer& bytes) const {
  samples::write_file(path_ / name, bytes);
  return path_ / name;
}

Output run_unprivileged(const std::vector<std::string>& command,
                        const std::vector<std::pair<std::string, std::string>>& profile) {
  const TempFolder home;
  const fs::path configuration = home.path() / ".config" / "wireshark";
  fs::create_directories(configuration);
  for (const auto& [name, text] : profile) {
    fs::create_directories((configuration / name).parent_path());
    std::ofstream(configuration / name) << text;
  }
  for (const auto& entry : fs::recursive_directory_iterator(home.path())) {
    fs::permissions(entry, fs::perms::all);
  }
  const pid_t child = fork();
  if (child == 0) become(command, home.path());
  int status = 0;
  waitpid(child, &status, 0);
  Output output{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                read_file(home.path() / "out"), read_file(home.path() / "err")};
  EXPECT_NE(output.status, 127) << command[0] << " was not found: install it (apt-get install tshark)";
  return output;
}

Output tshark(const std::vector<std::string>& arguments,
              const std::vector<std::pair<std::string, std::string>>& profile) {
  std::vector<std::string> command{"tshark"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_unprivileged(command, profile);
}

Rows tshark_fields(const samples::Buffer& capture, const std::vector<std::string>& fields,
                   const std::vector<std::string>& options,
                   const std::vector<std::pair<std::string, std::string>>& profile) {
  const TempFolder folder;
  std::vector<std::string> arguments{"-r",          folder.write("capture", capture), "-T", "fields", "-E",
                                     "aggregator=|"};
  for (const std::string& field : fields) {
    arguments.insert(arguments.end(), {"-e", field});
  }
  arguments.insert(arguments.end(), options.begin(), options.end());
  const Output output = tshark(arguments, profile);
  EXPECT_EQ(output.status, 0) << output.err;
  Rows rows;
  std::vector<std::string> lines = split_text(output.out, '\n');
  lines.pop_back();  // what follows the last line's end
  for (const std::string& line : lines) rows.push_back(split_text(line, '\t'));
  return rows;
}

const std::vector<std::string>& as_ck_audit() {
  static const std::vector<std::string> options{"-2", "-o", "tcp.reassemble_out_of_order:TRUE"};
  return options;
}

std::vector<std::string> split_text(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace ck::plugin
