// Scripts of procedures, played on connections and captured in whole or in part.
#include "random_scenes.h"

#include <algorithm>
#include <array>
#include <ostream>
#include <set>

#include "random_scripts.h"

namespace ck::audit::random_scenes {
namespace {

/// How a side labels what it sends on its connections.
struct Numbering {
  bool echo = true;
  std::uint32_t next = 1, step = 1;
};

/// Plays scripts on the KMs' connections, in any order that keeps each script's.
class Player {
 public:
  Player(Writer& writer, bool clear) : writer_(writer), dice_(writer.dice()), clear_(clear) {
    for (std::size_t km = 0; km < writer.kms(); ++km) {
      for (const bool from_km : {false, true}) {
        Numbering& side = sides_[km][from_km];
        side.echo = clear || dice_.chance(60);
        side.next = static_cast<std::uint32_t>(clear ? 1000 * (1 + 2 * km + from_km) : 1 + dice_.below(20));
        side.step = clear ? 3 : 1;
      }
      connect(km);
    }
  }

  Scene play(std::vector<Script> scripts) {
    if (clear_) {
      for (std::size_t km = 0; km < writer_.kms(); ++km) play_alone(writer_.proof_of_echo(km));
    }
    scripts_ = std::move(scripts);
    numbers_.clear();
    std::vector<std::size_t> at(scripts_.size(), 0);
    numbers_.resize(scripts_.size());
    for (;;) {
      std::vector<std::size_t> left;
      for (std::size_t i = 0; i < scripts_.size(); ++i) {
        if (at[i] < scripts_[i].size()) left.push_back(i);
      }
      if (left.empty()) break;
      if (!clear_ && dice_.chance(4)) reconnect(writer_.any_km());
      const std::size_t script = left[dice_.below(std::min<std::size_t>(left.size(), clear_ ? 3 : 6))];
      say(script, at[script]++);
    }
    for (std::size_t km = 0; km < writer_.kms(); ++km) {
      if (clear_ || dice_.chance(70)) close(km);
    }
    return std::move(scene_);
  }

 private:
  void play_alone(Script script) {
    scripts_ = {std::move(script)};
    numbers_.assign(1, {});
    for (std::size_t i = 0; i < scripts_[0].size(); ++i) say(0, i);
  }
  void connect(std::size_t km) {
    Event open;
    open.kind = EventKind::open;
    open.connection = current_[km] = connections_++;
    open.km = km;
    open.controller = km % writer_.controllers();
    scene_.events.push_back(open);
  }
  void close(std::size_t km) {
    Event end;
    end.kind = EventKind::close;
    end.connection = current_[km];
    scene_.events.push_back(end);
  }
  void reconnect(std::size_t km) {
    close(km);
    connect(km);
    for (const bool from_km : {false, true}) {
      // What is echoed on a later connection must not be another's number there.
      if (!sides_[km][!from_km].echo && dice_.chance(50)) sides_[km][from_km].next = 1;
    }
  }
  std::uint32_t take(Numbering& side) {
    const std::uint32_t number = side.next;
    side.next += side.step;
    return number;
  }
  void say(std::size_t script, std::size_t index) {
    const Step& step = scripts_[script][index];
    std::vector<std::uint32_t>& numbers = numbers_[script];
    Numbering& side = sides_[step.km][step.from_km];
    std::uint32_t number = 0;
    if (step.same_number || (step.answers && side.echo)) {
      number = numbers.at(*step.answers);
    } else if (step.number_again) {
      number = used_[step.km][step.from_km];
    } else {
      number = take(side);
    }
    numbers.push_back(number);
    if (!step.answers) used_[step.km][step.from_km] = number;
    if (step.untold) return;
    Event event;
    event.connection = current_[step.km];
    event.from_km = step.from_km;
    event.command = step.command;
    event.id = number;
    event.json = step.json;
    event.broken = step.broken;
    scene_.events.push_back(event);
  }

  Writer& writer_;
  Dice& dice_;
  bool clear_;
  Scene scene_;
  std::vector<Script> scripts_;
  std::vector<std::vector<std::uint32_t>> numbers_;
  std::array<std::array<Numbering, 2>, 4> sides_{};
  std::array<std::array<std::uint32_t, 2>, 4> used_{};
  std::array<std::size_t, 4> current_{};
  std::size_t connections_ = 0;
};

/// The connections of which messages are captured. One of which nothing is left is not known to be Ck's, and
/// what it carried may have been asked or answered on any other.
std::set<std::size_t> heard_of(const Scene& scene) {
  std::set<std::size_t> heard;
  for (const Event& event : scene.events) {
    if (event.kind == EventKind::message && !event.hidden) heard.insert(event.connection);
  }
  return heard;
}

/// The capture begins in the middle: what was said before is not there, and who opened is not known.
void begin_late(Scene& scene, std::size_t start) {
  std::vector<Event> left;
  for (std::size_t i = 0; i < scene.events.size(); ++i) {
    Event event = scene.events[i];
    if (event.kind == EventKind::open && i < start) event.whole = false;
    if (event.kind == EventKind::message && i < start) continue;
    left.push_back(event);
  }
  scene.events = std::move(left);
}

/// A message is missing: its receiver's acknowledgement shows it before anything that it says to it.
void lose_one(Scene& scene, std::size_t lost) {
  Event gap = scene.events[lost];
  if (gap.kind != EventKind::message) return;
  scene.events[lost].hidden = true;
  gap.kind = EventKind::gap;
  scene.events.insert(scene.events.begin() + static_cast<std::ptrdiff_t>(lost) + 1, gap);
}

}  // namespace

Scene clean_scene(std::uint64_t seed) {
  Writer writer(seed, false);
  std::vector<Script> scripts;
  for (std::size_t count = 2 + writer.dice().below(9); count > 0; --count) scripts.push_back(writer.any());
  Scene scene = Player(writer, false).play(std::move(scripts));
  Dice& dice = writer.dice();
  Scene part = scene;
  if (dice.chance(25)) begin_late(part, dice.below(part.events.size()));
  if (dice.chance(15)) lose_one(part, dice.below(part.events.size()));
  return heard_of(scene) == heard_of(part) ? part : scene;
}

Scene faulty_scene(std::uint64_t seed, Fault fault) {
  Writer writer(seed, true);
  std::vector<Script> scripts;
  for (std::size_t count = 1 + writer.dice().below(4); count > 0; --count) scripts.push_back(writer.any());
  const std::size_t place = writer.dice().below(scripts.size() + 1);
  std::vector<Script> others;
  Script bad = script_of(writer, fault, others);
  scripts.insert(scripts.begin() + static_cast<std::ptrdiff_t>(place), std::move(bad));
  for (Script& other : others) scripts.push_back(std::move(other));
  Scene scene = Player(writer, true).play(std::move(scripts));
  return scene;
}

std::ostream& operator<<(std::ostream& out, const Scene& scene) {
  std::uint64_t frame = 0;
  for (const Event& event : scene.events) {
    if (!event.hidden) ++frame;
    out << (event.hidden ? std::string("    -") : "  " + std::to_string(frame)) << "  c" << event.connection;
    switch (event.kind) {
      case EventKind::open:
        out << " of KM " << event.km << " with controller " << event.controller
            << (event.whole ? "" : ", seen from its middle");
        break;
      case EventKind::close:
        out << " closes";
        break;
      case EventKind::gap:
        out << (event.from_km ? " km" : " ctl") << " gap";
        break;
      case EventKind::message:
        out << (event.from_km ? " km " : " ctl ") << std::hex << event.command << std::dec << ' ' << event.id
            << ' ' << event.json << (event.broken.empty() ? "" : "  <- " + event.broken);
        break;
    }
    out << '\n';
  }
  return out;
}

}  // namespace ck::audit::random_scenes
