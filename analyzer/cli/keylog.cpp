// Key logs may be large, and lines of theirs, too: of each line only the start is held.
#include "cli/keylog.h"

#include <array>
#include <charconv>
#include <fstream>
#include <string_view>

namespace ck::cli {
namespace {

/// A label, and a Random in hexadecimal, are shorter.
constexpr std::size_t kLineStart = 128;
constexpr std::size_t kRandomDigits = 64, kKeyDigits = 16;

class KeyLog {
 public:
  KeyLog(const std::unordered_set<std::uint64_t>& clients, const std::filesystem::path& out)
      : clients_(clients) {
    out_.exceptions(std::ios::badbit | std::ios::failbit);
    out_.open(out, std::ios::binary);
  }

  void add(std::string_view text) {
    out_.write(text.data(), static_cast<std::streamsize>(text.size()));
    for (const char c : text) {
      if (c == '\n') {
        end_line();
      } else if (line_.size() < kLineStart) {
        line_ += c;
      }
    }
  }

  void end_line() {
    read_line();
    line_.clear();
  }

  SecretsByClient finish() {
    out_.close();
    return std::move(secrets_);
  }

 private:
  /// "CLIENT_TRAFFIC_SECRET_0 <Random of the ClientHello> <secret>"
  void read_line() {
    const std::string_view line = line_;
    const std::string_view label = line.substr(0, line.find(' '));
    const bool both = label == "CLIENT_RANDOM";
    const bool client = both || label == "CLIENT_TRAFFIC_SECRET_0";
    const bool server = both || label == "SERVER_TRAFFIC_SECRET_0";
    if (!(client || server) || line.size() < label.size() + 1 + kRandomDigits) return;
    const std::string_view digits = line.substr(label.size() + 1, kKeyDigits);
    std::uint64_t key = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), key, 16).ptr !=
            digits.data() + digits.size() ||
        clients_.count(key) == 0) {
      return;
    }
    TlsSecrets& secrets = secrets_[key];
    secrets.client = secrets.client || client;
    secrets.server = secrets.server || server;
  }

  const std::unordered_set<std::uint64_t>& clients_;
  std::ofstream out_;
  std::string line_;
  SecretsByClient secrets_;
};

}  // namespace

SecretsByClient gather_secrets(const std::string& embedded, const std::string& keylog,
                               const std::unordered_set<std::uint64_t>& clients,
                               const std::filesystem::path& out) {
  KeyLog log(clients, out);
  log.add(embedded);
  log.end_line();
  std::ifstream file;
  if (!keylog.empty()) file.open(keylog, std::ios::binary);
  std::array<char, 64 * 1024> piece;
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  for (bool first = true; file.is_open() && file; first = false) {
    file.read(piece.data(), piece.size());
    std::string_view text(piece.data(), static_cast<std::size_t>(file.gcount()));
    if (first && text.substr(0, kByteOrderMark.size()) == kByteOrderMark)
      text.remove_prefix(kByteOrderMark.size());
    log.add(text);
  }
  log.end_line();
  return log.finish();
}

}  // namespace ck::cli
