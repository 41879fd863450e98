// The checks of the rules as functions of plain facts: what they say of a case and of the case beside it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "audit/rules/framing.h"
#include "audit/rules/pairing.h"
#include "audit/rules/relay.h"
#include "audit/rules/reservation.h"
#include "audit/rules/session.h"
#include "audit/rules/transport.h"

namespace ck::audit::check {
namespace {

using Kind = Verdict::Kind;

TEST(Checks, ACodeBreaksOneOfItsTwoRulesOrNone) {
  EXPECT_EQ(unknown_command(0x1401, find_meant(0x1401)).kind, Kind::kept);
  EXPECT_EQ(swapped_direction_code(0x1401, find_meant(0x1401)).kind, Kind::kept);
  EXPECT_EQ(unknown_command(0x4101, find_meant(0x4101)).kind, Kind::not_applicable);
  EXPECT_EQ(swapped_direction_code(0x4101, find_meant(0x4101)).kind, Kind::broken);
  EXPECT_EQ(unknown_command(0x140E, find_meant(0x140E)).kind, Kind::broken);
  EXPECT_EQ(swapped_direction_code(0x140E, find_meant(0x140E)).kind, Kind::not_applicable);
}

TEST(Checks, AVersionIsComparedWithTheFirst) {
  EXPECT_EQ(version_changed(2, std::nullopt, false).kind, Kind::not_applicable);
  EXPECT_EQ(version_changed(1, 1, false).kind, Kind::kept);
  EXPECT_EQ(version_changed(2, 1, false).kind, Kind::broken);
  EXPECT_EQ(version_changed(2, 1, true).kind, Kind::undecidable);
  EXPECT_EQ(unexpected_version(2, std::nullopt, true).kind, Kind::not_applicable);
}

TEST(Checks, OneByteIsNoBytes) {
  const auto text_of = [](const Verdict& verdict) { return verdict.breach->text; };
  EXPECT_EQ(text_of(malformed_frame(1, nullptr)), "1 byte that cannot be a frame was skipped");
  EXPECT_EQ(text_of(malformed_frame(2, nullptr)), "2 bytes that cannot be a frame were skipped");
  EXPECT_EQ(text_of(capture_gap(1)), "1 byte of the stream is missing from the capture");
  EXPECT_EQ(text_of(capture_gap(11)), "11 bytes of the stream are missing from the capture");
  EXPECT_EQ(text_of(truncated_packet(1)), "the capture's snap length cut 1 byte of the stream");
  EXPECT_EQ(text_of(truncated_packet(21)), "the capture's snap length cut 21 bytes of the stream");
  EXPECT_EQ(text_of(truncated_message(11, 31, false)), "the stream ends after 11 of a frame's 31 bytes");
  EXPECT_EQ(text_of(truncated_message(5, 31, false)), "the stream ends after 5 of a frame's 31 bytes");
  EXPECT_EQ(text_of(truncated_message(11, 31, true)),
            "the stream ends after 11 of a gRPC message's 31 bytes");
  EXPECT_EQ(text_of(truncated_message(3, 5, true)),
            "the stream ends after 3 of the 5 bytes in front of a gRPC message");
  EXPECT_EQ(truncated_message(1, 31, false).breach->found, "1 byte");
  EXPECT_EQ(truncated_message(11, 31, false).breach->found, "11 bytes");
}

TEST(Checks, TheLeastTlsIs12) {
  EXPECT_EQ(obsolete_tls(0x0303).kind, Kind::kept);
  EXPECT_EQ(obsolete_tls(std::nullopt).kind, Kind::undecidable);
  const Verdict old = obsolete_tls(0x0302);
  EXPECT_EQ(old.kind, Kind::broken);
  EXPECT_NE(old.breach->text.find("TLS 1.1"), std::string::npos) << old.breach->text;
}

TEST(Checks, ARouteEndsAtItsDestinationAndComesBackToNobody) {
  const std::vector<std::string> straight{"KMA-2", "KMA-3", "KMA-4"}, back{"KMA-2", "KMA-3", "KMA-2"},
      early{"KMA-2", "KMA-4", "KMA-3"}, home{"KMA-2", "KMA-1"}, source_first{"KMA-1", "KMA-2"};
  EXPECT_EQ(relay_loop({"KMA-1", "KMA-4", straight, true}).kind, Kind::kept);
  EXPECT_EQ(destination_not_last({"KMA-1", "KMA-4", straight, true}).kind, Kind::kept);
  EXPECT_EQ(relay_loop({"KMA-1", "KMA-4", source_first, true}).kind, Kind::kept);
  const Verdict loop = relay_loop({"KMA-1", "KMA-4", back, true});
  EXPECT_EQ(loop.kind, Kind::broken);
  EXPECT_EQ(loop.breach->parameter, "Transit KMA IDs");
  EXPECT_EQ(relay_loop({"KMA-1", "KMA-4", home, true}).kind, Kind::broken);
  EXPECT_EQ(destination_not_last({"KMA-1", "KMA-4", early, true}).kind, Kind::broken);
  EXPECT_EQ(relay_loop({"KMA-1", "KMA-4", early, true}).kind, Kind::not_applicable);
  EXPECT_EQ(destination_not_last({"KMA-1", "", straight, false}).kind, Kind::undecidable);
  EXPECT_EQ(relay_loop({"", "KMA-4", straight, false}).kind, Kind::undecidable);
}

TEST(Checks, ALongRouteIsLookedThroughToo) {
  std::vector<std::string> route;
  for (int i = 0; i < 20; ++i) route.push_back("KMA-" + std::to_string(i));
  EXPECT_EQ(relay_loop({"S", "D", route, true}).kind, Kind::kept);
  route.push_back("KMA-11");
  EXPECT_NE(relay_loop({"S", "D", route, true}).breach->text.find("\"KMA-11\" twice"), std::string::npos);
}

TEST(Checks, AReservationNamesKeysWhereItSucceedsAlone) {
  ReservationFacts facts;
  facts.outcome = Outcome::success;
  facts.response = "0";
  facts.key_count = 1;
  facts.first_key = "K-1";
  EXPECT_EQ(reservation_without_keys(facts).kind, Kind::kept);
  EXPECT_EQ(failed_reservation_with_keys(facts).kind, Kind::not_applicable);
  facts.outcome = Outcome::failure;
  EXPECT_EQ(reservation_without_keys(facts).kind, Kind::not_applicable);
  EXPECT_EQ(failed_reservation_with_keys(facts).kind, Kind::broken);
  facts.outcome = Outcome::unknown;
  EXPECT_EQ(reservation_without_keys(facts).kind, Kind::undecidable);
  EXPECT_EQ(failed_reservation_with_keys(facts).kind, Kind::undecidable);
  facts = {};
  facts.outcome = Outcome::success;
  facts.keys_empty = true;
  EXPECT_EQ(reservation_without_keys(facts).kind, Kind::broken);
}

TEST(Checks, AnAnswerWithoutARequestIsOneThingOrTheOther) {
  ResponseFacts facts;
  facts.decidable = true;
  EXPECT_EQ(unsolicited_response(facts).kind, Kind::broken);
  EXPECT_EQ(duplicate_response(facts).kind, Kind::not_applicable);
  facts.again = true;
  EXPECT_EQ(unsolicited_response(facts).kind, Kind::not_applicable);
  EXPECT_EQ(duplicate_response(facts).kind, Kind::broken);
  facts.decidable = false;
  EXPECT_EQ(unsolicited_response(facts).kind, Kind::undecidable);
  EXPECT_EQ(duplicate_response(facts).kind, Kind::undecidable);
  facts.paired = true;
  EXPECT_EQ(unsolicited_response(facts).kind, Kind::kept);
  EXPECT_EQ(duplicate_response(facts).kind, Kind::kept);
}

TEST(Checks, OnlySuccessAfterAFailureConflicts) {
  EXPECT_EQ(session_outcome_conflict({Outcome::success, Outcome::failure, "no", true}).kind, Kind::broken);
  EXPECT_EQ(session_outcome_conflict({Outcome::success, Outcome::failure, "no", false}).kind,
            Kind::undecidable);
  EXPECT_EQ(session_outcome_conflict({Outcome::failure, Outcome::success, "yes", true}).kind, Kind::kept);
  EXPECT_EQ(session_outcome_conflict({Outcome::success, Outcome::success, "yes", true}).kind, Kind::kept);
  EXPECT_EQ(session_outcome_conflict({Outcome::success, Outcome::unknown, "maybe", true}).kind,
            Kind::undecidable);
}

}  // namespace
}  // namespace ck::audit::check
