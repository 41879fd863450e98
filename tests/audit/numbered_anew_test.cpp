// A KM that numbers its requests anew on every connection, and a controller that answers on a later
// connection what was asked on a closed one (packaging/doc/reading-q4164.md, "Pairing").
#include <gtest/gtest.h>

#include "scenario.h"

namespace ck::audit {
namespace {

std::string ask(const std::string& source, const std::string& destination) {
  return R"({"Source KMA ID":")" + source + R"(","Destination KMA ID":")" + destination + R"("})";
}

/// A connection on which the KM has asked under MessageID `first` and that is over then, and the KM's next
/// one.
Scenario::Connection come_back(Scenario& s, std::uint32_t first) {
  const auto before = s.connect(kMan, kCtl);
  s.km(before, 0x1401, first, ask("A", "X"));
  s.close(before);
  return s.connect("10.0.0.1:4001", kCtl);
}

/// What answers the later connection's request 1 a second time, unless the closed one asked under that, too.
void answer_again(Scenario& s, Scenario::Connection after, std::uint32_t first) {
  const auto again =
      s.ctl(after, 0x4102, 1, R"({"Source KMA ID":"B","Destination KMA ID":"X","Next KMA IDs":["X"]})");
  EXPECT_EQ(s.findings(Severity::error),
            first == 1 ? Slugs{} : Slugs{"duplicate-response@" + std::to_string(again)});
}

/// The controller repeats MessageIDs. The first answer on the later connection may be for the request of the
/// closed one, if that has the same; then the second is the first one to its own request.
TEST(NumberedAnew, AnAnswerToAClosedConnectionsRequestIsNoDuplicate) {
  for (const std::uint32_t first : {1U, 8U}) {
    Scenario s;
    const auto after = come_back(s, first);
    s.km(after, 0x1401, 1, R"({"Application destination ID":"app"})");
    s.ctl(after, 0x4102, 1, R"({"Destination KMA ID":"X","Next KMA IDs":["Q"]})");
    s.km(after, 0x1401, 3, R"({"Source KMA ID":"A","Application destination ID":"other"})");
    s.ctl(after, 0x4102, 3, R"({"Destination KMA ID":"Y","Next KMA IDs":["R"]})");
    answer_again(s, after, first);
  }
}

/// Once the controller is known to repeat MessageIDs, too.
TEST(NumberedAnew, NorWhereTheControllerIsKnownToRepeatThem) {
  for (const std::uint32_t first : {1U, 8U}) {
    Scenario s;
    const auto after = come_back(s, first);
    for (const std::uint32_t id : {20U, 30U, 40U}) {
      s.km(after, 0x1401, id, ask("A", "Z"));
      s.ctl(after, 0x4102, id, R"({"Source KMA ID":"A","Destination KMA ID":"Z","Next KMA IDs":["Z"]})");
    }
    s.km(after, 0x1401, 1, R"({"Application destination ID":"app"})");
    s.ctl(after, 0x4102, 1, R"({"Destination KMA ID":"X","Next KMA IDs":["Q"]})");
    answer_again(s, after, first);
  }
}

}  // namespace
}  // namespace ck::audit
