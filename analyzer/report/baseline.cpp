// Fingerprints of findings.
#include "report/baseline.h"

#include <fmt/format.h>

namespace ck::report {
namespace {

/// FNV-1a: it must be the same in every run and on every machine, so it has no seed.
class StableHash {
 public:
  void add(std::string_view text) {
    for (const char c : text) add_byte(static_cast<unsigned char>(c));
    add_byte(0xFF);  // no text of UTF-8 has it: what is apart stays apart
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  void add_byte(std::uint8_t byte) { value_ = (value_ ^ byte) * 0x0000'0100'0000'01B3; }
  std::uint64_t value_ = 0xCBF2'9CE4'8422'2325;
};

void blank_out(std::string& text, const std::optional<std::string>& value) {
  if (!value || value->empty()) return;
  for (std::size_t at = text.find(*value); at != std::string::npos; at = text.find(*value, at))
    text.erase(at, value->size());
}

/// What is said of one byte is the same as what is said of several.
void make_plural(std::string& text) {
  constexpr std::string_view kOne = "1 byte ";
  const std::size_t at = text.find(kOne);
  if (at == std::string::npos || (at != 0 && text[at - 1] != ' ')) return;
  text.insert(at + kOne.size() - 1, 1, 's');
  for (const auto& [one, several] : {std::pair(" is ", " are "), std::pair(" was ", " were ")}) {
    if (const std::size_t verb = text.find(one, at); verb != std::string::npos)
      return void(text.replace(verb, std::string_view(one).size(), several));
  }
}

}  // namespace

std::string folded_text(const Finding& finding) {
  std::string text = finding.text;
  make_plural(text);
  blank_out(text, finding.found);
  std::string out;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (!quoted && (c < '0' || c > '9')) out += c;
  }
  return out;
}

std::string fingerprint_of(const Finding& finding, const PeerBrief* km, const PeerBrief* controller) {
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
  hash.add(finding.command && !of_connection ? std::string(command_text(*finding.command)) : "");
  hash.add(finding.parameter);
  hash.add(folded_text(finding));
  return fmt::format("{:016x}", hash.value());
}

}  // namespace ck::report
