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

}  // namespace

std::string folded_text(const Finding& finding) {
  std::string text = finding.text;
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
