// report.schema.json, which users read, against the descriptions that the reports are made from.
#include <gtest/gtest.h>
#include <json/json.h>

#include <fstream>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "report/describe.h"

namespace ck::report {
namespace {

Json::Value schema() {
  Json::Value value;
  std::ifstream in(CK_REPORT_SCHEMA);
  std::string errors;
  EXPECT_TRUE(Json::parseFromStream(Json::CharReaderBuilder(), in, &value, &errors)) << errors;
  return value;
}

std::vector<std::string> listed(const Json::Value& list) {
  std::vector<std::string> names;
  for (const Json::Value& name : list) names.push_back(name.asString());
  return names;
}

/// The names of the members that a record's reports show.
class NameVisitor {
 public:
  template <typename Value>
  void operator()(const char* name, const Value& /*value*/) {
    names.insert(name);
  }
  template <typename Value>
  void shown_only(const char* name, const Value& /*value*/) {
    names.insert(name);
  }
  template <typename Value>
  void stored_only(const Value& /*value*/) {}
  std::set<std::string> names;
};

template <typename Record>
std::set<std::string> described() {
  NameVisitor visit;
  const Record record{};
  describe(record, visit);
  return visit.names;
}

/// The schema's list of what `member` of `record` may be.
std::vector<std::string> choices(const std::string& record, const std::string& member) {
  return listed(schema()["definitions"][record]["properties"][member]["enum"]);
}

std::vector<std::string> all(std::span<const std::string_view> names) {
  return {names.begin(), names.end()};
}

TEST(Schema, ListsTheStatesOfEachProcedure) {
  EXPECT_EQ(choices("relay", "state"), all(kRelayStates));
  EXPECT_EQ(choices("session", "state"), all(kSessionStates));
  EXPECT_EQ(choices("reservation", "state"), all(kReservationStates));
}

// The tables of names are indexed by the states: a name that stands in the wrong row would be another
// state's.
TEST(Schema, EachStateHasTheNameThatItIsSpeltWith) {
  EXPECT_EQ(name_of(RelayState::completed), "completed");
  EXPECT_EQ(name_of(RelayState::failed), "failed");
  EXPECT_EQ(name_of(SessionState::notified), "notified");
  EXPECT_EQ(name_of(SessionState::established), "established");
  EXPECT_EQ(name_of(SessionState::answered), "answered");
  EXPECT_EQ(name_of(ReservationState::rejected), "rejected");
  EXPECT_EQ(name_of(ReservationState::partially_allocated), "partially_allocated");
  EXPECT_EQ(name_of(ReservationState::allocation_failed), "allocation_failed");
}

TEST(Schema, ListsTheOtherKinds) {
  std::vector<std::string> transports, exchanges, pairings;
  for (const Transport one :
       {Transport::tcp, Transport::tls, Transport::grpc, Transport::grpc_tls, Transport::exported_pdu})
    transports.emplace_back(name_of(one));
  for (std::size_t i = 0; i < kExchangeCount; ++i) exchanges.emplace_back(name_of(static_cast<Exchange>(i)));
  for (const PairedBy one : {PairedBy::message_id, PairedBy::parameters, PairedBy::order, PairedBy::stream})
    pairings.emplace_back(name_of(one));
  pairings.emplace_back();  // null: the message has no pair
  EXPECT_EQ(choices("connection", "transport"), transports);
  EXPECT_EQ(choices("response_times", "procedure"), exchanges);
  EXPECT_EQ(choices("message", "paired_by"), pairings);
}

template <typename Record>
void expect_described(const std::string& name) {
  const Json::Value definition = schema()["definitions"][name];
  std::set<std::string> members;
  for (const std::string& member : definition["properties"].getMemberNames()) members.insert(member);
  EXPECT_EQ(described<Record>(), members) << name;
  const std::vector<std::string> required = listed(definition["required"]);
  EXPECT_EQ(std::set<std::string>(required.begin(), required.end()), members) << name;
}

TEST(Schema, HasTheMembersThatAreDescribed) {
  expect_described<MessageRef>("event");
  expect_described<CaptureFacts>("capture");
  expect_described<ConnectionRecord>("connection");
  expect_described<RelayRecord>("relay");
  expect_described<SessionRecord>("session");
  expect_described<ReservationRecord>("reservation");
  expect_described<Finding>("finding");
  expect_described<MessageEntry>("message");
  expect_described<ResponseTimes>("response_times");
}

}  // namespace
}  // namespace ck::report
