// The list of all samples, and what is common to them.
#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "generator/sample.h"

namespace ck::samples {
namespace {

/// Typed from the rules' table.
constexpr auto kSeverities = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"truncated-message", "error"},
    {"malformed-frame", "error"},
    {"unknown-command", "error"},
    {"swapped-direction-code", "error"},
    {"version-changed", "warning"},
    {"unexpected-version", "warning"},
    {"message-id-reused", "error"},
    {"malformed-payload", "error"},
    {"payload-not-object", "error"},
    {"missing-parameter", "error"},
    {"incomplete-failure-response", "note"},
    {"missing-destination", "error"},
    {"wrong-type", "error"},
    {"type-variant", "note"},
    {"duplicate-parameter", "error"},
    {"unexpected-parameter", "warning"},
    {"unknown-parameter", "note"},
    {"empty-identifier", "error"},
    {"invalid-number-of-keys", "error"},
    {"possible-key-material", "warning"},
    {"wrong-direction", "error"},
    {"role-reversed-connection", "note"},
    {"unanswered-request", "warning"},
    {"unsolicited-response", "error"},
    {"duplicate-response", "error"},
    {"response-mismatch", "error"},
    {"no-next-hop", "warning"},
    {"relay-without-notification", "warning"},
    {"relay-loop", "error"},
    {"destination-not-last", "error"},
    {"relay-request-id-reused", "error"},
    {"unknown-relay-request", "error"},
    {"session-id-reused", "error"},
    {"unknown-session", "error"},
    {"premature-session-response", "error"},
    {"session-outcome-conflict", "warning"},
    {"session-parameters-changed", "warning"},
    {"reservation-without-keys", "error"},
    {"failed-reservation-with-keys", "note"},
    {"key-double-reserved", "error"},
    {"allocation-of-unreserved-key", "error"},
    {"key-double-allocated", "error"},
    {"unknown-result-code", "note"},
    {"plaintext-transport", "warning"},
    {"no-client-certificate", "warning"},
    {"obsolete-tls", "warning"},
    {"capture-gap", "note"},
    {"truncated-packet", "note"},
});

Sample from_case(std::string path, const RuleCase& story) {
  Sample out;
  out.path = std::move(path);
  out.shows = story.shows;
  out.make = [play = story.play] {
    Recording recording;
    play(recording);
    return recording.pcap();
  };
  out.expected.messages = story.messages;
  out.expected.findings = story.findings;
  out.options = story.options;
  out.tshark_options = story.tshark_options;
  out.parity = story.parity;
  return out;
}

void append(std::vector<Sample>& out, std::vector<Sample> more) {
  out.insert(out.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// Our own texts need no escape but that of the quotation mark.
std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

template <typename Range, typename Writer>
std::string list(const Range& range, Writer writer) {
  std::string out = "[";
  for (const auto& item : range) out += (out.size() > 1 ? ", " : "") + writer(item);
  return out + "]";
}

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

std::string entry(const Sample& sample) {
  const Expected& expected = sample.expected;
  std::string out = "  " + json_text(sample.path) + ": {\n    \"shows\": " + json_text(sample.shows);
  if (!sample.options.empty())
    out += ",\n    \"options\": " + list(sample.options, [](const auto& o) { return json_text(o); });
  out += ",\n    \"messages\": " + number(expected.messages);
  out += ",\n    \"findings\": " + list(expected.findings, [](const Found& found) {
           return "[" + number(found.frame) + ", " + json_text(found.rule) + "]";
         });
  if (expected.procedures) {
    out += ",\n    \"procedures\": " + list(*expected.procedures, [](const Procedure& procedure) {
             return "{\"kind\": " + json_text(procedure.kind) + ", \"state\": " + json_text(procedure.state) +
                    ", \"frames\": " + list(procedure.frames, number) + "}";
           });
  }
  if (expected.pairs) {
    out +=
        ",\n    \"pairs\": " + list(*expected.pairs, [](const Pair& pair) {
          return "{\"response\": " + number(pair.response) + ", \"request\": " + number(pair.request) + "}";
        });
  }
  return out + ",\n    \"exit\": " + std::to_string(exit_status(expected)) + "\n  }";
}

}  // namespace

std::string_view severity_of(std::string_view rule) {
  for (const auto& [slug, severity] : kSeverities) {
    if (slug == rule) return severity;
  }
  return {};
}

std::vector<std::string_view> rule_slugs() {
  std::vector<std::string_view> out;
  for (const auto& row : kSeverities) out.push_back(row.first);
  return out;
}

int exit_status(const Expected& expected) {
  if (expected.exit_status) return *expected.exit_status;
  return std::any_of(expected.findings.begin(), expected.findings.end(),
                     [](const Found& found) { return severity_of(found.rule) == "error"; })
             ? 1
             : 0;
}

std::vector<Sample> rule_captures(const std::vector<RuleSamples>& rows) {
  std::vector<Sample> out;
  for (const RuleSamples& row : rows) {
    const std::string path = "rules/" + std::string(row.slug);
    out.push_back(from_case(path + "-broken.pcap", row.broken));
    out.back().breaks = true;
    out.push_back(from_case(path + "-near-miss.pcap", row.near_miss));
    for (std::size_t i = out.size() - 2; i < out.size(); ++i) out[i].rule = row.slug;
  }
  return out;
}

Sample ruling_capture(std::string_view name, const RuleCase& story,
                      std::optional<std::vector<Procedure>> procedures,
                      std::optional<std::vector<Pair>> pairs) {
  Sample out = from_case("rulings/" + std::string(name) + ".pcap", story);
  out.expected.procedures = std::move(procedures);
  out.expected.pairs = std::move(pairs);
  return out;
}

std::vector<Sample> all_samples() {
  std::vector<Sample> out;
  append(out, procedure_samples());
  append(out, network_samples());
  append(out, variant_samples());
  append(out, violation_samples());
  append(out, frame_and_payload_rule_samples());
  append(out, pairing_rule_samples());
  append(out, procedure_rule_samples());
  append(out, stream_rule_samples());
  append(out, ruling_samples());
  append(out, identity_ruling_samples());
  append(out, stream_ruling_samples());
  append(out, slip_samples());
  append(out, recorded_samples());
  append(out, tls_samples());
  append(out, grpc_samples());
  return out;
}

std::string expectations_json() {
  std::string out = "{\n";
  bool first = true;
  for (const Sample& sample : all_samples()) {
    out += (first ? "" : ",\n") + entry(sample);
    first = false;
  }
  return out + "\n}\n";
}

}  // namespace ck::samples
