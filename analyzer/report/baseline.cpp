// Fingerprints of findings.
#include "report/baseline.h"

namespace ck::report {
namespace {

/// FNV-1a: it must be the same in every run and on every machine, so it has no seed.
class StableHash {
 public:
  void add(std::string_view text) {
    for (const char c : text) add_byte(c);
    end_text();
  }
  void add_byte(char c) { value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x0000'0100'0000'01B3; }
  /// No text of UTF-8 has that byte: what is apart stays apart.
  void end_text() { add_byte('\xFF'); }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xCBF2'9CE4'8422'2325;
};

void blank_out(std::string& text, std::string_view value) {
  for (std::size_t at = text.find(value); at != std::string::npos; at = text.find(value, at))
    text.erase(at, value.size());
}

constexpr std::string_view kOneByte = "1 byte ";

/// What is said of one byte is the same as what is said of several.
void make_plural(std::string& text) {
  const std::size_t at = text.find(kOneByte);
  if (at == std::string::npos || (at != 0 && text[at - 1] != ' ')) return;
  text.insert(at + kOneByte.size() - 1, 1, 's');
  for (const auto& [one, several] : {std::pair(" is ", " are "), std::pair(" was ", " were ")}) {
    if (const std::size_t verb = text.find(one, at); verb != std::string::npos)
      return void(text.replace(verb, std::string_view(one).size(), several));
  }
}

/// Hands on the characters of folded_text(), one by one.
template <typename Take>
void fold_text(std::string_view text, const Take& take) {
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (!quoted && (c < '0' || c > '9')) take(c);
  }
}
template <typename Take>
void fold_text(const Finding& finding, const Take& take) {
  const bool tells_value =
      finding.found && !finding.found->empty() && finding.text.find(*finding.found) != std::string::npos;
  if (!tells_value && finding.text.find(kOneByte) == std::string::npos) return fold_text(finding.text, take);
  std::string text = finding.text;
  make_plural(text);
  if (tells_value) blank_out(text, *finding.found);
  fold_text(text, take);
}

ShortText<16> hex_digits(std::uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  ShortText<16> text;
  text.size = sizeof text.bytes;
  for (std::size_t i = 0; i < text.size; ++i) text.bytes[i] = kDigits[value >> (60 - 4 * i) & 15];
  return text;
}

}  // namespace

std::string folded_text(const Finding& finding) {
  std::string out;
  out.reserve(finding.text.size());
  fold_text(finding, [&out](char c) { out += c; });
  return out;
}

ShortText<16> fingerprint_of(const Finding& finding, const PeerBrief* km, const PeerBrief* controller) {
  StableHash hash;
  hash.add(name_of(finding.rule));
  const auto add_peer = [&hash](const PeerBrief* peer) { hash.add(peer ? peer->name : ""); };
  const bool km_first = finding.at_fault != Role::controller;
  hash.add(finding.at_fault ? name_of(*finding.at_fault) : "");
  add_peer(km_first ? km : controller);
  add_peer(km_first ? controller : km);
  // What is said of a connection stands at its first message, whichever that is.
  const bool of_connection =
      finding.rule == Rule::plaintext_transport || finding.rule == Rule::role_reversed_connection;
  hash.add(finding.command && !of_connection ? std::string_view(command_text(*finding.command)) : "");
  hash.add(finding.parameter);
  fold_text(finding, [&hash](char c) { hash.add_byte(c); });
  hash.end_text();
  return hex_digits(hash.value());
}

}  // namespace ck::report
