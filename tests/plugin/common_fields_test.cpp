// ck.kma, ck.km and ck.application: hidden, and holding every such ID of a message, whatever its role.
#include <gtest/gtest.h>

#include <cstdio>
#include <iterator>

#include "generator/sample.h"
#include "tshark.h"

namespace ck::plugin {
namespace {

using namespace samples;

struct Message {
  std::uint16_t code;
  const char* payload;  ///< every parameter that the message's table lists
  const char *kma, *km, *application;
};

const Message kMessages[] = {
    {kNextHopRequest, R"({"Source KMA ID":"A","Destination KMA ID":"B","Application destination ID":"q"})",
     "A|B", "", "q"},
    {kNextHopResponse, R"({"Source KMA ID":"A","Destination KMA ID":"B","Next KMA IDs":["C","D"]})",
     "A|B|C|D", "", ""},
    {kRelayNotification, R"({"Source KMA ID":"A","Destination KMA ID":"B","Application destination ID":"q"})",
     "A|B", "", "q"},
    {kRelayRequest,
     R"({"Source KMA ID":"A","Destination KMA ID":"B","Transit KMA IDs":"C, D","Key relay request ID":"R"})",
     "A|B|C|D", "", ""},
    {kRelayResponse, R"({"Response":"success","Key relay request ID":"R"})", "", "", ""},
    {kSessionRequest, R"({"Application source ID":"p","Application destination ID":"q","Number of keys":2})",
     "", "", "p|q"},
    {kSessionResponse, R"({"Session ID":"S","Response":"ok","Destination KM ID":"n"})", "", "n", ""},
    {kSessionNotification,
     R"({"Application source ID":"p","Application destination ID":"q","Session ID":"S","Source KM ID":"m"})",
     "", "m", "p|q"},
    {kSessionNotificationResponse, R"({"Session ID":"S","Response":"ok"})", "", "", ""},
    {kReservationRequest,
     R"({"Source KMA ID":"A","Destination KMA ID":"B","Application destination ID":"q"})", "A|B", "", "q"},
    {kReservationResponse,
     R"({"Source KMA ID":"A","Destination KMA ID":"B","Application destination ID":"q","Key IDs":"K","Response":0})",
     "A|B", "", "q"},
    {kAllocationRequest,
     R"({"start_km":"A","end_km":"B","Application destination ID":"q","Key IDs":[{"key_id":"K"}]})", "A|B",
     "", "q"},
    {kAllocationResponse,
     R"({"Source KMA ID":"A","Destination KMA ID":"B","Application destination ID":"q","Key IDs":[{"id":"K"}],"Response":0})",
     "A|B", "", "q"},
};

/// One connection, one message a frame, the first in frame 4.
Buffer all_messages() {
  Recording recording;
  CkTalk talk = opened(recording);
  std::uint32_t id = 0;
  for (const Message& message : kMessages) {
    if (message.code >> 8 == 0x14) {
      talk.km(++id, message.code, message.payload);
    } else {
      talk.ctl(++id, message.code, message.payload);
    }
  }
  return recording.pcap();
}

TEST(CommonFields, HoldEveryIdOfEveryMessage) {
  const Rows rows =
      tshark_fields(all_messages(), {"ck.command", "ck.kma", "ck.km", "ck.application"}, {"-Y", "ck"});
  ASSERT_EQ(rows.size(), std::size(kMessages));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Message& message = kMessages[i];
    char code[8];
    std::snprintf(code, sizeof code, "0x%04x", message.code);
    EXPECT_EQ(rows[i], (std::vector<std::string>{code, message.kma, message.km, message.application}))
        << code;
  }
}

TEST(CommonFields, FindAnIdInWhateverRole) {
  const auto frames = [](const std::string& filter) {
    std::string found;
    for (const auto& row : tshark_fields(all_messages(), {"frame.number"}, {"-Y", filter}))
      found += row[0] + " ";
    return found;
  };
  EXPECT_EQ(frames("ck.kma == \"D\""), "5 7 ");
  EXPECT_EQ(frames("ck.km in {\"m\", \"n\"}"), "10 11 ");
  EXPECT_EQ(frames("ck.application == \"p\""), "9 11 ");
}

TEST(CommonFields, AreNotSeen) {
  const TempFolder folder;
  const std::string text = tshark({"-r", folder.write("capture", all_messages()), "-V", "-O", "ck"}).out;
  EXPECT_NE(text.find("Source KMA ID: A"), std::string::npos);
  for (const char* hidden : {"    KMA: ", "    KM: ", "    Application: "})
    EXPECT_EQ(text.find(hidden), std::string::npos) << hidden;
}

TEST(CommonFields, HoldIdsThatBendTheRules) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.km(1, kRelayNotification, R"({"Source KMA ID":7,"Source KMA ID":"A","Next KMA IDs":["C"]})");
  talk.km(2, 0x1480, R"({"Source KMA ID":"A"})");
  talk.ctl(3, 0x4101, R"({"Destination KMA ID":"B"})");
  talk.km(4, kRelayNotification, R"({"Source KMA ID":{"name":"A"},"Destination KMA ID":null})");
  const Rows rows = tshark_fields(recording.pcap(), {"ck.kma"}, {"-Y", "ck"});
  EXPECT_EQ(rows, (Rows{{"7|A|C"}, {"A"}, {"B"}, {""}}));
}

}  // namespace
}  // namespace ck::plugin
