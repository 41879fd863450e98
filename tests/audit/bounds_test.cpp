// State is bounded: what is dropped is counted, and what was dropped is never held against a peer.
#include <gtest/gtest.h>

#include <string>

#include "sample_payloads.h"

namespace ck::audit {
namespace {

constexpr auto kCreated = R"({"Session ID":"s","Response":"success","Destination KM ID":"m"})";

TEST(Bounds, OpenRequestsOldestFirst) {
  AuditOptions options;
  options.max_open_requests = 2;
  Scenario s(options);
  const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
  for (std::uint32_t id = 1; id <= 3; ++id) s.km(c, 0x1406, id, kSession);
  EXPECT_EQ(s.pair_of(s.ctl(c, 0x4107, 2, kCreated)), "message-id:3");
  EXPECT_EQ(s.pair_of(s.ctl(c, 0x4107, 3, kCreated)), "message-id:4");
  s.ctl(c, 0x4107, 1, kCreated);
  s.finish();
  EXPECT_EQ(s.totals.dropped.at("open_requests"), 1U);
  EXPECT_EQ(s.findings(), Slugs{});
}

/// Those of closed connections wait for an answer on a later one. What was dropped may be what it answers.
TEST(Bounds, OpenRequestsOfClosedConnectionsOldestFirst) {
  for (const bool dropped : {true, false}) {
    AuditOptions options;
    options.max_open_requests = dropped ? 2 : 3;
    Scenario s(options);
    for (std::uint32_t id = 1; id <= 3; ++id) {
      const auto c = s.connect("10.0.0.1:400" + std::to_string(id), "10.9.0.1:9000");
      s.km(c, 0x1401, id, R"({"Source KMA ID":"A","Destination KMA ID":"D)" + std::to_string(id) + "\"}");
      s.close(c);
    }
    const auto d = s.connect("10.0.0.1:4009", "10.9.0.1:9000");
    s.km(d, 0x1406, 9, kSession);
    const auto answer = s.ctl(d, 0x4102, 1, R"({"Next KMA IDs":["B"],"Destination KMA ID":"D1"})");
    const auto second = s.ctl(d, 0x4102, 1, R"({"Next KMA IDs":["B"],"Destination KMA ID":"D1"})");
    s.finish();
    EXPECT_EQ(s.totals.dropped.contains("open_requests"), dropped);
    EXPECT_EQ(s.pair_of(answer), dropped ? "" : "message-id:2");
    EXPECT_EQ(s.findings(Severity::error),
              dropped ? Slugs{} : Slugs{"duplicate-response@" + std::to_string(second)});
  }
}

/// And of all associations together.
TEST(Bounds, OpenRequestsOfClosedConnectionsInAll) {
  AuditOptions options;
  options.max_open_requests = 2;
  Scenario s(options);
  for (std::uint32_t host = 1; host <= 12; ++host) {
    const auto c = s.connect("10.0.0." + std::to_string(host) + ":4000", "10.9.0.1:9000");
    s.km(c, 0x1401, 1, R"({"Source KMA ID":"A)" + std::to_string(host) + R"(","Destination KMA ID":"D"})");
    s.close(c);
  }
  s.finish();
  EXPECT_EQ(s.totals.dropped.at("open_requests"), 1U)
      << "eleven are kept: a fourth of them is no more than 2";
}

TEST(Bounds, OpenProceduresAreToldAsTheyStand) {
  AuditOptions options;
  options.max_open_procedures = 2;
  Scenario s(options);
  const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
  for (std::uint32_t id = 1; id <= 3; ++id) s.km(c, 0x1406, id, kSession);
  ASSERT_EQ(s.heard.sessions.size(), 1U);
  EXPECT_EQ(s.heard.sessions[0].id, 1U);
  EXPECT_EQ(s.pair_of(s.ctl(c, 0x4107, 1, kCreated)), "message-id:2");
  s.finish();
  EXPECT_EQ(s.heard.sessions.size(), 3U);
  EXPECT_EQ(s.totals.dropped.at("open_procedures"), 1U);
  EXPECT_EQ(s.totals.sessions.at(SessionState::requested), 3U);
}

TEST(Bounds, FinishedProceduresOldestFirst) {
  AuditOptions options;
  options.max_finished_procedures = 1;
  Scenario s(options);
  const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
  for (std::uint32_t id = 1; id <= 3; ++id) {
    s.km(c, 0x1406, id, kSession);
    s.ctl(c, 0x4107, id,
          R"({"Session ID":"s)" + std::to_string(id) + R"(","Response":"success","Destination KM ID":"m"})");
  }
  EXPECT_EQ(s.heard.sessions.size(), 2U);
  s.finish();
  EXPECT_EQ(s.heard.sessions.size(), 3U);
  EXPECT_EQ(s.totals.sessions.at(SessionState::established), 3U);
  EXPECT_EQ(s.totals.dropped.at("finished_procedures"), 2U);
}

TEST(Bounds, ConnectionsClosedOnesFirst) {
  AuditOptions options;
  options.max_connections = 2;
  Scenario s(options);
  const auto a = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
  const auto b = s.connect("10.0.0.2:4000", "10.9.0.1:9000");
  s.km(a, 0x1406, 1, kSession);
  s.km(b, 0x1406, 1, kSession);
  s.close(b);
  s.connect("10.0.0.3:4000", "10.9.0.1:9000");
  ASSERT_EQ(s.heard.connections.size(), 1U);
  EXPECT_EQ(s.heard.connections[0].id, 2U);
  s.connect("10.0.0.4:4000", "10.9.0.1:9000");
  EXPECT_EQ(s.heard.connections.size(), 2U);
  s.finish();
  EXPECT_EQ(s.heard.connections.size(), 4U);
  EXPECT_EQ(s.totals.dropped.at("connections"), 2U);
}

/// A KM reserved a key on a connection that was dropped, and the next one is the first of it that is known.
/// Which keys it reserved is not: neither this one, nor one that it never did.
TEST(Bounds, WhatWasSaidOnADroppedConnectionIsNotHeldAgainstTheNext) {
  for (const bool dropped : {true, false}) {
    for (const std::string key : {"k", "l"}) {
      AuditOptions options;
      options.max_connections = dropped ? 2 : 3;
      Scenario s(options);
      const auto first = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
      s.ctl(first, 0x410A, 1, std::string("{") + kEnds + "}");
      s.km(first, 0x140B, 1, R"({"Key IDs":"k","Response":0})");
      s.close(first);
      const auto other = s.connect("10.0.0.2:4000", "10.9.0.1:9000");
      const auto again = s.connect("10.0.0.1:4001", "10.9.0.1:9000");
      const auto asked = s.ctl(again, 0x410C, 2, keys(key));
      const auto new_one = s.ctl(other, 0x410C, 1, keys("m"));  // nothing of this KM was dropped
      s.finish();
      Slugs expected{at("allocation-of-unreserved-key", new_one)};
      if (!dropped && key == "l")
        expected.insert(expected.begin(), at("allocation-of-unreserved-key", asked));
      EXPECT_EQ(s.findings(Severity::error), expected) << dropped << key;
      EXPECT_EQ(s.count(Rule::allocation_of_unreserved_key).undecidable, dropped ? 1U : 0U);
      EXPECT_EQ(s.totals.dropped.contains("connections"), dropped);
    }
  }
}

/// So for a request, whose answer comes on the next connection, or an answer to none.
TEST(Bounds, AnAnswerToADroppedConnectionsRequestIsUndecidable) {
  for (const bool dropped : {true, false}) {
    AuditOptions options;
    options.max_connections = dropped ? 1 : 2;
    Scenario s(options);
    const auto first = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
    s.ctl(first, 0x410A, 1, std::string("{") + kEnds + "}");
    s.close(first);
    const auto next = s.connect("10.0.0.1:4001", "10.9.0.1:9000");
    s.km(next, 0x140B, 1, R"({"Key IDs":"k","Response":0})");
    const auto more = s.km(next, 0x140B, 2, R"({"Key IDs":"l","Response":0})");
    s.finish();
    EXPECT_EQ(s.findings(Severity::error), dropped ? Slugs{} : Slugs{at("unsolicited-response", more)});
  }
}

/// The KM's own name is known again, from another host.
TEST(Bounds, AKmaIdOfADroppedConnectionIsNotNew) {
  for (const bool dropped : {true, false}) {
    AuditOptions options;
    options.max_connections = dropped ? 1 : 3;
    options.max_open_procedures = 1;  // a relay knows its KM, too
    Scenario s(options);
    const auto first = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
    s.km(first, 0x1403, 1, std::string("{") + kEnds + "}");
    s.close(first);
    s.km(s.connect("10.0.0.9:4000", "10.9.0.1:9000"), 0x1406, 1, kSession);
    const auto next = s.connect("10.0.0.2:4000", "10.9.0.1:9000");
    s.km(next, 0x1403, 1, std::string("{") + kEnds + "}");
    const auto asked = s.ctl(next, 0x410C, 1, keys("k"));
    s.finish();
    EXPECT_EQ(s.findings(Severity::error),
              dropped ? Slugs{} : Slugs{at("allocation-of-unreserved-key", asked)});
  }
}

/// Which request is answered is not known where one was dropped: the one that is left asked for an
/// application's destination, and this answer names none.
TEST(Bounds, AnAnswerMayBeForARequestThatWasDropped) {
  for (const bool dropped : {true, false}) {
    AuditOptions options;
    options.max_open_requests = 1;
    Scenario s(options);
    const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
    if (dropped) s.km(c, 0x1401, 1, std::string("{") + kEnds + "}");
    s.km(c, 0x1401, 2, R"({"Source KMA ID":"A","Application destination ID":"app"})");
    const auto answer = s.ctl(c, 0x4102, 70, R"({"Next KMA IDs":["B"]})");
    s.finish();
    EXPECT_EQ(s.findings(Severity::error), dropped ? Slugs{} : Slugs{at("missing-parameter", answer)});
  }
}

/// Nor is it behind the connection's end.
TEST(Bounds, OpenRequestsThatWereDroppedMayBeAnsweredOnTheNextConnection) {
  for (const bool dropped : {true, false}) {
    AuditOptions options;
    options.max_open_requests = dropped ? 1 : 2;
    Scenario s(options);
    const auto first = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
    for (std::uint32_t id = 1; id <= 2; ++id) s.ctl(first, 0x410A, id, std::string("{") + kEnds + "}");
    s.close(first);
    const auto next = s.connect("10.0.0.1:4001", "10.9.0.1:9000");
    for (std::uint32_t id = 1; id <= 2; ++id)
      s.km(next, 0x140B, id, R"({"Key IDs":"k)" + std::to_string(id) + R"(","Response":0})");
    const auto third = s.km(next, 0x140B, 3, R"({"Key IDs":"k3","Response":0})");
    s.finish();
    const Slugs errors = s.findings(Severity::error);
    EXPECT_EQ(errors.size(), dropped ? 0U : 1U) << "the third answers nothing";
    if (!dropped) {
      EXPECT_TRUE(errors[0].ends_with("@" + std::to_string(third))) << errors[0];
    }
  }
}

TEST(Bounds, ManyConnectionsAndKmasComeAndGo) {
  AuditOptions options;
  options.max_connections = 8;
  options.max_open_procedures = 8;
  options.max_finished_procedures = 4;
  options.max_known_keys = 16;
  options.max_open_requests = 4;
  options.max_remembered_ids = 4;
  Scenario s(options);
  for (std::uint32_t i = 0; i < 2000; ++i) {
    const std::string n = std::to_string(i % 300);
    const auto c = s.connect(
        "10.0." + std::to_string(i % 3) + "." + std::to_string(i % 7) + ":" + std::to_string(1000 + i % 5),
        "10.9.0.1:9000");
    s.km(c, 0x1403, i, R"({"Source KMA ID":"K)" + std::to_string(i % 11) + R"(","Destination KMA ID":"D"})");
    s.ctl(c, 0x4104, i,
          R"({"Transit KMA IDs":"a b","Destination KMA ID":"D","Key relay request ID":"r)" + n + "\"}");
    s.ctl(c, 0x4108, i + 1,
          R"({"Application source ID":"a","Application destination ID":"b","Session ID":"S)" + n +
              R"(","Source KM ID":"m"})");
    s.ctl(c, 0x410A, i + 2, R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
    s.km(c, 0x140B, i + 2, R"({"Key IDs":"k)" + n + " l" + n + R"(","Response":0})");
    s.ctl(c, 0x410C, i + 3,
          R"({"Source KMA ID":"A","Destination KMA ID":"B","Key IDs":[{"Key ID":"k)" + n + "\"}]}");
    s.km(c, 0x1406, i + 5, kSession);
    if (i % 2 == 0) s.km(c, 0x140D, i + 3, R"({"Response":0})");
    if (i % 3 == 0)
      s.ctl(c, 0x4107, i + 5,
            R"({"Session ID":"S)" + n + R"(","Response":"success","Destination KM ID":"m"})");
    if (i % 5 != 0) s.close(c);
  }
  s.finish();
  EXPECT_EQ(s.heard.connections.size(), 2000U);
  EXPECT_EQ(s.heard.relays.size(), 2000U);
}

}  // namespace
}  // namespace ck::audit
