// --filter: what passes, with which frame numbers, and what a filter that cannot be used says.
#include <gtest/gtest.h>

#include "cli/tool.h"

namespace ck::cli::test {
namespace {

using namespace samples;

/// Two KMs, each with one request that breaks a rule: frames 1 to 3 and 7 are the first's, 4 to 6 and 8 the
/// second's.
Buffer two_talks() {
  Recording recording;
  CkTalk first = opened(recording);
  CkTalk second = opened(recording, kKm2);
  first.km(1, kNextHopRequest, R"({"Source KMA ID":"A"})");
  second.km(1, kNextHopRequest, R"({"Source KMA ID":"B"})");
  return recording.pcap();
}

TEST(Filter, LetsThroughItsPacketsUnderTheirOwnNumbers) {
  // 10.41.0.12 is the second KM (see the README's listing of session-creation.pcap).
  const ToolRun run =
      test::run({"-f", "json", "--filter", "host 10.41.0.12", "a.pcap"}, {{"a.pcap", two_talks()}});
  EXPECT_EQ(run.status, 1) << run.err;
  const Json::Value audit = run.json()["audits"][0];
  EXPECT_EQ(audit["captures"][0]["packets"].asInt(), 4);
  EXPECT_EQ(audit["connections"].size(), 1u);
  bool found = false;
  for (const Json::Value& finding : audit["findings"]) {
    if (finding["rule"] == "missing-destination") {
      EXPECT_EQ(finding["frame"].asInt(), 8);
      found = true;
    }
  }
  EXPECT_TRUE(found);
}

TEST(Filter, ThatLetsEverythingThroughChangesNothing) {
  const ToolRun plain = test::run({"-f", "csv", "a.pcap"}, {{"a.pcap", two_talks()}});
  const ToolRun filtered = test::run({"-f", "csv", "--filter", "tcp", "a.pcap"}, {{"a.pcap", two_talks()}});
  EXPECT_EQ(plain.out, filtered.out);
  EXPECT_EQ(plain.status, filtered.status);
}

TEST(Filter, ThatIsNoneIsWrongUsage) {
  const ToolRun run = test::run({"--filter", "tcp prot 41", "a.pcap"}, {{"a.pcap", two_talks()}});
  EXPECT_EQ(run.status, 2);
  EXPECT_NE(run.err.find("--filter: "), std::string::npos) << run.err;
}

TEST(Filter, ThatCannotBeUsedOnTheLinkSaysSo) {
  const ToolRun run = test::run({"--filter", "type mgt", "a.pcap"}, {{"a.pcap", two_talks()}});
  EXPECT_EQ(run.status, 3) << "Wi-Fi's management frames, on Ethernet";
  EXPECT_NE(run.err.find("frame 1: the filter cannot be used on link type EN10MB"), std::string::npos)
      << run.err;
}

}  // namespace
}  // namespace ck::cli::test
