// Reservations, allocations and what becomes of each KM's keys.
#include <gtest/gtest.h>

#include "scenario.h"

namespace ck::audit {
namespace {

struct Keys : ::testing::Test {
  Scenario s;
  Scenario::Connection c = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
  std::uint32_t next = 1;
  static constexpr auto kEnds = R"("Source KMA ID":"A","Destination KMA ID":"B")";

  std::uint64_t request(Scenario::Connection on) {
    return s.ctl(on, 0x410A, next, std::string("{") + kEnds + "}");
  }
  std::uint64_t reserved(Scenario::Connection on, const std::string& keys, int result = 0) {
    return s.km(on, 0x140B, next++,
                R"({"Key IDs":")" + keys + R"(","Response":)" + std::to_string(result) + "}");
  }
  std::uint64_t reserve(const std::string& keys) {
    request(c);
    return reserved(c, keys);
  }
  std::uint64_t allocate(const std::string& keys) { return ask(next, keys); }
  std::uint64_t ask(std::uint32_t id, const std::string& keys) {
    std::string list;
    for (const char key : keys)
      list += std::string(list.empty() ? "" : ",") + R"({"Key ID":")" + key + R"("})";
    return s.ctl(c, 0x410C, id, std::string("{") + kEnds + R"(,"Key IDs":[)" + list + "]}");
  }
  std::uint64_t allocated(int result = 0, const std::string& named = "") {
    return tell(next++, result, named);
  }
  std::uint64_t tell(std::uint32_t id, int result, const std::string& named = "") {
    const std::string keys = named.empty() ? "" : R"("Key IDs":[{"Key ID":")" + named + R"("}],)";
    return s.km(c, 0x140D, id, "{" + keys + R"("Response":)" + std::to_string(result) + "}");
  }
};

TEST_F(Keys, ReservedAndAllocated) {
  reserve("k l");
  allocate("kl");
  allocated();
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  ASSERT_EQ(s.heard.reservations.size(), 1U);
  const ReservationRecord& reservation = s.heard.reservations[0];
  EXPECT_EQ(name_of(reservation.state), "allocated");
  EXPECT_EQ(reservation.reserved_key_ids, (Slugs{"k", "l"}));
  EXPECT_EQ(reservation.allocated_key_ids, (Slugs{"k", "l"}));
  EXPECT_EQ(reservation.result_code, 0);
  EXPECT_EQ(reservation.allocation_result_code, 0);
  EXPECT_EQ(reservation.events.size(), 4U);
}

// Reserved while it is asked for: whether that 0x410C has it cannot be told. Once a later one surely has, it
// is allocated twice by the next, unless it was reserved anew.
TEST_F(Keys, ADoubtAboutTheReservationEndsWithASureAllocation) {
  request(c);                                             // 1
  const std::string asked = std::to_string(ask(2, "k"));  // never reserved
  reserved(c, "k");                                       // of 1
  tell(2, 1);                                             // it failed
  next = 3;
  allocate("k");
  allocated();
  const std::string again = std::to_string(allocate("k"));
  allocated();
  s.finish();
  EXPECT_EQ(s.findings(Severity::error),
            (Slugs{"allocation-of-unreserved-key@" + asked, "key-double-allocated@" + again}));
}
// The KM may have allocated it before it reserved it anew, and said so behind that.
TEST_F(Keys, ADoubtThatAroseMeanwhileOutlivesTheAllocation) {
  reserve("k");  // 1
  ask(2, "k");
  next = 3;
  request(c);
  reserved(c, "k");  // of 3, while 2 is open
  tell(2, 0);
  allocate("k");
  allocated();
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
}
TEST_F(Keys, AfterADoubtAboutTheReservationANewOneIsOneAgain) {
  request(c);  // 1
  const std::string asked = std::to_string(ask(2, "k"));
  reserved(c, "k");
  tell(2, 1);
  next = 3;
  allocate("k");
  allocated();
  reserve("k");
  allocate("k");
  allocated();
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{"allocation-of-unreserved-key@" + asked});
}

TEST_F(Keys, APartNamedByTheResponseIsPartiallyAllocated) {
  reserve("k l");
  allocate("kl");
  allocated(0, "k");
  s.finish();
  EXPECT_EQ(name_of(s.heard.reservations[0].state), "partially_allocated");
  EXPECT_EQ(s.heard.reservations[0].allocated_key_ids, Slugs{"k"});
}

TEST_F(Keys, RejectedAndFailed) {
  request(c);
  s.km(c, 0x140B, next++, R"({"Response":1})");
  reserve("k");
  allocate("k");
  allocated(1);
  s.finish();
  EXPECT_EQ(name_of(s.heard.reservations[0].state), "rejected");
  EXPECT_EQ(name_of(s.heard.reservations[1].state), "allocation_failed");
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST_F(Keys, DoubleReserved) {
  reserve("k");
  const auto second = reserve("k l");
  EXPECT_EQ(s.findings(), Slugs{"key-double-reserved@" + std::to_string(second)});
}

TEST_F(Keys, AFailedReservationReservesNothing) {
  request(c);
  reserved(c, "k", 1);
  reserve("k");
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
}

TEST_F(Keys, MayBeReservedAndAllocatedAgainOnceAllocated) {
  for (int i = 0; i < 2; ++i) {
    reserve("k");
    allocate("k");
    allocated();
  }
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST_F(Keys, AllocationOfUnreservedKey) {
  reserve("k");
  const auto frame = allocate("kx");
  EXPECT_EQ(s.findings(), Slugs{"allocation-of-unreserved-key@" + std::to_string(frame)});
}

/// The response names none, but has a member that may be them; one that has none names none.
TEST_F(Keys, AllocationOfUnreservedKeyIsUndecidableWhereTheyMayBeNamedOtherwise) {
  for (const char* response : {R"({"Response":0,"keys":["k1"]})", R"({"Response":0,"Extension":[]})"}) {
    Scenario fresh;
    const auto there = fresh.connect("10.0.0.1:4000", "10.9.0.1:9000");
    fresh.ctl(there, 0x410A, 1, R"({"Source KMA ID":"A","Destination KMA ID":"D"})");
    const auto answered = std::to_string(fresh.km(there, 0x140B, 1, response));
    const auto asked = std::to_string(
        fresh.ctl(there, 0x410C, 2, R"({"Source KMA ID":"A","Destination KMA ID":"D","Key IDs":["k1"]})"));
    const bool otherwise = std::string_view(response).find("keys") != std::string_view::npos;
    EXPECT_EQ(fresh.findings(Severity::error), otherwise ? Slugs{"reservation-without-keys@" + answered}
                                                         : (Slugs{"reservation-without-keys@" + answered,
                                                                  "allocation-of-unreserved-key@" + asked}));
  }
}

TEST_F(Keys, AllocationOfUnreservedKeyIsUndecidableAfterAGap) {
  reserve("k");
  s.gap(c, 0);
  allocate("x");
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
  EXPECT_EQ(s.count(Rule::allocation_of_unreserved_key).undecidable, 1U);
}

TEST_F(Keys, DoubleAllocationNamesTheSecondRequest) {
  reserve("k");
  allocate("k");
  allocated();
  const auto second = allocate("k");
  EXPECT_EQ(s.findings(), Slugs{"key-double-allocated@" + std::to_string(second)});
}

TEST_F(Keys, AFailedAllocationMayBeTriedAgain) {
  reserve("k");
  allocate("k");
  allocated(1);
  allocate("k");
  allocated(0);
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST_F(Keys, DoubleAllocationOfTwoInFlightIsUndecidable) {
  reserve("k");
  ask(50, "k");
  ask(40, "k");
  tell(50, 0, "k");
  tell(40, 1);
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.count(Rule::key_double_allocated).undecidable, 1U);
}

TEST_F(Keys, NoDoubleAllocationWhenTheFirstOfTwoInFlightFails) {
  reserve("k");
  ask(50, "k");
  ask(40, "k");
  tell(50, 1, "k");
  tell(40, 0, "k");
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST_F(Keys, KeysAreTheKmsAcrossItsConnections) {
  reserve("k");
  s.close(c);
  c = s.connect("10.0.0.1:4001", "10.9.0.1:9000");
  allocate("k");
  allocated();
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.heard.reservations.size(), 1U);
}

TEST_F(Keys, AnotherKmsKeysAreItsOwn) {
  reserve("k");
  const auto other_km = s.connect("10.0.0.2:4000", "10.9.0.1:9000");
  request(other_km);
  reserved(other_km, "k");
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST_F(Keys, ConnectionsOfOneHostOpenAtOnceAreNotCompared) {
  reserve("k");
  const auto beside = s.connect("10.0.0.1:4001", "10.9.0.1:9000");
  request(beside);
  reserved(beside, "k");
  s.ctl(beside, 0x410C, 99, std::string("{") + kEnds + R"(,"Key IDs":[{"Key ID":"x"}]})");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.count(Rule::allocation_of_unreserved_key).undecidable, 1U);
}

TEST_F(Keys, AResponseMayConfirmFewerKeysNeverOthers) {
  reserve("k l");
  allocate("kl");
  allocated(0, "l");
  EXPECT_EQ(s.findings(), Slugs{});
  reserve("m");
  allocate("m");
  const auto frame = allocated(0, "z");
  EXPECT_EQ(s.findings(), Slugs{"response-mismatch@" + std::to_string(frame)});
}

TEST_F(Keys, ForgottenKeysAreNotHeldAgainstAnybody) {
  AuditOptions options;
  options.max_known_keys = 2;
  Scenario small(options);
  const auto d = small.connect("10.0.0.1:4000", "10.9.0.1:9000");
  small.ctl(d, 0x410A, 1, std::string("{") + kEnds + "}");
  small.km(d, 0x140B, 1, R"({"Key IDs":"a b c","Response":0})");
  small.ctl(d, 0x410C, 2, std::string("{") + kEnds + R"(,"Key IDs":[{"Key ID":"a"}]})");
  small.finish();
  EXPECT_EQ(small.findings(), Slugs{});
  EXPECT_GE(small.totals.dropped.at("known_keys"), 1U);
}

TEST_F(Keys, AReservationThatCannotBeReadMayHaveNamedAnyKey) {
  request(c);
  s.km(c, 0x140B, next++, R"({"Key IDs":[{"name":"k"}],"Response":0})");
  allocate("k");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{"wrong-type@3"});
  EXPECT_EQ(s.count(Rule::allocation_of_unreserved_key).undecidable, 1U);
}

TEST_F(Keys, AnAllocationThatCannotBeReadMayHaveBeenOfAnyKey) {
  for (const std::string keys : {R"("Key IDs":[{"Key ID":"k"}],)", R"("Key IDs":[{"name":"k"}])"}) {
    Scenario one;
    const auto d = one.connect("10.0.0.1:4000", "10.9.0.1:9000");
    const auto reserve_k = [&](std::uint32_t id) {
      one.ctl(d, 0x410A, id, std::string("{") + kEnds + "}");
      return one.km(d, 0x140B, id, R"({"Key IDs":"k","Response":0})");
    };
    reserve_k(10);
    const auto bad = one.ctl(d, 0x410C, 20, std::string("{") + kEnds + "," + keys + "}");
    one.km(d, 0x140D, 20, R"({"Response":0})");
    reserve_k(30);
    one.finish();
    ASSERT_EQ(one.findings().size(), 1U) << keys;
    EXPECT_TRUE(one.findings()[0].ends_with("@" + std::to_string(bad))) << one.findings()[0];
    EXPECT_EQ(one.count(Rule::key_double_reserved).undecidable, 1U);
  }
  // One that failed allocated nothing.
  reserve("k");
  s.ctl(c, 0x410C, 90, std::string("{") + kEnds + R"(,"Key IDs":[{"name":"k"}]})");
  s.km(c, 0x140D, 90, R"({"Response":1})");
  const auto again = reserve("k");
  EXPECT_EQ(s.findings().back(), "key-double-reserved@" + std::to_string(again));
}

}  // namespace
}  // namespace ck::audit
