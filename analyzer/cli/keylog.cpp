// Key logs may be large, and lines of theirs, too: of each line only the start is held.
#include "cli/keylog.h"

#include <array>
#include <charconv>
#include <fstream>
#include <span>
#include <string_view>

namespace ck::cli {
namespace {

/// A label, and a Random in hexadecimal, are shorter.
constexpr std::size_t kLineStart = 128;
constexpr std::size_t kRandomDigits = 64, kKeyDigits = 16;

bool is_hexadecimal(std::string_view word) {
  return !word.empty() && word.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// A label and two numbers in hexadecimal, or RSA's older form. Of a long line the start is enough.
bool is_secret(std::string_view line) {
  if (line.starts_with("RSA Session-ID:")) return true;
  const std::size_t space = line.find(' ');
  const std::string_view label = line.substr(0, space);
  if (space == std::string_view::npos ||
      label.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != std::string_view::npos)
    return false;
  line.remove_prefix(space + 1);
  const std::size_t second = line.find(' ');
  if (second == std::string_view::npos) return false;
  const std::string_view secret = line.substr(second + 1);
  return is_hexadecimal(line.substr(0, second)) && is_hexadecimal(secret.substr(0, secret.find('\r')));
}

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

bool holds_secrets(ByteStream& keylog) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::array<std::uint8_t, 16 * 1024> piece;
  std::string line;
  const auto is_one = [&line, kByteOrderMark] {
    const std::string_view text = line;
    return is_secret(text.starts_with(kByteOrderMark) ? text.substr(kByteOrderMark.size()) : text);
  };
  for (std::size_t size = keylog.read(piece.data(), piece.size()); size != 0;
       size = keylog.read(piece.data(), piece.size())) {
    for (const std::uint8_t byte : std::span(piece.data(), size)) {
      if (byte == '\n') {
        if (is_one()) return true;
        line.clear();
      } else if (line.size() < kLineStart) {
        line += static_cast<char>(byte);
      }
    }
  }
  return is_one();
}

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
