// Bytes that came and wait for others which were there before them: what they say is not told yet, and
// nothing on another connection may be checked as if nobody had said it.
#include <gtest/gtest.h>

#include "cli/tool.h"

namespace ck::cli::test {
namespace {

using samples::Buffer;
using samples::CkTalk;
using samples::End;
using samples::Recording;
using samples::Segment;

constexpr std::string_view kAsk = R"({"Source KMA ID":"A","Destination KMA ID":"C"})";

Json::Value rules_of(const Recording& recording) {
  return run({"-f", "json", "a"}, {{"a", recording.pcap()}}).json()["audits"][0]["summary"]["rules"];
}

/// KMA A reserves the key K on its first connection; on its second one, the controller has it allocated.
/// `held`: the reservation acknowledges bytes of the controller's that are captured behind all this.
Json::Value allocate_elsewhere(bool held) {
  const Buffer late = samples::frame(
      1, 9, samples::kRelayRequest, R"({"Source KMA ID":"A","Destination KMA ID":"C","Transit KMA IDs":[]})");
  Recording recording;
  CkTalk first = samples::opened(recording);
  first.km(1, samples::kRelayNotification, kAsk);  // who it is
  first.ctl(1, samples::kReservationRequest, kAsk);
  CkTalk second = samples::opened(recording, {"10.41.0.11", 41009});
  second.km(1, samples::kRelayNotification, kAsk);
  const Buffer reserved =
      samples::frame(1, 1, samples::kReservationResponse,
                     R"({"Source KMA ID":"A","Destination KMA ID":"C","Key IDs":["K"],"Response":0})");
  Segment answer = first.segment(End::client, first.sent(End::client), reserved);
  if (held) {
    answer.ack += static_cast<std::uint32_t>(late.size());
    first.put_segment(answer);
  }
  second.ctl(2, samples::kAllocationRequest,
             R"({"Source KMA ID":"A","Destination KMA ID":"C","Key IDs":[{"Key ID":"K"}]})");
  if (!held) first.put_segment(answer);
  first.server(late);
  return rules_of(recording);
}

TEST(HeldBack, AReservationThatWaitsCountsElsewhere) {
  const Json::Value rule = allocate_elsewhere(true)["allocation-of-unreserved-key"];
  EXPECT_EQ(rule["violated"], 0);
  EXPECT_EQ(rule["undecidable"], 1);
}

TEST(HeldBack, OneThatComesLaterDoesNot) {
  const Json::Value rule = allocate_elsewhere(false)["allocation-of-unreserved-key"];
  EXPECT_EQ(rule["violated"], 1);
  EXPECT_EQ(rule["undecidable"], 0);
}

}  // namespace
}  // namespace ck::cli::test
