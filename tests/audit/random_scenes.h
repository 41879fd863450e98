// Random networks of KMs and controllers for tests, typed from the Recommendation's procedures (7.1 to 7.6)
// alone: who says what to whom, and what must be said of it. The audit has no part in it.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace ck::audit::random_scenes {

/// Numbers that every standard library draws alike.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine_() % limit); }
  /// True in so many of a hundred throws.
  bool chance(std::size_t percent) { return below(100) < percent; }

 private:
  std::mt19937_64 engine_;
};

enum class EventKind : std::uint8_t { open, close, message, gap };

/// What is captured next.
struct Event {
  EventKind kind = EventKind::message;
  std::size_t connection = 0;
  std::size_t km = 0;  ///< open: whose connection it is
  std::size_t controller = 0;
  bool whole = true;     ///< open: seen from its start
  bool from_km = false;  ///< message, gap: its sender
  std::uint16_t command = 0;
  std::uint32_t id = 0;
  std::string json{};
  bool hidden = false;   ///< it was sent, and not captured
  std::string broken{};  ///< the rule that must be said of it, and no other error or warning
};

struct Scene {
  std::vector<Event> events;
};

/// What a planted fault breaks; a scene is clean with Fault::none.
enum class Fault : std::uint8_t {
  none,
  unknown_session,
  foreign_session_answer,
  key_double_allocated,
  unreserved_key,
  premature,
  unanswered,
  duplicate,
  unsolicited,
  key_double_reserved,
  session_id_reused,
  route_loop,
  destination_not_last,
  no_notification,
  relay_id_reused,
  unknown_relay,
  outcome_conflict,
  parameters_changed,
  message_id_reused,
  mismatch,
  other_keys,
  missing_parameter,
  no_keys,
};
inline constexpr std::size_t kFaultCount = 23;

/// A scene in which everybody conforms: whatever is ambiguous, late, repeated, re-routed or not captured.
Scene clean_scene(std::uint64_t seed);
/// One fault in traffic that is otherwise clean and leaves no doubt.
Scene faulty_scene(std::uint64_t seed, Fault fault);

std::ostream& operator<<(std::ostream& out, const Scene& scene);

}  // namespace ck::audit::random_scenes
