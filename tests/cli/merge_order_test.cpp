// Captures whose clocks agree within a tolerance only: where two of them hold one KM's messages, what came
// first inside of it is not known.
#include <gtest/gtest.h>

#include <optional>

#include "cli/tool.h"

namespace ck::cli::test {
namespace {

using samples::CkTalk;
using samples::Recording;

constexpr std::string_view kEnds = R"("Source KMA ID":"A","Destination KMA ID":"C")";
constexpr std::int64_t kMillisecond = 1'000'000;

std::string with(std::string_view more) {
  return "{" + std::string(kEnds) + std::string(more) + "}";
}

/// One KM with two connections that are open at once, each captured by itself, by clocks of which the second
/// one is `late_ms` behind.
struct TwoSensors {
  explicit TwoSensors(std::int64_t late_ms) : late(late_ms * kMillisecond) {
    two.wait_ms(200);
    first.emplace(samples::opened(one));
    first->km(1, samples::kRelayNotification, with(""));  // who it is
    second.emplace(samples::opened(two, {"10.41.0.11", 41009}));
    second->km(1, samples::kRelayNotification, with(""));
    one.now_ns = two.now_ns + 200 * kMillisecond;
  }

  Json::Value rules(const std::string& tolerance = "5") {
    for (auto& packet : two.packets()) packet.time_ns -= late;
    const ToolRun merged = run({"--merge", "--merge-tolerance", tolerance, "-f", "json", "a", "b"},
                               {{"a", one.pcap()}, {"b", two.pcap()}});
    return merged.json()["audits"][0]["summary"]["rules"];
  }

  std::int64_t late;
  Recording one, two;
  std::optional<CkTalk> first, second;
};

void expect(const Json::Value& rule, int violated, int undecidable) {
  EXPECT_EQ(rule["violated"], violated);
  EXPECT_EQ(rule["undecidable"], undecidable);
}

/// A key is reserved on the first connection, and a millisecond later allocated on the second one.
Json::Value allocated_at_once(std::int64_t late_ms, const std::string& tolerance = "5") {
  TwoSensors km(late_ms);
  km.first->ctl(2, samples::kReservationRequest, with(""));
  km.first->km(2, samples::kReservationResponse, with(R"(,"Key IDs":["K"],"Response":0)"));
  km.two.now_ns = km.one.now_ns;
  km.second->ctl(2, samples::kAllocationRequest, with(R"(,"Key IDs":[{"Key ID":"K"}])"));
  km.second->km(2, samples::kAllocationResponse, with(R"(,"Key IDs":[{"Key ID":"K"}],"Response":0)"));
  return km.rules(tolerance)["allocation-of-unreserved-key"];
}

TEST(MergeOrder, AnAllocationThatSeemsToComeFirstIsUndecidable) {
  expect(allocated_at_once(0), 0, 0);
  expect(allocated_at_once(2), 0, 1);
}

TEST(MergeOrder, BeyondTheToleranceTheClocksAreBelieved) {
  expect(allocated_at_once(20), 1, 0);
  expect(allocated_at_once(3, "0.5"), 1, 0);
  expect(allocated_at_once(-20), 0, 0);
}

/// A relay is asked for on the first connection and its result told on the second one; a second later the
/// first one uses its ID again.
Json::Value ended_elsewhere(std::int64_t late_ms) {
  TwoSensors km(late_ms);
  constexpr std::string_view kRoute = R"(,"Transit KMA IDs":["B"],"Key relay request ID":"R")";
  km.first->ctl(1, samples::kRelayRequest, with(kRoute));
  km.two.now_ns = km.one.now_ns;
  km.second->km(1, samples::kRelayResponse, R"({"Key relay request ID":"R","Response":"success"})");
  km.one.wait_ms(1000);
  km.first->km(3, samples::kRelayNotification, with(""));
  km.first->ctl(3, samples::kRelayRequest, with(kRoute));
  return km.rules();
}

TEST(MergeOrder, WhatMayHaveEndedARelayFreesItsIdLaterOn) {
  const Json::Value rules = ended_elsewhere(2);
  expect(rules["relay-request-id-reused"], 0, 1);
  expect(rules["unknown-relay-request"], 0, 1);
  EXPECT_EQ(rules["unanswered-request"]["violated"], 0);
}

TEST(MergeOrder, AResultLongBeforeItsRelayIsUnknown) {
  const Json::Value rules = ended_elsewhere(50);
  expect(rules["unknown-relay-request"], 1, 0);
}

/// Two capture points of one connection, of which the second did not see it open, and has a clock that is
/// ahead: its packets come before the first one's SYN.
TEST(TwoPointsOfOneConnection, CountItsMessagesOnce) {
  const auto story = [](Recording& recording) {
    CkTalk talk = samples::opened(recording);  // 1-3
    talk.km(1, samples::kRelayNotification, with(""));
    talk.ctl(1, samples::kRelayRequest, with(R"(,"Key relay request ID":"R","Transit KMA IDs":[])"));
    talk.km(1, samples::kRelayResponse, R"({"Key relay request ID":"R","Response":"ok"})");
    talk.close();
  };
  for (const std::size_t unseen : {3U, 4U, 5U}) {
    Recording first, second;
    story(first);
    story(second);
    auto& packets = second.packets();
    packets.erase(packets.begin(), packets.begin() + static_cast<std::ptrdiff_t>(unseen));
    const std::int64_t ahead = packets.front().time_ns - first.packets().front().time_ns + kMillisecond / 2;
    for (auto& packet : packets) packet.time_ns -= ahead;
    const Files files{{"a", first.pcap()}, {"b", second.pcap()}};
    const auto merged = [&](const std::string& tolerance) {
      return run({"--merge", "--merge-tolerance", tolerance, "-f", "json", "a", "b"}, files)
          .json()["audits"][0];
    };
    const Json::Value within = merged("10");
    EXPECT_EQ(within["connections"].size(), 1U) << unseen;
    EXPECT_EQ(within["summary"]["messages"]["0x1403"], 1) << unseen;
    EXPECT_EQ(within["summary"]["messages"]["0x4104"], 1) << unseen;
    EXPECT_EQ(within["summary"]["messages"]["0x1405"], 1) << unseen;
    EXPECT_EQ(within["summary"]["relays"]["completed"], 1) << unseen;
    EXPECT_EQ(within["summary"]["findings"]["error"], 0) << unseen;
    // Clocks that differ by more than was said are nothing that anybody could know of.
    if (unseen > 4) {
      EXPECT_EQ(merged("0.1")["connections"].size(), 2U) << unseen;
    }
  }
}

}  // namespace
}  // namespace ck::cli::test
