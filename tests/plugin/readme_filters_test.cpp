// The tables of display filters in packaging/doc/wireshark.md and the README: each is run on a sample and
// finds the frames that it promises.
#include <gtest/gtest.h>

#include <map>

#include "filters.h"

namespace ck::plugin {
namespace {

/// What is found, by the filter as a user types it.
const std::map<std::string, FilterCase>& expected() {
  static const std::map<std::string, FilterCase> cases{
      {"ck", {"session-creation.pcap", {7, 8, 9, 10}}},
      {"ck.violation", {"rules/no-next-hop-broken.pcap", {4, 5}}},
      {R"(ck.violation.severity == "error")", {"rulings/swapped-response.pcap", {5}}},
      {R"(ck.violation !== "plaintext-transport")", {"rules/malformed-frame-broken.pcap", {6}}},
      {"ck.expert.missing_destination", {"rules/missing-destination-broken.pcap", {4}}},
      {R"(ck.session_id == "7d0c6ab2")", {"session-creation.pcap", {8, 9, 10}}},
      {"ck.procedure.id == 1", {"session-creation.pcap", {7, 8, 9, 10}}},
      {R"(ck.kma == "KMA-Vienna-1")", {"relay-distributed.pcap", {7, 8, 9, 10}}},
      {R"(ck.application == "vpn-b")", {"session-creation.pcap", {7, 8}}},
      {R"(ck.key_id == "8a52")", {"key-allocation.pcap", {5, 8, 9}}},
      {R"(ck.procedure == "relay" && ck.procedure.state == "failed")",
       {"rules/no-next-hop-broken.pcap", {4, 5}}},
      {R"(ck.procedure == "session" && ck.procedure.state == "failed")",
       {"session-refused.pcap", {7, 8, 9, 10}}},
      {R"(ck.procedure.state in {"rejected", "allocation_failed"})", {"key-reservation.pcap", {6, 7}}},
      {R"(ck.procedure == "relay" && ck.procedure.state in {"requested", "routed"})",
       {"rulings/late-answer.pcap", {4, 5}}},
      {R"(ck.result == "failure")", {"session-refused.pcap", {9, 10}}},
      {R"(ck.result == "unknown")", {"rulings/result-not-understood.pcap", {5}}},
      {"ck.unanswered && ck.command.direction == 0x41", {"silent-km", {4}}},
      {"ck.unanswered && ck.command.direction == 0x14", {"rulings/closed-without-answer.pcap", {4}}},
      {"ck.response_time > 1", {"rulings/late-answer.pcap", {5}}},
      {R"(ck.violation == "possible-key-material")", {"rulings/key-material-in-depth.pcap", {6, 8}}},
      {R"(ck.violation == "plaintext-transport")", {"relay-distributed.pcap", {7, 9}}},
      {R"(ck.violation in {"obsolete-tls", "no-client-certificate"})", {"tls/tls-1.0.pcapng", {4}}},
      {R"(ck.unknown_parameter || ck.violation == "unknown-command")",
       {"rules/unknown-command-broken.pcap", {6}}},
      {R"(ck.violation in {"capture-gap", "truncated-packet"} || ck.expert.undecidable)",
       {"rules/capture-gap-broken.pcap", {7}}}};
  return cases;
}

/// The filters of the table in a document, with the bars that Markdown wants escaped as they are typed.
std::vector<std::string> filters_of(const std::string& document) {
  std::vector<std::string> filters;
  bool inside = false;
  for (const std::string& line : split_text(read_source(document), '\n')) {
    inside = line == "| question | display filter |" || (inside && line.rfind("| ", 0) == 0) ||
             (inside && line == "|---|---|");
    const std::size_t begin = line.rfind("| `");
    if (!inside || begin == std::string::npos) continue;
    std::string filter = line.substr(begin + 3, line.rfind('`') - begin - 3);
    for (std::size_t at = 0; (at = filter.find("\\|", at)) != std::string::npos;) filter.erase(at, 1);
    filters.push_back(filter);
  }
  return filters;
}

TEST(ReadmeFilters, FindWhatTheyPromise) {
  const std::vector<std::string> filters = filters_of("packaging/doc/wireshark.md");
  EXPECT_EQ(filters.size(), expected().size());
  for (const std::string& filter : filters) {
    const auto found = expected().find(filter);
    ASSERT_NE(found, expected().end()) << filter;
    EXPECT_EQ(frames_found(found->second.sample, filter), found->second.frames)
        << filter << " on " << found->second.sample;
  }
}

/// The README has some of them.
TEST(ReadmeFilters, AreAmongThem) {
  const std::vector<std::string> filters = filters_of("README.md");
  EXPECT_GT(filters.size(), 5U);
  for (const std::string& filter : filters) EXPECT_EQ(expected().count(filter), 1U) << filter;
}

}  // namespace
}  // namespace ck::plugin
