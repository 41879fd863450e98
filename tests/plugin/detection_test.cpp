// Whose bytes are Ck's: by content, by port, by Decode As; and what must be left alone.
#include <gtest/gtest.h>

#include "generator/sample.h"
#include "tshark.h"

namespace ck::plugin {
namespace {

using namespace samples;

const std::string_view kNotified = R"({"Source KMA ID":"A","Destination KMA ID":"B"})";

std::string ids_of(const Recording& recording, const std::vector<std::string>& options = {}) {
  std::string ids;
  for (const auto& row : tshark_fields(recording.pcap(), {"ck.message_id"}, options)) ids += row[0] + ",";
  return ids;
}

TEST(Detection, LeavesForeignTrafficAlone) {
  const std::string_view foreign[] = {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n",
                                      "{\"Source KMA ID\":\"A\"}",
                                      std::string_view("\x00\x01\x00\x00\x00\x01\x14\x01\x00\x05hello", 15),
                                      std::string_view("\x00\x01\x00\x00\x00\x01\x20\x01\x00\x02{}", 12)};
  Recording recording;
  std::uint16_t port = 30'000;
  for (const std::string_view text : foreign) {
    CkTalk talk = opened(recording, {"10.0.0.1", ++port});
    talk.client(to_bytes(text));
    talk.server(to_bytes(text));
  }
  for (const auto& row : tshark_fields(recording.pcap(), {"frame.protocols"}, as_ck_audit())) {
    EXPECT_EQ(row[0].find(":ck"), std::string::npos) << row[0];
  }
}

TEST(Detection, FindsTheFirstFrameInsideASegmentOfAConnectionJoinedLate) {
  Recording recording;
  CkTalk talk(recording, kKm1, kController);
  talk.client(join({to_bytes("B\"}"), frame(1, 5, kRelayNotification, kNotified)}));
  EXPECT_EQ(ids_of(recording), "5,");
}

TEST(Detection, GoesBeforeTheHeuristicsOfOthers) {
  // Version 1 and MessageID 0x00010001: what the 5GLI heuristic looks for.
  Recording recording;
  CkTalk talk = opened(recording);
  talk.km(0x00010001, kRelayNotification, kNotified);
  EXPECT_EQ(ids_of(recording), ",,,65537,");
}

TEST(Detection, CanBeSwitchedOff) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.km(1, kRelayNotification, kNotified);
  EXPECT_EQ(ids_of(recording, {"-o", "ck.heuristics:FALSE"}), ",,,,");
  EXPECT_EQ(ids_of(recording, {"-o", "ck.heuristics:FALSE", "-o", "ck.tcp.port:51640"}), ",,,1,");
  EXPECT_EQ(ids_of(recording, {"-o", "ck.heuristics:FALSE", "-d", "tcp.port==51640,ck"}), ",,,1,");
}

/// 80 is HTTP's, which is asked first.
TEST(Detection, FindsCkOnAPortOfAnothers) {
  Recording recording;
  CkTalk talk = opened(recording, kKm1, {"10.14.0.1", 80});
  talk.km(1, kRelayNotification, kNotified);
  EXPECT_EQ(ids_of(recording), ",,,1,");
  EXPECT_EQ(ids_of(recording, {"-o", "ck.tcp.port:80"}), ",,,1,");
  EXPECT_EQ(ids_of(recording, {"-d", "tcp.port==80,ck"}), ",,,1,");
  EXPECT_EQ(ids_of(recording, {"-o", "tcp.try_heuristic_first:TRUE"}), ",,,1,");
}

TEST(Detection, TakesAWrongFirstMessageOnAPortThatWasNamed) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.km(9, kRelayNotification, "not json");
  EXPECT_EQ(ids_of(recording), ",,,,");
  EXPECT_EQ(ids_of(recording, {"-o", "ck.tcp.port:51640"}), ",,,9,");
}

TEST(Detection, KnowsTheOtherDirectionOfARecognisedConnection) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.km(1, kRelayNotification, kNotified);
  talk.ctl(1, kRelayRequest, "not json");
  EXPECT_EQ(ids_of(recording), ",,,1,1,");
}

}  // namespace
}  // namespace ck::plugin
