// Connections on which nothing was recognised and of which not all was captured: one that has the server of a
// connection of Ck may have carried what others rest on, and no other one hides anything.
#include <gtest/gtest.h>

#include <arpa/inet.h>

#include <functional>
#include <string>

#include "sample_payloads.h"

namespace ck::audit {
namespace {

constexpr const char* kClient = "10.0.0.1";
constexpr const char* kServer = "10.9.0.1";
constexpr std::uint16_t kPort = 9000;

Endpoint end(const char* address, std::uint16_t port) {
  Endpoint out;
  out.port = port;
  out.address.size = 4;
  inet_pton(AF_INET, address, out.address.bytes.data());
  return out;
}

UnrecognisedConnection between(const Endpoint& client, const Endpoint& server) {
  UnrecognisedConnection out;
  out.connection = 99;
  out.endpoints = {client, server};
  out.opener_known = true;
  out.in_clear = true;
  return out;
}

/// A rule that needs to have seen all: what a conforming pair of peers says last, after the rest was said on
/// a connection that was lost.
struct Told {
  const char* name;
  Rule rule;
  std::function<void(Scenario&, Scenario::Connection)> say;
};

const Told kTold[] = {
    {"Session", Rule::unknown_session,
     [](Scenario& s, Scenario::Connection c) { s.km(c, 0x1409, 5, accepted("S-1")); }},
    {"Answer", Rule::unsolicited_response,
     [](Scenario& s, Scenario::Connection c) { s.ctl(c, 0x4107, 5, created("S-1")); }},
    {"Key", Rule::allocation_of_unreserved_key,
     [](Scenario& s, Scenario::Connection c) { s.ctl(c, 0x410C, 5, keys("k")); }},
    {"Relay", Rule::relay_without_notification,
     [](Scenario& s, Scenario::Connection c) { s.ctl(c, 0x4104, 5, route("RR-1")); }},
    {"Result", Rule::unknown_relay_request,
     [](Scenario& s, Scenario::Connection c) { s.km(c, 0x1405, 5, result("RR-1", "OK")); }},
};

class Unrecognised : public ::testing::TestWithParam<Told> {
 protected:
  static const Told& told() { return GetParam(); }
  Scenario::Connection connect(std::uint16_t port = 4001, Transport transport = Transport::tcp) {
    return s.connect(kClient + (":" + std::to_string(port)), "10.9.0.1:9000", {.transport = transport});
  }
  void tell(UnrecognisedConnection connection, UnrecognisedState state = UnrecognisedState::over) {
    connection.state = state;
    s.audit.unrecognised(connection);
  }
  /// Of the rule at hand.
  RuleCount after() {
    told().say(s, connect());
    s.finish();
    return s.count(told().rule);
  }
  void expect_hidden() {
    const RuleCount count = after();
    EXPECT_EQ(count.violated, 0U);
    EXPECT_EQ(count.undecidable, 1U);
  }
  void expect_told() {
    const RuleCount count = after();
    EXPECT_EQ(count.violated, 1U);
    EXPECT_EQ(count.undecidable, 0U);
  }

  Scenario s;
};

/// Near miss of all: whole captures say it.
TEST_P(Unrecognised, WhatNobodyAskedForIsToldWhereAllWasSeen) {
  expect_told();
}

TEST_P(Unrecognised, WhatWasSaidOnALostConnectionToTheSameServerIsUndecidable) {
  tell(between(end(kClient, 4000), end(kServer, kPort)));
  expect_hidden();
}

TEST_P(Unrecognised, AsLongAsItsBytesAreMissing) {
  tell(between(end(kClient, 4000), end(kServer, kPort)), UnrecognisedState::lacking);
  expect_hidden();
}

/// The server is known by another connection only afterwards, or was before.
TEST_P(Unrecognised, AlsoWhereTheServerIsKnownBefore) {
  const auto first = connect(4444);
  s.km(first, 0x1401, 1, R"({"Destination KMA ID":"D"})");
  s.ctl(first, 0x4102, 1, R"({"Next KMA IDs":["D"]})");
  s.close(first);
  tell(between(end(kClient, 4000), end(kServer, kPort)));
  expect_hidden();
}

/// From the middle of a connection it is not known who opened it.
TEST_P(Unrecognised, EitherEndMayHaveOpenedIt) {
  UnrecognisedConnection connection = between(end(kServer, kPort), end(kClient, 4000));
  connection.opener_known = false;
  connection.in_tls = true;
  tell(connection);
  expect_hidden();
}

TEST_P(Unrecognised, AnotherPortHidesNothing) {
  tell(between(end(kClient, 4000), end(kServer, 22)));
  tell(between(end(kServer, 40000), end(kClient, 22)), UnrecognisedState::lacking);
  expect_told();
}

/// A KM's port of its own connection is no server's.
TEST_P(Unrecognised, AConnectionToTheKmHidesNothing) {
  tell(between(end(kServer, kPort), end(kClient, 4001)));
  expect_told();
}

TEST_P(Unrecognised, AnotherKmsLostConnectionHidesNothingOfThisOne) {
  tell(between(end("10.0.0.7", 4000), end(kServer, kPort)));
  expect_told();
}

TEST_P(Unrecognised, TlsHidesNothingOfWhatIsSaidInClear) {
  UnrecognisedConnection connection = between(end(kClient, 4000), end(kServer, kPort));
  connection.in_clear = false;
  connection.in_tls = true;
  tell(connection);
  expect_told();
}

TEST_P(Unrecognised, AndInsideOfTlsItDoes) {
  UnrecognisedConnection connection = between(end(kClient, 4000), end(kServer, kPort));
  connection.in_clear = false;
  connection.in_tls = true;
  tell(connection);
  told().say(s, connect(4001, Transport::tls));
  s.finish();
  EXPECT_EQ(s.count(told().rule).violated, 0U);
  EXPECT_EQ(s.count(told().rule).undecidable, 1U);
}

INSTANTIATE_TEST_SUITE_P(Rules, Unrecognised, ::testing::ValuesIn(kTold),
                         [](const auto& each) { return std::string(each.param.name); });

/// The KM asked, closed, and was answered on a connection of which nothing is left.
class UnrecognisedAnswer : public ::testing::Test {
 protected:
  std::uint64_t ask() {
    c = s.connect("10.0.0.1:4001", "10.9.0.1:9000", {.transport = Transport::tcp});
    return s.km(c, 0x1406, 1, kSession);
  }
  void tell(UnrecognisedState state, std::uint16_t port = kPort) {
    UnrecognisedConnection connection = between(end(kClient, 4002), end(kServer, port));
    connection.state = state;
    s.audit.unrecognised(connection);
  }
  RuleCount finish() {
    s.close(c);
    s.finish();
    return s.count(Rule::unanswered_request);
  }
  Scenario s;
  Scenario::Connection c = 0;
};

TEST_F(UnrecognisedAnswer, MayHaveComeBehindTheRequest) {
  ask();
  tell(UnrecognisedState::over);
  EXPECT_EQ(finish().undecidable, 1U);
}

TEST_F(UnrecognisedAnswer, OrOnAConnectionThatStillLacksBytes) {
  tell(UnrecognisedState::lacking);
  ask();
  EXPECT_EQ(finish().undecidable, 1U);
}

TEST_F(UnrecognisedAnswer, NotOnOneThatWasOverBefore) {
  tell(UnrecognisedState::lacking);
  tell(UnrecognisedState::over);
  ask();
  EXPECT_EQ(finish().violated, 1U);
}

TEST_F(UnrecognisedAnswer, NotAtAnotherPort) {
  ask();
  tell(UnrecognisedState::over, 22);
  EXPECT_EQ(finish().violated, 1U);
}

/// While its own connection is open a request is answered there.
TEST_F(UnrecognisedAnswer, NotWhileTheRequestsConnectionIsOpen) {
  ask();
  tell(UnrecognisedState::over);
  s.wait(31);
  s.km(c, 0x1401, 2, R"({"Destination KMA ID":"D"})");
  EXPECT_EQ(s.findings(Severity::warning).size(), 2U);  // beside plaintext-transport
}

/// The destination KM's answer may have gone over a connection that was lost.
TEST(UnrecognisedNotice, APrematureAnswerIsUndecidableBehindALostConnection) {
  for (const bool lost : {false, true}) {
    Scenario s;
    const auto source = s.connect("10.0.0.1:4001", "10.9.0.1:9000", {.transport = Transport::tcp});
    const auto other = s.connect("10.0.0.2:4001", "10.9.0.1:9000", {.transport = Transport::tcp});
    s.km(source, 0x1406, 1, ask(1));
    s.ctl(other, 0x4108, 1, notice("S-1", 1));
    s.close(other);
    if (lost) {
      UnrecognisedConnection connection = between(end("10.0.0.2", 4002), end(kServer, kPort));
      connection.state = UnrecognisedState::over;
      s.audit.unrecognised(connection);
    }
    s.ctl(source, 0x4107, 1, created("S-1"));
    const auto late = s.connect("10.0.0.2:4003", "10.9.0.1:9000", {.transport = Transport::tcp});
    s.km(late, 0x1409, 1, accepted("S-1"));
    s.finish();
    EXPECT_EQ(s.count(Rule::premature_session_response).violated, lost ? 0U : 1U);
  }
}

/// Keys belong to the KM, whichever controller it reserved them for.
TEST(UnrecognisedKeys, MayHaveBeenReservedForAnotherControllerOfTheKm) {
  for (const std::uint16_t port : {std::uint16_t{9001}, std::uint16_t{9002}}) {
    Scenario s;
    UnrecognisedConnection connection = between(end(kClient, 4000), end(kServer, port));
    connection.state = UnrecognisedState::over;
    s.audit.unrecognised(connection);
    const auto elsewhere = s.connect("10.0.0.1:4010", "10.9.0.1:9001", {.transport = Transport::tcp});
    s.km(elsewhere, 0x1401, 1, R"({"Destination KMA ID":"D"})");
    s.ctl(elsewhere, 0x4102, 1, R"({"Next KMA IDs":["D"]})");
    const auto c = s.connect("10.0.0.1:4001", "10.9.0.1:9000", {.transport = Transport::tcp});
    s.ctl(c, 0x410C, 5, keys("k"));
    s.finish();
    EXPECT_EQ(s.count(Rule::allocation_of_unreserved_key).violated, port == 9001 ? 0U : 1U) << port;
  }
}

/// The user named the ports: what is followed there is taken for Ck's.
TEST(UnrecognisedKeys, OrAtAnyPortThatIsNamed) {
  for (const bool named : {false, true}) {
    Scenario s;
    UnrecognisedConnection connection = between(end(kClient, 4000), end("10.9.0.5", 9001));
    connection.state = UnrecognisedState::over;
    connection.named = named;
    s.audit.unrecognised(connection);
    const auto c = s.connect("10.0.0.1:4001", "10.9.0.1:9000", {.transport = Transport::tcp});
    s.ctl(c, 0x410C, 5, keys("k"));
    s.finish();
    EXPECT_EQ(s.count(Rule::allocation_of_unreserved_key).violated, named ? 0U : 1U);
  }
}

/// The controller opened: the server is the KM, and the lost connection is another of the two.
TEST(UnrecognisedReversed, TheKmMayBeTheServer) {
  for (const std::uint16_t port : {std::uint16_t{4000}, std::uint16_t{4001}}) {
    Scenario s;
    UnrecognisedConnection connection = between(end(kServer, 50001), end(kClient, port));
    connection.state = UnrecognisedState::over;
    s.audit.unrecognised(connection);
    const auto c = s.connect("10.9.0.1:50002", "10.0.0.1:4000", {.transport = Transport::tcp});
    s.km(c, 0x410C, 5, keys("k"));  // of the opener
    s.finish();
    EXPECT_EQ(s.count(Rule::allocation_of_unreserved_key).violated, port == 4000 ? 0U : 1U) << port;
  }
}

/// Past the limit a server that is known already is told apart still, and a new one is not.
TEST(UnrecognisedLimit, AFloodOfForeignConnectionsHidesNothingOfAKnownServer) {
  Scenario s;
  const auto first = s.connect("10.0.0.1:4000", "10.9.0.1:9000", {.transport = Transport::tcp});
  s.km(first, 0x1401, 1, R"({"Destination KMA ID":"D"})");
  s.ctl(first, 0x4102, 1, R"({"Next KMA IDs":["D"]})");
  for (std::uint32_t i = 0; i < 140'000; ++i) {
    UnrecognisedConnection connection = between(end(kClient, 4000), end(kServer, 22));
    connection.connection = 1000 + i;
    connection.endpoints[1].address.bytes[1] = static_cast<std::uint8_t>(100 + i / 65'536);
    connection.endpoints[1].port = static_cast<std::uint16_t>(i);
    connection.state = UnrecognisedState::over;
    s.audit.unrecognised(connection);
  }
  const auto next = s.connect("10.0.0.5:4001", "10.9.0.1:9000", {.transport = Transport::tcp});
  s.ctl(next, 0x410C, 5, keys("k"));
  const auto anew = s.connect("10.0.0.5:4002", "10.9.0.2:9000", {.transport = Transport::tcp});
  s.km(anew, 0x1409, 6, accepted("S-1"));
  s.finish();
  EXPECT_EQ(s.count(Rule::allocation_of_unreserved_key).violated, 1U);
  EXPECT_EQ(s.count(Rule::unknown_session).violated, 0U);
}

}  // namespace
}  // namespace ck::audit
