// How peers speak is counted message by message, though those that are written alike are looked at once.
#include <gtest/gtest.h>

#include "scenario.h"

namespace ck::audit {
namespace {

struct HeardPeers : AuditSink {
  std::vector<PeerRecord> peers;
  void peer(const PeerRecord& record) override { peers.push_back(record); }
};

/// What the only KM of a conversation does, that sends these 0x1406 payloads one after the other.
PeerRecord km_that_sends(const std::vector<std::string>& payloads) {
  AuditOptions options;
  options.peers = true;
  Scenario s(options);
  const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
  std::uint32_t id = 1;
  for (const std::string& payload : payloads) s.km(c, 0x1406, id++, payload);
  HeardPeers heard;
  s.audit.finish(heard, s.end());
  EXPECT_EQ(heard.peers.size(), 2U);
  return heard.peers.at(0);
}

ParameterHabit habit(const PeerRecord& peer, std::uint16_t command, Parameter id) {
  const auto of_command = peer.parameters.find(command);
  if (of_command == peer.parameters.end()) return {};
  for (const ParameterHabit& one : of_command->second) {
    if (one.id == id) return one;
  }
  return {};
}

std::uint64_t times(const ParameterHabit& habit, JsonType type) {
  return habit.types[static_cast<std::size_t>(type)];
}

TEST(Habits, MessagesWrittenAlikeAreAllCounted) {
  const PeerRecord km = km_that_sends({kSession, kSession, kSession});
  EXPECT_EQ(km.messages.find(0x1406)->second, 3U);
  EXPECT_EQ(km.spellings.find("words")->second, 6U);
  const ParameterHabit source = habit(km, 0x1406, Parameter::application_source_id);
  EXPECT_EQ(source.present, 3U);
  EXPECT_EQ(source.absent, 0U);
  EXPECT_EQ(times(source, JsonType::string), 3U);
  EXPECT_EQ(habit(km, 0x1406, Parameter::number_of_keys).absent, 3U);
}

TEST(Habits, MessagesThatDifferInOneThingAreNotTakenForOneAnother) {
  const std::string plain = R"({"Application source ID":"a","Number of keys":1})";
  const PeerRecord km =
      km_that_sends({plain, R"({"Application source ID":"a","Number of keys":"1"})",
                     R"({"Application source ID":"a","number_of_keys":1})",
                     R"({"Application source ID":"a","Number of keys":null})",
                     R"({"Application source ID":"a","Number of keys":1,"Number of keys":2})",
                     R"({"Application source ID":"a","Number of keys":1,"x":2})", plain});
  const ParameterHabit keys = habit(km, 0x1406, Parameter::number_of_keys);
  EXPECT_EQ(keys.present, 6U) << "a null is none, and a repetition no other one";
  EXPECT_EQ(keys.absent, 1U);
  EXPECT_EQ(times(keys, JsonType::number), 5U);
  EXPECT_EQ(times(keys, JsonType::string), 1U);
  EXPECT_EQ(km.spellings.find("snake_case")->second, 1U);
  EXPECT_EQ(km.spellings.find("words")->second, 14U);
  EXPECT_EQ(km.unknown_members.find("x")->second, 1U);
}

TEST(Habits, VersionsAndResultsAreToldApart) {
  AuditOptions options;
  options.peers = true;
  Scenario s(options);
  const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
  std::uint32_t id = 1;
  for (const char* result : {"success", "failure", "success"}) {
    s.version(id == 3 ? 2 : 1);
    s.km(c, 0x1406, id, kSession);
    s.ctl(c, 0x4107, id,
          R"({"Session ID":"s","Destination KM ID":"m","Response":")" + std::string(result) + "\"}");
    ++id;
  }
  HeardPeers heard;
  s.audit.finish(heard, s.end());
  ASSERT_EQ(heard.peers.size(), 2U);
  const HabitCounts& results = heard.peers[1].results.find(0x4107)->second;
  EXPECT_EQ(results.find("success")->second, 2U);
  EXPECT_EQ(results.find("failure")->second, 1U);
  EXPECT_EQ(heard.peers[0].versions, (std::vector<std::uint16_t>{1, 2}));
  EXPECT_EQ(heard.peers[1].versions, (std::vector<std::uint16_t>{1, 2}));
}

TEST(Habits, ExtensionsAreNamedEachByItself) {
  const PeerRecord km = km_that_sends({R"({"Extension":[{"name":"x"}]})", R"({"Extension":[{"name":"y"}]})",
                                       R"({"Extension":[{"name":"x"}]})", R"({"Extension":[{"nome":"x"}]})"});
  EXPECT_EQ(km.extensions.find("x")->second, 2U);
  EXPECT_EQ(km.extensions.find("y")->second, 1U);
  EXPECT_EQ(km.extensions.size(), 2U);
}

}  // namespace
}  // namespace ck::audit
