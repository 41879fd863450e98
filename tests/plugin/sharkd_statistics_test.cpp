// Statistics, response times, export objects and the flow graph as Wireshark's window is given them: through
// sharkd.
#include <gtest/gtest.h>
#include <json/json.h>

#include <map>
#include <sstream>

#include "sharkd.h"

namespace ck::plugin {
namespace {

Json::Value result_of(const std::string& answer) {
  Json::Value parsed;
  std::istringstream(answer) >> parsed;
  EXPECT_TRUE(parsed.isMember("result")) << answer;
  return parsed["result"];
}

/// What one tap tells of a sample.
Json::Value tapped(const std::string& sample, const std::string& tap) {
  const auto answers = ask_sharkd(sample, {R"("method":"tap","params":{"tap0":")" + tap + "\"}"});
  const Json::Value taps = result_of(answers[0])["taps"];
  EXPECT_EQ(taps.size(), 1U) << answers[0];
  return taps[0];
}

/// The node of a statistics tree that is reached by these names.
Json::Value node(const Json::Value& tap, const std::vector<std::string>& path) {
  Json::Value children = tap["stats"], found;
  for (const std::string& name : path) {
    found = Json::Value();
    for (const Json::Value& child : children) {
      if (child["name"] == name) found = child;
    }
    EXPECT_FALSE(found.isNull()) << name << " in " << children;
    if (found.isNull()) break;
    children = found["sub"];
  }
  return found;
}

int count(const Json::Value& tap, const std::vector<std::string>& path) {
  return node(tap, path)["count"].asInt();
}

TEST(SharkdStatistics, AreAllInTheMenus) {
  const Json::Value info = result_of(ask_sharkd("session-creation.pcap", {R"("method":"info")"})[0]);
  const auto names = [&info](const char* kind) {
    std::map<std::string, std::string> found;
    for (const Json::Value& entry : info[kind]) found[entry["tap"].asString()] = entry["name"].asString();
    return found;
  };
  // Below Ck, as each version shows it: 4.0 as it was registered, 4.4 with spaces.
  auto stats = names("stats");
  for (const auto& [tap, name] :
       {std::pair("stat:ck", "Messages"), std::pair("stat:ck_procedures", "Procedures"),
        std::pair("stat:ck_peers", "Findings by who must fix them")}) {
    EXPECT_TRUE(stats[tap] == std::string("Ck/") + name || stats[tap] == std::string("Ck / ") + name)
        << tap << ": " << stats[tap];
  }
  EXPECT_EQ(names("srt")["srt:ck"], "Service Response Time/Ck");
  EXPECT_EQ(names("eo")["eo:ck"], "Export Object/Ck");
}

TEST(SharkdStatistics, CountTheMessages) {
  const Json::Value tree = tapped("session-creation.pcap", "stat:ck");
  EXPECT_EQ(count(tree, {"Messages"}), 4);
  EXPECT_EQ(count(tree, {"Messages", "From key managers", "Session creation request"}), 1);
  EXPECT_EQ(count(tree, {"Messages", "From controllers", "Session creation notification"}), 1);
  EXPECT_EQ(count(tree, {"Results", "Success", "accepted"}), 1);
  EXPECT_EQ(count(tree, {"Results", "Success", "created"}), 1);
  EXPECT_EQ(count(tree, {"Senders", "10.14.0.1"}), 2);
  EXPECT_EQ(count(tree, {"Senders", "10.41.0.12", "Response to session creation notification"}), 1);
  EXPECT_EQ(count(tree, {"Findings", "warning", "plaintext-transport"}), 2);
}

TEST(SharkdStatistics, CountTheProcedures) {
  const Json::Value tree = tapped("key-reservation.pcap", "stat:ck_procedures");
  EXPECT_EQ(count(tree, {"Relays"}), 0);
  EXPECT_EQ(count(tree, {"Sessions"}), 0);
  EXPECT_EQ(count(tree, {"Reservations"}), 2);
  EXPECT_EQ(count(tree, {"Reservations", "reserved"}), 1);
  EXPECT_EQ(count(tree, {"Reservations", "rejected"}), 1);
}

/// Counted by hand from the sample's story: thirteen slips of the KM's, eight of the controller's (one is
/// that it did not answer), and plaintext-transport is nobody's.
TEST(SharkdStatistics, CountWhoMustFixWhat) {
  const Json::Value tree = tapped("violations.pcap", "stat:ck_peers");
  EXPECT_EQ(count(tree, {"Key managers", "10.41.0.11"}), 13);
  EXPECT_EQ(count(tree, {"Key managers", "10.41.0.11", "error", "missing-parameter"}), 1);
  EXPECT_EQ(count(tree, {"Controllers", "10.14.0.1:51640"}), 8);
  EXPECT_EQ(count(tree, {"Controllers", "10.14.0.1:51640", "warning", "unanswered-request"}), 1);
  EXPECT_EQ(count(tree, {"Nobody's fault, or not known whose"}), 1);
}

/// By the sample's clock: the notification is answered after one packet's millisecond, the request after
/// three.
TEST(SharkdStatistics, HaveTheResponseTimes) {
  const Json::Value table = tapped("session-creation.pcap", "srt:ck")["tables"][0];
  EXPECT_EQ(table["f"], "ck.command.number") << "a row's filter is this field and the row's number";
  std::map<std::string, Json::Value> rows;
  for (const Json::Value& row : table["r"]) rows[row["n"].asString()] = row;
  ASSERT_EQ(rows.size(), 2U) << table;
  EXPECT_EQ(rows["Session creation request"]["idx"], 6);
  EXPECT_EQ(rows["Session creation notification"]["idx"], 8);
  for (const auto& [name, time] :
       {std::pair("Session creation request", 0.003), std::pair("Session creation notification", 0.001)}) {
    EXPECT_EQ(rows[name]["num"], 1);
    EXPECT_NEAR(rows[name]["min"].asDouble(), time, 1e-9);
    EXPECT_NEAR(rows[name]["max"].asDouble(), time, 1e-9);
  }
}

/// The list of the dialogue, and one body as it is saved: base64 of
/// {"sessionId":"7d0c6ab2","response":"accepted"}.
TEST(SharkdStatistics, ListTheJsonBodiesAndHandThemOut) {
  const auto answers = ask_sharkd(
      "session-creation.pcap",
      {R"("method":"tap","params":{"tap0":"eo:ck"})", R"("method":"download","params":{"token":"eo:ck_2"})"});
  const Json::Value objects = result_of(answers[0])["taps"][0]["objects"];
  ASSERT_EQ(objects.size(), 4U);
  const Json::Value& third = objects[2];
  EXPECT_EQ(third["pkt"], 9);
  EXPECT_EQ(third["hostname"], "10.41.0.12:41002");
  EXPECT_EQ(third["type"], "application/json");
  EXPECT_EQ(third["filename"], "frame-9-0x1409-id-1.json");
  EXPECT_EQ(third["len"], 46);
  const Json::Value body = result_of(answers[1]);
  EXPECT_EQ(body["data"], "eyJzZXNzaW9uSWQiOiI3ZDBjNmFiMiIsInJlc3BvbnNlIjoiYWNjZXB0ZWQifQ==");
}

/// The window draws the ladder from this: posts by address, and an arrow a message, named by Info.
TEST(SharkdStatistics, DrawTheLadder) {
  const Json::Value flow = tapped("session-creation.pcap", "seqa:any");
  std::vector<std::string> ladder;
  for (const Json::Value& arrow : flow["flows"]) {
    const std::string text = arrow["c"].asString();
    if (text.rfind("Ck: ", 0) != 0) continue;
    ladder.push_back(flow["nodes"][arrow["n"][0].asUInt()].asString() + " > " +
                     flow["nodes"][arrow["n"][1].asUInt()].asString() + "  " + text.substr(4));
  }
  const std::vector<std::string> expected{
      "10.41.0.11 > 10.14.0.1  Session creation request, from vpn-a, to vpn-b, MessageID 41",
      "10.14.0.1 > 10.41.0.12  Session creation notification, from vpn-a, to vpn-b, session 7d0c6ab2, "
      "MessageID 1",
      "10.41.0.12 > 10.14.0.1  Response to session creation notification: accepted, session 7d0c6ab2, "
      "MessageID 1",
      "10.14.0.1 > 10.41.0.11  Response to session creation request: established, session 7d0c6ab2, "
      "MessageID 41"};
  EXPECT_EQ(ladder, expected);
}

/// Asked twice, as when a window is opened again, nothing is counted twice.
TEST(SharkdStatistics, AreTheSameWhenAskedAgain) {
  const std::string request =
      R"("method":"tap","params":{"tap0":"stat:ck","tap1":"stat:ck_procedures","tap2":"srt:ck"})";
  const auto answers =
      ask_sharkd("session-creation.pcap", {request, R"("method":"frame","params":{"frame":8})", request});
  EXPECT_EQ(result_of(answers[0]), result_of(answers[2]));
}

}  // namespace
}  // namespace ck::plugin
