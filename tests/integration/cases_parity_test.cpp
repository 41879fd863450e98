// Trouble that people had on real wires (captures/cases), in both faces: the messages and findings that are
// right by the Recommendation, the RFCs, or tshark's own reading, typed by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tshark.h"

namespace ck::integration {
namespace {

using Messages = std::multiset<std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>>;
using Findings = std::multiset<std::pair<std::uint64_t, std::string>>;

struct Case {
  const char* name;
  Messages messages;      ///< frame, command, MessageID; empty: only their number is known
  std::size_t count = 0;  ///< of messages
  Findings findings{};    ///< but for those on the transport and on the capture itself
};
void PrintTo(const Case& one, std::ostream* out) {
  *out << one.name;
}

/// Three next hop exchanges; the KM slips.
const Messages kThree{{4, 0x1401, 1},  {6, 0x4102, 1},  {8, 0x1401, 2},
                      {10, 0x4102, 2}, {12, 0x1401, 3}, {14, 0x4102, 3}};
/// A next hop, a reservation and an allocation.
const Messages kSix{{4, 0x1401, 1},  {6, 0x4102, 1},  {8, 0x410A, 7},
                    {10, 0x140B, 7}, {12, 0x410C, 8}, {14, 0x140D, 8}};
const Messages kFour{{4, 0x1401, 1},  {6, 0x4102, 1},  {8, 0x1401, 2},  {10, 0x4102, 2},
                     {12, 0x1401, 3}, {14, 0x4102, 3}, {16, 0x1401, 4}, {18, 0x4102, 4}};
const Messages kOneSlips{{4, 0x1401, 1},  {6, 0x4102, 1},   {8, 0x1401, 2},
                         {10, 0x4102, 2}, {12, 0x1401, 50}, {14, 0x4102, 50}};

std::vector<Case> cases() {
  const auto payloads = [](const char* rule) { return Findings{{4, rule}, {8, rule}, {12, rule}}; };
  return {
      {"oneside-bom", kThree, 6, payloads("malformed-payload")},
      {"oneside-utf16", kThree, 6, payloads("malformed-payload")},
      {"oneside-array", kThree, 6, payloads("payload-not-object")},
      {"oneside-len32", kThree, 6, {{4, "malformed-frame"}}},
      {"oneside-le", kThree, 6, {{4, "malformed-frame"}}},
      {"oneside-outerlen", kThree, 6, {{4, "malformed-frame"}}},
      {"frame-all-le", kFour, 8, {{4, "malformed-frame"}, {6, "malformed-frame"}}},
      {"frame-all-outer-len", kFour, 8, {{4, "malformed-frame"}, {6, "malformed-frame"}}},
      {"frame-little-endian", kOneSlips, 6, {{8, "malformed-frame"}}},
      {"frame-len-incl-header", kOneSlips, 6, {{8, "malformed-frame"}}},
      {"link-arista-timestamp-48", kSix, 6},
      {"link-e-tag", kSix, 6},
      {"link-vn-tag", kSix, 6},
      {"link-vxlan-gpe", kSix, 6},
      {"link-tzsp", kSix, 6},
      {"link-mpls-in-udp", kSix, 6},
      {"ip-ethertype-0800-ipv6", {{4, 0x1406, 1}}, 1},
      {"tcp-data-after-fin",
       {{4, 0x1401, 1}, {6, 0x4102, 1}, {8, 0x410A, 7}, {10, 0x140B, 7}, {12, 0x410C, 8}, {18, 0x140D, 8}},
       6},
      {"tcp-two-vni", {}, 14},
      // Its 0x4107 says success without the Destination KM ID that Table 7 makes mandatory.
      {"tcp-rst-then-answer", {{4, 0x1406, 1}, {6, 0x4107, 1}}, 2, {{6, "missing-parameter"}}},
      // Nobody answers, and the connection is over.
      {"tcp-rst-data-in-flight",
       {{4, 0x1406, 1}, {5, 0x4108, 1}, {7, 0x4108, 2}, {8, 0x4108, 3}},
       4,
       {{4, "unanswered-request"},
        {5, "unanswered-request"},
        {7, "unanswered-request"},
        {8, "unanswered-request"}}},
      {"tcp-icmp-quotes-whole-message", {{4, 0x1406, 1}}, 1},
      {"tcp-icmp-quotes-big-message", {}, 2},
      {"tcp-gap-inside-frame-fin", {{4, 0x1406, 1}}, 1},
      {"tcp-tfo-split", {{1, 0x1406, 1}, {3, 0x1406, 2}, {3, 0x1406, 3}}, 3},
      {"tcp-ack-overtakes-data", {}, 4},
      // Wireshark gives port 6001 to X11, which asks for more bytes in front of the message of frame 8.
      {"tcp-x11-port",
       {{5, 0x1403, 4652}, {7, 0x4108, 7}, {8, 0x1409, 4653}, {10, 0x410A, 99}},
       4,
       {{8, "missing-parameter"}, {8, "unknown-parameter"}}},
      {"tcp-midstream-reordered", {{3, 0x4108, 1}, {3, 0x4108, 2}, {5, 0x4108, 3}}, 3},
  };
}

class CasesParityTest : public testing::TestWithParam<Case> {
 protected:
  static void expect(const Seen& seen) {
    ASSERT_EQ(seen.trouble, "");
    EXPECT_EQ(seen.messages.size(), GetParam().count);
    if (!GetParam().messages.empty()) {
      EXPECT_EQ(seen.messages, GetParam().messages);
    }
    Findings about;
    for (const auto& finding : seen.findings) {
      const std::set<std::string> itself{"plaintext-transport", "capture-gap", "truncated-packet"};
      if (itself.count(finding.second) == 0) about.insert(finding);
    }
    EXPECT_EQ(about, GetParam().findings) << text(about);
  }
  [[nodiscard]] static samples::Sample sample() {
    samples::Sample out;
    out.path = std::string("cases/") + GetParam().name + ".pcap";
    return out;
  }
};

TEST_P(CasesParityTest, CkAuditSaysWhatIsRight) {
  expect(audit(sample()));
}

TEST_P(CasesParityTest, ThePluginSaysWhatIsRight) {
  expect(dissect(sample()));
}

INSTANTIATE_TEST_SUITE_P(Captures, CasesParityTest, testing::ValuesIn(cases()), [](const auto& one) {
  std::string name = one.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace ck::integration
