// Properties: however peers number their messages, and however independent procedures are interleaved,
// conforming traffic gives no finding, and a fault stays the only one. Seeds are fixed.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "scenario.h"

namespace ck::audit {
namespace {

enum class Numbering { echo, counter, counter_from_far, shared_counter, mixture };

/// Conforming conversations of several KMs with one controller, each a list of steps that must stay in order.
class Traffic {
 public:
  Traffic(unsigned seed, Numbering numbering) : random_(seed), numbering_(numbering) {
    for (int i = 0; i < 4; ++i) {
      kms_.push_back(s.connect("10.0.0." + std::to_string(i + 1) + ":4000", "10.9.0.1:9000"));
      km_id_.push_back(numbering == Numbering::counter_from_far ? 1000U * static_cast<unsigned>(i + 1) : 0U);
      ctl_id_.push_back(0);
    }
  }

  void add_random_procedures(int count) {
    for (int i = 0; i < count; ++i) {
      const std::size_t km = random_() % kms_.size();
      const std::string n = std::to_string(i);
      switch (random_() % 4) {
        case 0:
          add_relay(km, n);
          break;
        case 1:
          add_session(km, (km + 1) % kms_.size(), n);
          break;
        case 2:
          add_reservation(km, n);
          break;
        default:
          add_hop(km, n);
          break;
      }
    }
  }

  /// One procedure that breaks a rule: a key is allocated that was never reserved.
  void add_fault() {
    const auto id = std::make_shared<Id>();
    const std::string request =
        R"({"Source KMA ID":"K0","Destination KMA ID":"E0","Key IDs":[{"Key ID":"never"}]})";
    const auto at = scripts_.begin() + static_cast<std::ptrdiff_t>(random_() % (scripts_.size() + 1));
    scripts_.insert(at, {[=, this] { *id = ask(0, false, 0x410C, request); },
                         [=, this] { answer(0, true, 0x140D, *id, R"({"Response":0})"); }});
  }

  /// Plays all procedures, one random procedure's next step at a time, keeping at most `depth` under way.
  void play(std::size_t depth) {
    std::vector<std::size_t> under_way, at(scripts_.size(), 0);
    std::size_t begun = 0;
    while (begun < scripts_.size() || !under_way.empty()) {
      while (begun < scripts_.size() && under_way.size() < depth) under_way.push_back(begun++);
      const std::size_t pick = random_() % under_way.size();
      const std::size_t script = under_way[pick];
      scripts_[script][at[script]++]();
      if (at[script] == scripts_[script].size())
        under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(pick));
    }
    for (const auto km : kms_) s.close(km);
    s.finish();
  }

  Scenario s;
  std::vector<std::vector<std::function<void()>>> scripts_;

 private:
  using Id = std::shared_ptr<std::uint32_t>;

  std::uint32_t number(std::size_t km, bool from_km, const Id& request) {
    const bool echo = numbering_ == Numbering::echo ||
                      (numbering_ == Numbering::mixture && (from_km ? km % 2 == 0 : km < 2));
    if (request && echo) return *request;
    // A side that echoes numbers its own requests far from the other side's, as its responses use the other's
    // numbers.
    std::uint32_t& counter = from_km || numbering_ == Numbering::shared_counter ? km_id_[km] : ctl_id_[km];
    ++counter;
    return counter;
  }
  Id ask(std::size_t km, bool from_km, std::uint16_t command, const std::string& json) {
    const auto id = std::make_shared<std::uint32_t>(number(km, from_km, nullptr));
    from_km ? s.km(kms_[km], command, *id, json) : s.ctl(kms_[km], command, *id, json);
    return id;
  }
  void answer(std::size_t km, bool from_km, std::uint16_t command, const Id& request,
              const std::string& json) {
    const std::uint32_t id = number(km, from_km, request);
    from_km ? s.km(kms_[km], command, id, json) : s.ctl(kms_[km], command, id, json);
  }

  void add_relay(std::size_t km, const std::string& n) {
    const auto id = std::make_shared<Id>();
    const std::string ends =
        R"("Source KMA ID":"K)" + std::to_string(km) + R"(","Destination KMA ID":"D)" + n + '"';
    scripts_.push_back(
        {[=, this] { *id = ask(km, true, 0x1403, "{" + ends + "}"); },
         [=, this] {
           const std::uint32_t own = number(km, false, *id);
           s.ctl(kms_[km], 0x4104, own,
                 "{" + ends + R"(,"Transit KMA IDs":["T"],"Key relay request ID":"r)" + n + "\"}");
           *id = std::make_shared<std::uint32_t>(own);
         },
         [=, this] {
           answer(km, true, 0x1405, *id, R"({"Response":"success","Key relay request ID":"r)" + n + "\"}");
         }});
  }
  void add_hop(std::size_t km, const std::string& n) {
    const auto id = std::make_shared<Id>();
    const bool by_application = random_() % 2 == 0;
    const std::string name =
        (by_application ? R"("Application destination ID":"H)" : R"("Destination KMA ID":"H)") + n + '"';
    const std::string repeated = by_application ? R"("Destination KMA ID":"H)" + n + R"(",)" : std::string();
    scripts_.push_back({[=, this] { *id = ask(km, true, 0x1401, "{" + name + "}"); },
                        [=, this] {
                          answer(km, false, 0x4102, *id,
                                 "{" + repeated + R"("Next KMA IDs":["H)" + n + "\"]}");
                        }});
  }
  void add_session(std::size_t source, std::size_t destination, const std::string& n) {
    const auto asked = std::make_shared<Id>(), told = std::make_shared<Id>();
    const std::string apps = R"("Application source ID":"a","Application destination ID":"b)" +
                             std::to_string(random_() % 3) + '"';
    const std::string id = R"("Session ID":"S)" + n + '"';
    scripts_.push_back(
        {[=, this] { *asked = ask(source, true, 0x1406, "{" + apps + "}"); },
         [=, this] {
           *told = ask(destination, false, 0x4108, "{" + apps + "," + id + R"(,"Source KM ID":"m"})");
         },
         [=, this] { answer(destination, true, 0x1409, *told, "{" + id + R"(,"Response":"success"})"); },
         [=, this] {
           answer(source, false, 0x4107, *asked,
                  "{" + id + R"(,"Response":"success","Destination KM ID":"m"})");
         }});
  }
  void add_reservation(std::size_t km, const std::string& n) {
    const auto id = std::make_shared<Id>();
    const std::string ends = R"("Source KMA ID":"K)" + std::to_string(km) + R"(","Destination KMA ID":"E)" +
                             std::to_string(random_() % 2) + '"';
    scripts_.push_back(
        {[=, this] { *id = ask(km, false, 0x410A, "{" + ends + "}"); },
         [=, this] { answer(km, true, 0x140B, *id, R"({"Key IDs":"k)" + n + R"(","Response":0})"); },
         [=, this] {
           *id = ask(km, false, 0x410C, "{" + ends + R"(,"Key IDs":[{"Key ID":"k)" + n + "\"}]}");
         },
         [=, this] { answer(km, true, 0x140D, *id, R"({"Response":0})"); }});
  }

  std::mt19937 random_;
  Numbering numbering_;
  std::vector<Scenario::Connection> kms_;
  std::vector<std::uint32_t> km_id_, ctl_id_;
};

struct Independence : ::testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(Independence, ConformingTrafficGivesNoErrorHoweverNumberedAndInterleaved) {
  const auto [numbering, depth] = GetParam();
  for (unsigned seed = 1; seed <= 60; ++seed) {
    Traffic traffic(seed, static_cast<Numbering>(numbering));
    traffic.add_random_procedures(40);
    traffic.play(static_cast<std::size_t>(depth));
    ASSERT_EQ(traffic.s.findings(Severity::error), Slugs{}) << "seed " << seed;
    ASSERT_EQ(traffic.s.findings(Severity::warning), Slugs{}) << "seed " << seed;
  }
}

TEST_P(Independence, OneFaultStaysTheOnlyOne) {
  const auto [numbering, depth] = GetParam();
  for (unsigned seed = 1; seed <= 40; ++seed) {
    Traffic traffic(seed, static_cast<Numbering>(numbering));
    traffic.add_random_procedures(40);
    traffic.add_fault();
    traffic.play(static_cast<std::size_t>(depth));
    ASSERT_EQ(traffic.s.heard.findings.size(), 1U) << "seed " << seed;
    ASSERT_EQ(traffic.s.heard.findings[0].rule, Rule::allocation_of_unreserved_key) << "seed " << seed;
  }
}

TEST(Interleaving, ChangesNoOutcomeWherePeersEcho) {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    Traffic traffic(seed, Numbering::echo);
    traffic.add_random_procedures(60);
    traffic.play(10);
    const Totals& totals = traffic.s.totals;
    ASSERT_EQ(totals.relays.size(), 1U) << "seed " << seed;
    ASSERT_EQ(totals.relays.count(RelayState::completed), 1U) << "seed " << seed;
    ASSERT_EQ(totals.sessions.size(), 1U) << "seed " << seed;
    ASSERT_EQ(totals.sessions.count(SessionState::established), 1U) << "seed " << seed;
    ASSERT_EQ(totals.reservations.size(), 1U) << "seed " << seed;
    ASSERT_EQ(totals.reservations.count(ReservationState::allocated), 1U) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Numberings, Independence,
                         ::testing::Combine(::testing::Values(0, 1, 2, 3, 4), ::testing::Values(1, 3, 12)));

}  // namespace
}  // namespace ck::audit
