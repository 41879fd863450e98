// Framing, codes, versions, directions, transport and the capture's own faults, as
// packaging/doc/reading-q4164.md, "Framing" and "Roles" and "What a capture hides" has them.
#include <gtest/gtest.h>

#include <optional>

#include "scenario.h"

namespace ck::audit {
namespace {

constexpr auto kAsk = R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-9"})";
constexpr auto kHop = R"({"Next KMA IDs":["KMA-2"]})";

TEST(Connection, CleanExchangeSaysNothing) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1401, 1, kAsk);
  s.ctl(c, 0x4102, 1, kHop);
  s.close(c);
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.count(Rule::unknown_command).checked, 2U);
  EXPECT_EQ(s.count(Rule::role_reversed_connection).checked, 1U);
}

TEST(Connection, OrderOfTellingIsPairJoinedMessageFindings) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1401, 1, kAsk);
  s.ctl(c, 0x4102, 1, R"({"Next KMA IDs":[]})");
  EXPECT_EQ(s.heard.order, (Slugs{"joined", "message", "pair", "joined", "message", "finding"}));
  EXPECT_EQ(s.findings(), Slugs{"no-next-hop@3"});
  EXPECT_EQ(s.heard.findings[0].procedure, 1U);
}

TEST(Connection, UnknownCommandIsListedAndJudgedNoFurther) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1401, 1, kAsk);
  s.km(c, 0x1455, 1, R"({"x":1})");
  s.version(7);
  s.km(c, 0x4188, 1, "[");
  EXPECT_EQ(s.findings(), (Slugs{"unknown-command@3", "unknown-command@4"}));
  EXPECT_EQ(s.heard.messages.size(), 3U);
}

TEST(Connection, SwappedCodeIsHandledAsItsLowByteSays) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x4101, 1, kAsk);
  const auto answer = s.ctl(c, 0x1402, 1, kHop);
  EXPECT_EQ(s.findings(), (Slugs{"swapped-direction-code@2", "swapped-direction-code@3"}));
  EXPECT_EQ(s.pair_of(answer), "message-id:2");
  EXPECT_TRUE(s.heard.messages[0].from_km);
}

TEST(Connection, VersionChangeOncePerValue) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1401, 1, kAsk);
  s.version(2);
  s.ctl(c, 0x4102, 1, kHop);
  s.km(c, 0x1401, 2, kAsk);
  s.version(3);
  s.ctl(c, 0x4102, 2, kHop);
  EXPECT_EQ(s.findings(), (Slugs{"version-changed@3", "version-changed@5"}));
  s.finish();
  EXPECT_EQ(s.count(Rule::version_changed).checked, 3U) << "every message after the first";
  EXPECT_EQ(s.count(Rule::version_changed).violated, 3U);
}

TEST(Connection, ExpectedVersionOncePerValue) {
  AuditOptions options;
  options.expected_version = 1;
  Scenario s(options);
  const auto c = s.connect(kMan, kCtl);
  s.version(2);
  s.km(c, 0x1401, 1, kAsk);
  s.ctl(c, 0x4102, 1, kHop);
  EXPECT_EQ(s.findings(), Slugs{"unexpected-version@2"});
}

TEST(Connection, WrongDirectionOncePerEndpointAndHandledByItsCode) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1401, 1, kAsk);
  const auto answer = s.km(c, 0x4102, 1, kHop);
  s.km(c, 0x1401, 2, kAsk);
  s.km(c, 0x4102, 2, kHop);
  EXPECT_EQ(s.findings(), Slugs{"wrong-direction@3"});
  EXPECT_EQ(s.pair_of(answer), "message-id:2");
}

TEST(Connection, RoleReversedAtTheFirstMessage) {
  Scenario s;
  const auto c = s.connect(kCtl, kMan);
  s.km(c, 0x410A, 1, R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
  s.ctl(c, 0x140B, 1, R"({"Key IDs":"k1","Response":0})");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{"role-reversed-connection@2"});
  EXPECT_EQ(s.heard.connections[0].km.port, 4000);
}

TEST(Connection, WithoutTheHandshakeTheFirstCodeDecides) {
  Scenario s;
  const auto c = s.connect(kCtl, kMan, {.opener_known = false, .whole = false});
  s.km(c, 0x410A, 1, R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.heard.connections[0].km.port, 4000);
  EXPECT_EQ(s.count(Rule::role_reversed_connection).undecidable, 1U);
}

TEST(Connection, RoleReversedNeverForGrpc) {
  Scenario s;
  const auto c = s.connect(kCtl, kMan, {.transport = Transport::grpc_tls});
  s.rpc(c, 0, 0x410A, 1, R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST(Connection, PlaintextOncePerConnectionAtTheFirstMessage) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl, {.transport = Transport::tcp});
  s.km(c, 0x1401, 1, kAsk);
  s.ctl(c, 0x4102, 1, kHop);
  EXPECT_EQ(s.findings(), Slugs{"plaintext-transport@2"});
}

/// In the bytes that are not there, a later handshake may have shown one.
TEST(Connection, MissingBytesMayHoldTheClientsCertificate) {
  for (const std::optional<StreamEventKind> missing :
       {std::optional<StreamEventKind>(), std::optional(StreamEventKind::gap),
        std::optional(StreamEventKind::truncated_packet)}) {
    Scenario s;
    const auto c = s.connect(kMan, kCtl);
    s.km(c, 0x1401, 1, kAsk);
    s.audit.tls_handshake({c, {}, 0x0303, ClientCertificate::none});
    if (missing) s.event(c, 0, *missing);
    s.finish();
    const RuleCount count = s.count(Rule::no_client_certificate);
    EXPECT_EQ(count.violated, missing ? 0U : 1U);
    EXPECT_EQ(count.undecidable, missing ? 1U : 0U);
  }
}

/// A connection that was reset ends when its KM's next one opens, which may be before its streams are given
/// up and tell of the handshake.
TEST(Connection, AHandshakeThatIsToldBehindTheEndIsChecked) {
  for (const ClientCertificate certificate :
       {ClientCertificate::none, ClientCertificate::shown, ClientCertificate::unknown}) {
    Scenario s;
    const auto c = s.connect(kMan, kCtl);
    s.close(c);
    s.audit.tls_handshake({c, {}, 0x0301, certificate});
    s.audit.tls_handshake({c, {}, 0x0301, certificate});
    s.finish();
    const RuleCount count = s.count(Rule::no_client_certificate);
    EXPECT_EQ(count.violated, certificate == ClientCertificate::none ? 1U : 0U);
    EXPECT_EQ(count.checked, certificate == ClientCertificate::unknown ? 0U : 1U);
    EXPECT_EQ(s.count(Rule::obsolete_tls).violated, 1U);
  }
}

TEST(Connection, StreamEventsBecomeFindings) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1401, 1, kAsk);
  s.event(c, 1, StreamEventKind::malformed, 7);
  s.event(c, 1, StreamEventKind::gap, 100);
  s.event(c, 0, StreamEventKind::truncated_packet, 5);
  s.event(c, 0, StreamEventKind::skipped, 12);
  s.event(c, 0, StreamEventKind::truncated_message, 3);
  s.event(c, 0, StreamEventKind::fin);
  s.finish();
  EXPECT_EQ(s.findings(),
            (Slugs{"malformed-frame@3", "capture-gap@4", "truncated-packet@5", "truncated-message@7"}));
  EXPECT_EQ(s.heard.connections[0].lost_bytes, 105U);
}

/// 7 of no frame, 12 before a frame, 3 of a frame that the FIN cuts off; and while the capture ends inside a
/// message, what is there of that.
TEST(Connection, SkippedBytesAreAllThatBelongToNoMessage) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1401, 1, kAsk);
  s.event(c, 1, StreamEventKind::malformed, 7);
  s.event(c, 0, StreamEventKind::skipped, 12);
  s.event(c, 0, StreamEventKind::truncated_message, 3);
  s.event(c, 1, StreamEventKind::unfinished, 20);
  s.finish();
  s.event(c, 1, StreamEventKind::unfinished, 0);
  s.finish();
  ASSERT_EQ(s.heard.connections.size(), 2U);
  EXPECT_EQ(s.heard.connections[0].skipped_bytes, 42U);
  EXPECT_EQ(s.heard.connections[1].skipped_bytes, 22U);
}

TEST(Connection, RegradeAndOff) {
  AuditOptions options;
  options.grades[static_cast<std::size_t>(Rule::plaintext_transport)] = Grade::off;
  options.grades[static_cast<std::size_t>(Rule::unknown_command)] = Grade::note;
  Scenario s(options);
  const auto c = s.connect(kMan, kCtl, {.transport = Transport::tcp});
  s.km(c, 0x1455, 1, "{}");
  s.finish();
  EXPECT_EQ(s.findings(Severity::note), Slugs{"unknown-command@2"});
  EXPECT_EQ(s.heard.findings.size(), 1U);
  EXPECT_EQ(s.count(Rule::plaintext_transport).violated, 0U);
  EXPECT_EQ(s.totals.findings[static_cast<std::size_t>(Severity::note)], 1U);
}

TEST(Connection, EventsOfAKeyNeverToldAreIgnored) {
  Scenario s;
  s.km(77, 0x1401, 1, kAsk);
  s.gap(77, 0);
  s.close(77);
  s.finish();
  EXPECT_TRUE(s.heard.messages.empty());
  EXPECT_TRUE(s.heard.connections.empty());
}

TEST(Connection, FinishIsAPreview) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1401, 1, kAsk);
  Heard first, second;
  s.audit.finish(first, s.end());
  const Totals again = s.audit.finish(second, s.end());
  EXPECT_EQ(first.relays.size(), 1U);
  EXPECT_EQ(second.relays.size(), 1U);
  EXPECT_EQ(again.relays.at(RelayState::requested), 1U);
  s.ctl(c, 0x4102, 1, R"({"Next KMA IDs":["KMA-9"]})");
  s.finish();
  EXPECT_EQ(s.totals.relays.count(RelayState::requested), 0U);
  EXPECT_EQ(s.totals.relays.at(RelayState::completed), 1U);
}

/// The controller opened the connection, as its unknown code says already.
TEST(ConnectionTest, AnUnknownCodeIsItsSendersToMend) {
  for (const std::uint16_t code : {std::uint16_t{0x4130}, std::uint16_t{0x1430}}) {
    Scenario s;
    const auto c = s.connect("10.9.0.1:9000", "10.0.0.1:4000");
    s.km(c, code, 1, "{}");  // by who opened it
    s.finish();
    ASSERT_EQ(s.heard.findings.size(), 1U);
    EXPECT_EQ(s.heard.findings[0].at_fault, code == 0x4130 ? Role::controller : Role::km);
  }
}

}  // namespace
}  // namespace ck::audit
