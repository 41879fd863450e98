// Payloads as long as Length allows, of every shape that a reader could stumble over. What a payload costs
// grows with its bytes alone: N of 64 KiB cost what 4 N of a quarter of that do.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "hostile/measured.h"
#include "hostile/writer.h"

namespace ck::hostile {
namespace {

struct Shape {
  const char* name;
  /// Messages whose payloads have about `size` bytes each, and differ by `index`.
  void (*say)(Talk& talk, std::uint32_t index, std::size_t size);
  std::uint32_t count;  ///< as many as take a time that can be measured
};

void PrintTo(const Shape& shape, std::ostream* out) {
  *out << shape.name;
}

/// `start`, then what `piece` makes of 0, 1, 2 …, then `end`: just not more than `size` bytes.
std::string filled(const std::string& start, std::size_t size, const std::string& end,
                   const std::function<std::string(std::uint32_t)>& piece) {
  std::string out = start;
  for (std::uint32_t i = 0;; ++i) {
    const std::string next = piece(i);
    if (out.size() + next.size() + end.size() > size) break;
    out += next;
  }
  return out + end;
}

std::string filled(const std::string& start, std::size_t size, const std::string& end,
                   const std::string& piece) {
  return filled(start, size, end, [&](std::uint32_t) { return piece; });
}

std::string text(std::uint32_t number) {
  return std::to_string(number);
}

constexpr const char* kBothEnds = R"({"Source KMA ID":"A","Destination KMA ID":"C")";

void members(Talk& talk, std::uint32_t index, std::size_t size) {
  talk.km(ck_frame(0x1403, index,
                   filled(kBothEnds, size, "}", [](std::uint32_t i) { return ",\"x" + text(i) + "\":1"; })));
}

void one_member_again(Talk& talk, std::uint32_t index, std::size_t size) {
  talk.km(ck_frame(0x1403, index, filled(kBothEnds, size, "}", R"(,"source_kma_id":"B")")));
}

void elements(Talk& talk, std::uint32_t index, std::size_t size) {
  const std::string start = std::string(kBothEnds) + R"(,"Next KMA IDs":["B")";
  talk.controller(ck_frame(
      0x4102, index, filled(start, size, "]}", [](std::uint32_t i) { return ",\"" + text(i) + "\""; })));
}

/// A route of thousands of KMAs, none of them twice: what looks for loops compares them all.
void route(Talk& talk, std::uint32_t index, std::size_t size) {
  const std::string start =
      std::string(kBothEnds) + R"(,"Key relay request ID":")" + text(index) + R"(","Transit KMA IDs":["B")";
  talk.controller(ck_frame(
      0x4104, index, filled(start, size, "]}", [](std::uint32_t i) { return ",\"" + text(i) + "\""; })));
}

/// The same as one text, which is split.
void route_in_text(Talk& talk, std::uint32_t index, std::size_t size) {
  const std::string start =
      std::string(kBothEnds) + R"(,"Key relay request ID":")" + text(index) + R"(","Transit KMA IDs":"B)";
  talk.controller(
      ck_frame(0x4104, index, filled(start, size, "\"}", [](std::uint32_t i) { return "," + text(i); })));
}

/// Thousands of keys reserved, and then allocated in another order.
void keys(Talk& talk, std::uint32_t index, std::size_t size) {
  const std::string ends = kBothEnds;
  const std::string first = text(index) + "-";
  talk.controller(ck_frame(0x410A, 2 * index, ends + "}"));
  talk.km(ck_frame(0x140B, 2 * index,
                   filled(ends + R"(,"Response":0,"Key IDs":")" + first + "k", size, "\"}",
                          [&](std::uint32_t i) { return "," + first + text(i); })));
  const std::string allocated = filled(ends + R"(,"Key IDs":[")" + first + "k\"", size - 20, "]",
                                       [&](std::uint32_t i) { return ",\"" + first + text(i ^ 1) + "\""; });
  talk.controller(ck_frame(0x410C, 2 * index + 1, allocated + "}"));
  talk.km(ck_frame(0x140D, 2 * index + 1, allocated + R"(,"Response":0})"));
}

void long_text(Talk& talk, std::uint32_t index, std::size_t size) {
  talk.km(ck_frame(0x1403, index, filled(R"({"Source KMA ID":")", size, "\"}", "A")));
}

void escapes(Talk& talk, std::uint32_t index, std::size_t size) {
  talk.km(ck_frame(0x1403, index, filled(R"({"Source KMA ID":")", size, "\"}", R"(\u20ac)")));
}

/// As many brackets as fit.
void nesting(Talk& talk, std::uint32_t index, std::size_t size) {
  talk.km(ck_frame(0x1403, index, filled(R"({"Source KMA ID":"A","x":)", size, "}", "[")));
}

void nesting_that_closes(Talk& talk, std::uint32_t index, std::size_t size) {
  const std::string half(size / 2 - 20, '[');
  talk.km(
      ck_frame(0x1403, index, R"({"Source KMA ID":"A","x":)" + half + std::string(half.size(), ']') + "}"));
}

void extension(Talk& talk, std::uint32_t index, std::size_t size) {
  const std::string start = std::string(kBothEnds) + R"(,"Extension":[{})";
  talk.km(ck_frame(0x1403, index, filled(start, size, "]}", [](std::uint32_t i) {
                     return ",{\"key" + text(i) + "\":\"x\"}";
                   })));
}

/// Each could be a key's value, to who looks for them.
void almost_keys(Talk& talk, std::uint32_t index, std::size_t size) {
  talk.km(ck_frame(0x1403, index, filled(std::string(kBothEnds) + R"(,"secret":")", size, "!\"}", "aB3+")));
}

void white_space(Talk& talk, std::uint32_t index, std::size_t size) {
  talk.km(ck_frame(0x1403, index, filled(kBothEnds, size, "}", " \n")));
}

void digits(Talk& talk, std::uint32_t index, std::size_t size) {
  talk.km(
      ck_frame(0x1406, index,
               filled(R"({"Application source ID":"a","Application destination ID":"b","Number of keys":1)",
                      size, "}", "0")));
}

void not_json(Talk& talk, std::uint32_t index, std::size_t size) {
  talk.km(ck_frame(0x1403, index, filled("{", size, "", "\"\"")));
}

const Shape kShapes[] = {
    {"Members", members, 48},
    {"OneMemberAgain", one_member_again, 80},
    {"Elements", elements, 400},
    {"Route", route, 120},
    {"RouteInText", route_in_text, 120},
    {"Keys", keys, 24},
    {"LongText", long_text, 500},
    {"Escapes", escapes, 300},
    {"Nesting", nesting, 600},
    {"NestingThatCloses", nesting_that_closes, 600},
    {"Extension", extension, 600},
    {"AlmostKeys", almost_keys, 600},
    {"WhiteSpace", white_space, 600},
    {"Digits", digits, 600},
    {"NotJson", not_json, 600},
};

class PayloadTest : public testing::TestWithParam<Shape> {};

Measured read_payloads(const Shape& shape, std::uint32_t count, std::size_t size) {
  const TemporaryFolder folder;
  Writer writer(folder.path() / "payloads.pcap");
  Talk talk(writer, {});
  for (std::uint32_t i = 0; i < count; ++i) shape.say(talk, i, size);
  writer.close();
  // The least of several runs: what else the machine does only adds.
  Measured least = audit(folder.path() / "payloads.pcap");
  for (int again = 0; again < 4; ++again) {
    const Measured run = audit(folder.path() / "payloads.pcap");
    least.cpu_seconds = std::min(least.cpu_seconds, run.cpu_seconds);
    least.peak_mib = std::max(least.peak_mib, run.peak_mib);
  }
  return least;
}

TEST_P(PayloadTest, CostsByItsBytesAlone) {
  const Measured small = read_payloads(GetParam(), 4 * GetParam().count, 16'000);
  const Measured large = read_payloads(GetParam(), GetParam().count, 64'000);
  ASSERT_TRUE(small.status == 0 || small.status == 1) << small.errors;
  ASSERT_TRUE(large.status == 0 || large.status == 1) << large.errors;
  EXPECT_EQ(large.diagnostics["dropped"].size(), 0u) << large.diagnostics;
  constexpr double kSlack = 2, kNoise = 0.05;  // a quadratic cost would be 4 times as much
  EXPECT_LT(large.cpu_seconds, kSlack * small.cpu_seconds + kNoise);
  EXPECT_LT(large.peak_mib, 100);
}

INSTANTIATE_TEST_SUITE_P(Shapes, PayloadTest, testing::ValuesIn(kShapes),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace ck::hostile
