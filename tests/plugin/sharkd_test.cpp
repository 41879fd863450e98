// What Wireshark's window sees, through sharkd: packet list, the tree of a frame, the links in it, its bytes.
#include <gtest/gtest.h>

#include "sharkd.h"

namespace ck::plugin {
namespace {

void expect_in(const std::string& answer, const std::string& text) {
  EXPECT_NE(answer.find(text), std::string::npos) << "no " << text << "\nin " << answer;
}

TEST(Sharkd, ListsAndFiltersTheMessages) {
  const auto answers = ask_sharkd("session-creation.pcap",
                                  {R"("method":"frames","params":{"filter":"ck.session_id == \"7d0c6ab2\""})",
                                   R"("method":"check","params":{"filter":"ck.kma"})"});
  for (const char* number : {"8", "9", "10"}) expect_in(answers[0], "\"num\":" + std::string(number) + ",");
  EXPECT_EQ(answers[0].find("\"num\":7,"), std::string::npos);
  expect_in(answers[0], "Response to session creation request: established, session 7d0c6ab2, MessageID 41");
  expect_in(answers[1], R"("status":"OK")");
}

TEST(Sharkd, ShowsTheTreeOfAFrameWithLinksAndPlaces) {
  const std::string tree = ask_sharkd(
      "session-creation.pcap", {R"("method":"frame","params":{"frame":8,"proto":true,"bytes":true})"})[0];
  expect_in(tree, R"x("l":"ITU-T Q.4164 Ck, Session creation notification, MessageID 1")x");
  expect_in(tree, R"x("l":"Command code: Session creation notification (0x4108)")x");
  // 14 bytes of Ethernet, 20 of IPv4, 20 of TCP, 10 of header; {"applicationSourceId": are 23, "vpn-a"
  // has 7.
  expect_in(tree, R"("l":"Application source ID: vpn-a","h":[87,7])");
  // The answer, and the rest of the session on the other connection, can be followed.
  expect_in(tree, R"("l":"Response to session creation notification in: 9")");
  for (const char* number : {"7", "9", "10"}) expect_in(tree, R"("fnum":)" + std::string(number));
  expect_in(tree, R"("l":"Violation: plaintext-transport")");
}

TEST(Sharkd, ShowsTheSameHoweverOftenItIsAsked) {
  const std::string request = R"("method":"frame","params":{"frame":9,"proto":true})";
  const std::string other = R"("method":"frame","params":{"frame":10,"proto":true})";
  auto answers = ask_sharkd("session-creation.pcap", {request, other, request});
  const auto without_id = [](const std::string& answer) { return answer.substr(answer.find("\"result\"")); };
  EXPECT_EQ(without_id(answers[0]), without_id(answers[2]));
  expect_in(answers[0], R"("l":"Session creation notification in: 8")");
  expect_in(answers[1], R"("l":"Session creation request in: 7")");
}

/// The parameter at fault has the colour of the finding, and the others have none.
TEST(Sharkd, MarksTheParameterThatAFindingIsAbout) {
  const std::string tree =
      ask_sharkd("violations.pcap", {R"("method":"frame","params":{"frame":8,"proto":true})"})[0];
  const auto item = [&](const std::string& label) {
    const std::size_t at = tree.find("\"l\":\"" + label);
    EXPECT_NE(at, std::string::npos) << label << tree;
    return at == std::string::npos ? label : tree.substr(at, tree.find_first_of("{}", at) - at);
  };
  expect_in(item("Source KMA ID: "), R"("s":"Error")");
  EXPECT_EQ(item("Destination KMA ID: ").find("\"s\""), std::string::npos) << tree;
}

TEST(Sharkd, FollowsCk) {
  const auto answers = ask_sharkd(
      "session-refused.pcap", {R"("method":"follow","params":{"follow":"Ck","filter":"tcp.stream == 0"})"});
  expect_in(answers[0], R"("payloads":[)");
  // base64 of "Session creation request, Me"
  expect_in(answers[0], "U2Vzc2lvbiBjcmVhdGlvbiByZXF1ZXN0LCBN");
}

TEST(Sharkd, FollowsTheStreamOfAMessage) {
  const auto answers =
      ask_sharkd("relay-centralized.pcap",
                 {R"("method":"follow","params":{"follow":"TCP","filter":"tcp.stream == 0"})"});
  expect_in(answers[0], R"("sbytes":)");
  expect_in(answers[0], R"("payloads":[)");
}

/// File > Export Objects: who sent it, in the form in which an address of IPv6 has a port.
TEST(Sharkd, ListsTheObjectsWithTheirSenders) {
  const std::string request = R"("method":"tap","params":{"tap0":"eo:ck"})";
  const std::string v6 = ask_sharkd("ipv6.pcap", {request})[0];
  expect_in(v6, R"("pkt":4,"hostname":"[2001:db8:41::11]:41001","type":"application/json")");
  const std::string v4 = ask_sharkd("session-creation.pcap", {request})[0];
  expect_in(v4, R"("hostname":"10.41.0.11:41001")");
  expect_in(v4, R"("filename":"frame-8-0x4108-id-1.json")");
}

/// Analyze > Expert Information: that a FIN cuts a message short is said by us, not by the frame.
TEST(Sharkd, TellsTheFindingsOfAFrameAsOurs) {
  const auto answers = ask_sharkd("violations.pcap", {R"("method":"tap","params":{"tap0":"expert"})"});
  expect_in(answers[0],
            R"({"f":21,"s":"Error","g":"Malformed","m":"truncated-message: the stream ends after 15)"
            R"( of a frame's 40 bytes","p":"Ck"})");
}

}  // namespace
}  // namespace ck::plugin
