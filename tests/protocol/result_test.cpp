// Results: integers by Appendix II, texts by their first word.
#include "protocol/result.h"

#include <gtest/gtest.h>

#include "protocol/helpers.h"

namespace ck::protocol {
namespace {

TEST(Result, IntegerZeroAloneIsSuccess) {
  EXPECT_EQ(check_result(std::int64_t{0}), Outcome::success);
  for (const std::int64_t code : {std::int64_t{1}, std::int64_t{-1}, std::int64_t{2}, INT64_MAX, INT64_MIN}) {
    EXPECT_EQ(check_result(code), Outcome::failure) << code;
  }
}

TEST(Result, SuccessWords) {
  for (const char* text : {"success",
                           "succeeded",
                           "ok",
                           "accepted",
                           "established",
                           "created",
                           "completed",
                           "complete",
                           "done",
                           "0",
                           "OK",
                           "Success",
                           "  ok",
                           "ok, 3 keys",
                           "Success: session created",
                           "\"done\"",
                           "ok.",
                           "0 OK",
                           "established (twice)",
                           "-0",
                           "00"}) {
    EXPECT_EQ(check_result(std::string_view(text)), Outcome::success) << text;
  }
}

TEST(Result, FailureWords) {
  for (const char* text : {"fail",
                           "failed",
                           "failure",
                           "error",
                           "ng",
                           "reject",
                           "rejected",
                           "refuse",
                           "refused",
                           "denied",
                           "deny",
                           "no",
                           "not",
                           "unable",
                           "timeout",
                           "unknown",
                           "invalid",
                           "NG",
                           "Failed: no route",
                           "not accepted",
                           "no key",
                           "1",
                           "-1",
                           "17 no keys",
                           "99999999999999999999999",
                           "error(5)",
                           "[error] x"}) {
    EXPECT_EQ(check_result(std::string_view(text)), Outcome::failure) << text;
  }
}

TEST(Result, AFormulaIsNoInteger) {
  for (const char* text : {"=1+2", "-2+3", "\t=9", "=0", "0/1", "5%"})
    EXPECT_EQ(check_result(std::string_view(text)), Outcome::unknown) << text;
  // Near misses: punctuation around a word is dropped.
  for (const char* text : {"9", "\t9", "9:", "(9)", "+9", "-9, =0", "failed:"})
    EXPECT_EQ(check_result(std::string_view(text)), Outcome::failure) << text;
  for (const char* text : {"0", "0, 1+2", "OK,", "success.", "ok=1"})
    EXPECT_EQ(check_result(std::string_view(text)), Outcome::success) << text;
}

TEST(Result, OnlyTheWholeFirstWordCounts) {
  for (const char* text : {"", " ", "okay", "notified", "nothing", "completely", "done1",
                           "the session failed", "request ok", "okfailed", "no-error", "no_error", "1.5",
                           "0.5", "0x01", "okok", "erfolgreich", "\xC3\xA4ok", "successful"}) {
    EXPECT_EQ(check_result(std::string_view(text)), Outcome::unknown) << text;
  }
}

Outcome outcome(std::uint16_t command, const char* payload) {
  const Decoded decoded(command, payload);
  return check_result(decoded.first());
}

TEST(Result, OfADecodedResponse) {
  EXPECT_EQ(outcome(0x140B, R"({"Response":0})"), Outcome::success);
  EXPECT_EQ(outcome(0x140B, R"({"Response":1})"), Outcome::failure);
  EXPECT_EQ(outcome(0x140B, R"({"Response":"0"})"), Outcome::success);
  EXPECT_EQ(outcome(0x140B, R"({"Response":"NG"})"), Outcome::failure);
  EXPECT_EQ(outcome(0x1405, R"({"Response":"OK"})"), Outcome::success);
  EXPECT_EQ(outcome(0x1405, R"({"Response":3})"), Outcome::failure);
  EXPECT_EQ(outcome(0x140B, R"({"Response":0.0})"), Outcome::unknown);
  EXPECT_EQ(outcome(0x140B, R"({"Response":null})"), Outcome::unknown);
  EXPECT_EQ(outcome(0x1405, R"({"Response":true})"), Outcome::unknown);
  EXPECT_EQ(outcome(0x1405, R"({"Response":["ok"]})"), Outcome::unknown);
}

}  // namespace
}  // namespace ck::protocol
