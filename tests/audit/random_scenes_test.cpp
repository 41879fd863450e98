// Random scenes: in clean ones nobody is blamed, whatever is ambiguous or not captured; a planted fault is
// found at its message, and nothing else is. CK_RANDOM_SCENES=100000 plays more of them, from the seed
// CK_RANDOM_SEED on.
#include "random_scenes.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "scenario.h"

namespace ck::audit {
namespace {

using random_scenes::Event;
using random_scenes::EventKind;
using random_scenes::Fault;
using random_scenes::Scene;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

/// Plays the scene and says what is wrong with what the audit said; empty where nothing is.
/// `in_order`: procedures have numbers in order of their first messages, which holds unless notifications of
/// the same applications are exchanged later.
std::string trouble_of(const Scene& scene, bool in_order) {
  Scenario s;
  std::map<std::size_t, Scenario::Connection> connections;
  std::set<std::string> expected, found;
  std::uint64_t frame = 0;
  for (const Event& event : scene.events) {
    if (event.hidden) continue;
    ++frame;
    switch (event.kind) {
      case EventKind::open: {
        const ConnectOptions middle{.opener_known = false, .whole = false, .opener_side_whole = false};
        connections[event.connection] = s.connect(
            "10.0.0." + std::to_string(event.km + 1) + ":" + std::to_string(4000 + event.connection),
            "10.9.0." + std::to_string(event.controller + 1) + ":9000",
            event.whole ? ConnectOptions{} : middle);
        break;
      }
      case EventKind::close:
        s.close(connections[event.connection]);
        break;
      case EventKind::gap:
        s.gap(connections[event.connection], event.from_km ? 0 : 1);
        break;
      case EventKind::message:
        if (!event.broken.empty()) expected.insert(event.broken + "@" + std::to_string(frame));
        if (event.from_km) {
          s.km(connections[event.connection], event.command, event.id, event.json);
        } else {
          s.ctl(connections[event.connection], event.command, event.id, event.json);
        }
        break;
    }
  }
  s.finish();
  for (const Severity severity : {Severity::error, Severity::warning}) {
    for (const std::string& one : s.findings(severity)) found.insert(one);
  }
  std::string out;
  for (const std::string& one : found) {
    if (expected.count(one) == 0) out += "wrongly " + one + "\n";
  }
  for (const std::string& one : expected) {
    if (found.count(one) != 1) out += "not once " + one + "\n";
  }
  std::map<std::uint64_t, std::uint32_t> by_first;
  std::set<std::uint32_t> listed;
  const auto note = [&](const auto& records) {
    for (const auto& record : records) {
      if (!record.events.empty()) by_first[record.events.front().index] = record.id;
      if (!listed.insert(record.id).second) out += "a number twice\n";
    }
  };
  note(s.heard.relays);
  note(s.heard.sessions);
  note(s.heard.reservations);
  std::uint32_t last = 0;
  for (const auto& [first, id] : by_first) {
    if (id <= last && in_order) out += "procedure " + std::to_string(id) + " out of order\n";
    last = id;
  }
  for (const Finding& finding : s.heard.findings) {
    if (finding.procedure && listed.count(s.heard.latest(*finding.procedure)) == 0)
      out += std::string(rule(finding.rule).slug) + " names a procedure that is not listed\n";
  }
  return out;
}

TEST(RandomScenes, NobodyWhoConformsIsBlamed) {
  const std::uint64_t first = from_environment("CK_RANDOM_SEED", 1);
  const std::uint64_t count = from_environment("CK_RANDOM_SCENES", 1'500);
  int failures = 0;
  for (std::uint64_t seed = first; seed < first + count && failures < 3; ++seed) {
    const Scene scene = random_scenes::clean_scene(seed);
    const std::string trouble = trouble_of(scene, false);
    EXPECT_EQ(trouble, "") << "seed " << seed << "\n" << scene;
    failures += !trouble.empty();
  }
}

TEST(RandomScenes, APlantedFaultIsFoundAtItsMessageAndNothingElseIs) {
  const std::uint64_t first = from_environment("CK_RANDOM_SEED", 1);
  const std::uint64_t count = from_environment("CK_RANDOM_SCENES", 1'500);
  std::map<int, int> failures;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const int kind = static_cast<int>(seed % random_scenes::kFaultCount);
    if (failures[kind] > 0) continue;
    const Scene scene = random_scenes::faulty_scene(seed, static_cast<Fault>(kind));
    const std::string trouble = trouble_of(scene, true);
    EXPECT_EQ(trouble, "") << "seed " << seed << ", fault " << kind << "\n" << scene;
    failures[kind] += !trouble.empty();
  }
}

}  // namespace
}  // namespace ck::audit
