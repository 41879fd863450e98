// Scripts of procedures, and their play on connections.
#include "random_scenes.h"

#include <algorithm>
#include <array>
#include <optional>
#include <ostream>
#include <set>

namespace ck::random_scenes {
namespace {

/// One message of a procedure, before it is played.
struct Step {
  std::size_t km = 0;
  bool from_km = false;
  std::uint16_t command = 0;
  std::string json;
  std::optional<std::size_t> answers{};  ///< the step of its script that it answers
  std::string broken{};
  bool same_number = false;   ///< the number of the step that it repeats, `answers`
  bool number_again = false;  ///< takes a number that its side used before
  bool untold = false;        ///< never sent
};
using Script = std::vector<Step>;

std::string text(const std::string& name, const std::string& value) {
  return '"' + name + R"(":")" + value + '"';
}
std::string object(std::initializer_list<std::string> members) {
  std::string out;
  for (const std::string& member : members) {
    if (!member.empty()) out += (out.empty() ? "" : ",") + member;
  }
  return "{" + out + "}";
}
std::string response(bool success) {
  return text("Response", success ? "success" : "failed");
}
std::string code(bool success) {
  return std::string(R"("Response":)") + (success ? "0" : "1");
}
std::string list(const std::string& name, const std::vector<std::string>& values, bool objects = false) {
  std::string out;
  for (const std::string& value : values)
    out += (out.empty() ? "" : ",") + (objects ? R"({"Key ID":")" + value + "\"}" : '"' + value + '"');
  return '"' + name + R"(":[)" + out + "]";
}

/// How a side labels what it sends on its connections.
struct Numbering {
  bool echo = true;
  std::uint32_t next = 1, step = 1;
};

class Writer {
 public:
  Writer(std::uint64_t seed, bool clear) : dice_(seed), clear_(clear) {
    kms_ = clear ? 2 + dice_.below(3) : 1 + dice_.below(4);
    controllers_ = 1 + dice_.below(2);
  }

  Dice& dice() { return dice_; }
  [[nodiscard]] std::size_t kms() const { return kms_; }
  [[nodiscard]] std::size_t controllers() const { return controllers_; }
  std::size_t any_km() { return dice_.below(kms_); }
  std::string name(const std::string& kind) { return kind + "-" + std::to_string(++names_); }
  static std::string kma(std::size_t km) { return "KMA-" + std::to_string(km); }
  /// What an answer may leave out is there where nothing is to be in doubt.
  std::string maybe(const std::string& member) { return clear_ || dice_.chance(60) ? member : ""; }
  /// A destination: in doubt many relays share one.
  std::string goal() { return clear_ || dice_.chance(30) ? name("DST") : "DST-0"; }

  Script relay(std::size_t km, bool clean_end = true);
  Script chain();
  Script session(std::size_t from, std::size_t to);
  Script reservation(std::size_t km);
  Script any();
  /// Both responders of a connection show that they echo, so that no pair is in doubt.
  Script proof_of_echo(std::size_t km);

 private:
  Dice dice_;
  bool clear_;
  std::size_t kms_ = 0, controllers_ = 0;
  unsigned names_ = 0;
};

Script Writer::relay(std::size_t km, bool clean_end) {
  const std::string to = goal();
  const std::string source = text("Source KMA ID", kma(km)), destination = text("Destination KMA ID", to);
  const bool named = clear_ || dice_.chance(80);
  const auto request = [&](const std::string& id) {
    return object({maybe(source), destination, list("Transit KMA IDs", {name("HOP")}),
                   named ? text("Key relay request ID", id) : ""});
  };
  const auto result = [&](const std::string& id, bool success) {
    return object({named ? maybe(text("Key relay request ID", id)) : "", response(success)});
  };
  Script out;
  out.push_back({km, true, 0x1403, object({source, destination})});
  std::string id = name("RR");
  out.push_back({km, false, 0x4104, request(id), 0});
  const bool again = named && clean_end && dice_.chance(30);
  out.push_back({km, true, 0x1405, result(id, !again && dice_.chance(80)), 1});
  if (!again) return out;
  id = name("RR");
  out.push_back({km, false, 0x4104, request(id), 0});
  out.push_back({km, true, 0x1405, result(id, true), 3});
  return out;
}

Script Writer::chain() {
  const std::string to = goal();
  const std::size_t first = any_km(), second = any_km();
  const auto ask = [&] {
    return object({text("Source KMA ID", kma(first)), text("Destination KMA ID", to)});
  };
  Script out;
  out.push_back({first, true, 0x1401, ask()});
  if (first == second || kms_ < 2) {
    out.push_back({first, false, 0x4102, object({list("Next KMA IDs", {to})}), 0});
    return out;
  }
  out.push_back({first, false, 0x4102, object({list("Next KMA IDs", {kma(second)})}), 0});
  out.push_back({second, true, 0x1401, ask()});
  out.push_back({second, false, 0x4102, object({list("Next KMA IDs", {to})}), 2});
  return out;
}

Script Writer::session(std::size_t from, std::size_t to) {
  const std::string pair = clear_ || dice_.chance(50) ? name("app") : "app-0";
  const std::string apps =
      text("Application source ID", pair) + "," + text("Application destination ID", pair + "'");
  const std::string number =
      dice_.chance(50) ? R"("Number of keys":)" + std::to_string(1 + dice_.below(3)) : "";
  const std::string id = text("Session ID", name("S"));
  const bool success = clear_ || dice_.chance(75);
  const std::string notice = object({apps, number, id, text("Source KM ID", kma(from))});
  const std::string accept = success ? object({id, response(true)}) : object({maybe(id), response(false)});
  Script out;
  out.push_back({from, true, 0x1406, object({apps, number})});
  out.push_back({to, false, 0x4108, notice});
  out.push_back({to, true, 0x1409, accept, 1});
  if (!clear_ && dice_.chance(20)) {
    out.push_back({to, false, 0x4108, notice});
    out.push_back({to, true, 0x1409, accept, 3});
  }
  const std::string end = success ? object({id, response(true), text("Destination KM ID", kma(to))})
                                  : object({maybe(id), response(false)});
  out.push_back({from, false, 0x4107, end, 0});
  return out;
}

Script Writer::reservation(std::size_t km) {
  const std::string source = text("Source KMA ID", kma(km)), destination = text("Destination KMA ID", goal());
  const std::string ends = source + "," + destination;
  std::vector<std::string> keys;
  for (std::size_t count = 1 + dice_.below(3); count > 0; --count) keys.push_back(name("key"));
  Script out;
  for (std::size_t rounds = clear_ ? 1 : 1 + dice_.below(2); rounds > 0; --rounds) {
    out.push_back({km, false, 0x410A, object({ends})});
    const bool success = clear_ || dice_.chance(85);
    out.push_back({km, true, 0x140B,
                   success ? object({maybe(destination), list("Key IDs", keys), code(true)})
                           : object({maybe(destination), code(false)}),
                   out.size() - 1});
    if (!success) continue;
    for (bool done = false; !done;) {
      done = clear_ || dice_.chance(80);
      out.push_back({km, false, 0x410C, object({ends, list("Key IDs", keys, true)})});
      out.push_back(
          {km, true, 0x140D, object({maybe(list("Key IDs", keys, true)), code(done)}), out.size() - 1});
    }
  }
  return out;
}

Script Writer::proof_of_echo(std::size_t km) {
  const std::string source = text("Source KMA ID", kma(km));
  Script out;
  for (std::size_t count = 3; count > 0; --count) {
    const std::string to = name("DST"), ends = source + "," + text("Destination KMA ID", to);
    out.push_back({km, true, 0x1401, object({ends})});
    out.push_back({km, false, 0x4102, object({list("Next KMA IDs", {to})}), out.size() - 1});
    out.push_back({km, false, 0x410A, object({ends})});
    out.push_back({km, true, 0x140B, object({code(false)}), out.size() - 1});
  }
  return out;
}

Script Writer::any() {
  switch (dice_.below(4)) {
    case 0:
      return relay(any_km());
    case 1:
      return chain();
    case 2:
      return session(any_km(), any_km());
    default:
      return reservation(any_km());
  }
}

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

/// The script that breaks a rule, and what its steps break.
Script script_of(Writer& writer, Fault fault, std::vector<Script>& others);

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

namespace {

Script script_of(Writer& writer, Fault fault, std::vector<Script>& others) {
  (void)others;
  const std::size_t km = writer.any_km(), to = writer.any_km();
  const auto session = [&] { return writer.session(km, to); };
  Script out;
  switch (fault) {
    case Fault::none:
      return writer.any();
    case Fault::unknown_session:
      out = session();
      out[2].json = object({text("Session ID", "FOREIGN"), response(true)});
      out[2].broken = "unknown-session";
      return out;
    case Fault::foreign_session_answer:
      out = session();
      out[3].json = object({text("Session ID", "FOREIGN"), response(true), text("Destination KM ID", "K")});
      out[3].broken = "response-mismatch";
      return out;
    case Fault::key_double_allocated:
      out = writer.reservation(km);
      out.push_back(out[2]);
      out.back().broken = "key-double-allocated";
      out.push_back({km, true, 0x140D, object({code(false)}), 4});
      return out;
    case Fault::unreserved_key:
      out = writer.reservation(km);
      out[2].json.insert(out[2].json.rfind(']'), R"(,{"Key ID":"GHOST"})");
      out[2].broken = "allocation-of-unreserved-key";
      return out;
    case Fault::premature:
      out = session();
      std::swap(out[2], out[3]);
      out[2].broken = "premature-session-response";
      return out;
    case Fault::unanswered: {
      out = writer.dice().chance(50) ? session() : writer.reservation(km);
      out.back().untold = true;
      out[*out.back().answers].broken = "unanswered-request";
      return out;
    }
    case Fault::duplicate:
      out = writer.dice().chance(50) ? session() : writer.reservation(km);
      out.push_back(out.back());
      out.back().broken = "duplicate-response";
      return out;
    case Fault::unsolicited:
      out.push_back(
          {km, true, 0x140B,
           object({text("Destination KMA ID", "NOWHERE"), list("Key IDs", {"STRAY"}), code(true)})});
      out.back().broken = "unsolicited-response";
      return out;
    case Fault::key_double_reserved: {
      out = writer.reservation(km);
      Script again(out.begin(), out.begin() + 2);
      again[1].answers = 2;
      again[1].broken = "key-double-reserved";
      out.insert(out.begin() + 2, again.begin(), again.end());
      out[5].answers = 4;
      return out;
    }
    case Fault::session_id_reused: {
      out = session();
      const Script other = writer.session(to, km);
      const auto id_of = [](const std::string& json) {
        const std::size_t at = json.find(R"("Session ID":")");
        return json.substr(at, json.find('"', at + 14) - at + 1);
      };
      for (Step step : other) {
        const std::size_t at = step.json.find(id_of(other[1].json));
        if (at != std::string::npos) step.json.replace(at, id_of(other[1].json).size(), id_of(out[1].json));
        if (step.answers) *step.answers += 4;
        if (step.command == 0x4108) step.broken = "session-id-reused";
        out.push_back(step);
      }
      return out;
    }
    case Fault::route_loop:
    case Fault::destination_not_last: {
      out = writer.relay(km, false);
      const std::size_t at = out[1].json.find("[\"");
      const std::string hop = out[1].json.substr(at + 1, out[1].json.find(']') - at - 1);
      const std::string goal = text("Destination KMA ID", "GOAL");
      if (fault == Fault::route_loop) {
        out[1].json.insert(out[1].json.find(']'), "," + hop);
        out[1].broken = "relay-loop";
      } else {
        out[0].json = object({text("Source KMA ID", Writer::kma(km)), goal});
        out[1].json =
            object({goal, list("Transit KMA IDs", {"GOAL", "BEYOND"}), text("Key relay request ID", "RR-X")});
        out[2].json = object({text("Key relay request ID", "RR-X"), response(true)});
        out[1].broken = "destination-not-last";
      }
      return out;
    }
    case Fault::no_notification:
      out = writer.relay(km, false);
      out.erase(out.begin());
      out[0].answers.reset();
      out[0].broken = "relay-without-notification";
      out[1].answers = 0;
      return out;
    case Fault::relay_id_reused: {
      const std::string id = text("Key relay request ID", "RR-TWICE");
      for (std::size_t i = 0; i < 2; ++i) {
        const std::string goal = text("Destination KMA ID", writer.name("TWICE"));
        out.push_back({km, true, 0x1403, object({text("Source KMA ID", Writer::kma(km)), goal})});
        out.push_back({km, false, 0x4104, object({goal, list("Transit KMA IDs", {}), id}), 2 * i});
      }
      out[3].broken = "relay-request-id-reused";
      out.push_back({km, true, 0x1405, object({id, response(true)}), 1});
      out.push_back({km, true, 0x1405, object({id, response(true)}), 3});
      return out;
    }
    case Fault::unknown_relay:
      out = writer.relay(km, false);
      out[2].json = object({text("Key relay request ID", "FOREIGN"), response(true)});
      out[2].broken = "unknown-relay-request";
      return out;
    case Fault::outcome_conflict:
      out = session();
      out[2].json.replace(out[2].json.find("success"), 7, "refused");
      out[3].broken = "session-outcome-conflict";
      return out;
    case Fault::parameters_changed: {
      out = session();
      const auto give = [](Step& step, const std::string& number) {
        const std::size_t at = step.json.find(R"(,"Number of keys":)");
        if (at != std::string::npos) step.json.erase(at, 19);
        step.json.insert(step.json.size() - 1, R"(,"Number of keys":)" + number);
      };
      give(out[0], "7");
      give(out[1], "8");
      out[1].broken = "session-parameters-changed";
      return out;
    }
    case Fault::message_id_reused: {
      out = writer.reservation(km);
      const Script other = writer.reservation(km);
      for (Step step : other) {
        if (step.answers) *step.answers += 4;
        out.push_back(step);
      }
      out[4].number_again = true;
      out[4].broken = "message-id-reused";
      return out;
    }
    case Fault::mismatch: {
      out = writer.reservation(km);
      const std::size_t at = out[1].json.find("DST-");
      out[1].json.insert(at, "ANOTHER-");
      out[1].broken = "response-mismatch";
      return out;
    }
    case Fault::other_keys:
      out = writer.reservation(km);
      out[3].json = object({list("Key IDs", {"ANOTHER"}, true), code(true)});
      out[3].broken = "response-mismatch";
      return out;
    case Fault::missing_parameter:
      out = session();
      out[1].json.erase(out[1].json.find(R"(,"Source KM ID")"));
      out[1].json += "}";
      out[1].broken = "missing-parameter";
      return out;
    case Fault::no_keys:
      out = writer.reservation(km);
      out.resize(2);
      out[1].json = object({code(true)});
      out[1].broken = "reservation-without-keys";
      return out;
  }
  return out;
}

}  // namespace

}  // namespace ck::random_scenes
