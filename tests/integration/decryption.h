// Captures with secrets in them, and both faces where tshark finds the plugin of this build.
#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "account.h"
#include "command.h"
#include "seen.h"
#include "tshark.h"

namespace ck::integration {

/// ck-audit where tshark finds the plugin. Started as root, neither it nor tshark is root.
class Decryption {
 public:
  explicit Decryption(const samples::Sample& sample)
      : command_(tshark_in(folder_.path())),
        capture_(folder_.path() / std::filesystem::path(sample.path).filename()) {
    std::filesystem::copy_file(path_of(sample), capture_);
    std::filesystem::copy_file(CK_AUDIT, folder_.path() / "ck-audit");
    tshark_ = command_;
    command_.back() = folder_.path() / "ck-audit";
  }
  [[nodiscard]] Seen audit(const samples::Sample& sample, const std::string& capture) const {
    return audit_as(command_, sample, capture);
  }
  /// What each face says of a capture, with all that it says of whom it blames.
  [[nodiscard]] Account audited(const std::vector<std::string>& options, const std::string& capture) const {
    std::vector<std::string> all = command_;
    all.insert(all.end(), {"--format", "json", "--messages", capture});
    all.insert(all.end(), options.begin(), options.end());
    return account_of_audit(run(all).output);
  }
  [[nodiscard]] Account dissected(const std::vector<std::string>& options, const std::string& capture) const {
    std::vector<std::string> all{"-2",
                                 "-o",
                                 "tcp.reassemble_out_of_order:TRUE",
                                 "-T",
                                 "json",
                                 "--no-duplicate-keys",
                                 "-J",
                                 "frame ip tcp ck",
                                 "-Y",
                                 "ck",
                                 "-r",
                                 capture};
    all.insert(all.end(), options.begin(), options.end());
    return account_of_tshark(tshark(all).output);
  }
  [[nodiscard]] const std::string& capture() const { return capture_; }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_.path() / name; }
  [[nodiscard]] ProgramResult audit_outcome(const std::vector<std::string>& options) const {
    std::vector<std::string> all = command_;
    all.insert(all.end(), options.begin(), options.end());
    return run(all);
  }
  /// The plugin that tshark finds.
  [[nodiscard]] std::filesystem::path plugin() const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      if (entry.path().filename() == "ck.so") return entry.path();
    }
    throw std::runtime_error("no ck.so");
  }
  /// Writes a file for everybody.
  [[nodiscard]] std::string write(const std::string& name, const std::string& bytes) const {
    const std::string path = file(name);
    std::ofstream(path, std::ios::binary) << bytes;
    std::filesystem::permissions(path, std::filesystem::perms::all);
    return path;
  }
  [[nodiscard]] ProgramResult tshark(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all = tshark_;
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run(all);
  }

 private:
  TemporaryFolder folder_;
  std::vector<std::string> command_, tshark_;
  std::string capture_;
};

inline std::size_t little_endian(const std::string& bytes, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes.at(i)));
  };
  return byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24;
}

/// A Decryption Secrets Block: type, length, what its secrets are ("KSLT"), their length, the key log.
inline std::string secrets_of(const std::string& capture) {
  const std::size_t kind = capture.find("KSLT");
  return capture.substr(kind + 8, little_endian(capture, kind + 4));
}
inline std::string without_secrets(std::string capture) {
  const std::size_t begin = capture.find("KSLT") - 8;
  return capture.erase(begin, little_endian(capture, begin + 4));
}

/// The capture without one of its packets, counted from 1: of its blocks, those of type 6.
inline std::string without_packet(std::string capture, std::size_t packet) {
  constexpr std::size_t kEnhancedPacket = 6;
  for (std::size_t at = 0, seen = 0; at < capture.size(); at += little_endian(capture, at + 4)) {
    if (little_endian(capture, at) == kEnhancedPacket && ++seen == packet)
      return capture.erase(at, little_endian(capture, at + 4));
  }
  throw std::out_of_range("no such packet");
}

}  // namespace ck::integration
