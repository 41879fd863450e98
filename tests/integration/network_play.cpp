// A queue of moments, in order of time. What would make an answer fit two requests waits until it does not.
#include "network_play.h"

#include <algorithm>
#include <memory>
#include <queue>
#include <stdexcept>

namespace ck::integration {
namespace {

using namespace samples;

constexpr std::int64_t kMillisecond = 1'000'000;

struct OpenRequest {
  std::size_t script = 0, say = 0;
  std::uint16_t code = 0;
  std::uint32_t id = 0;
  std::uint64_t connection = 0;
  bool alone = false;
};

struct Side {
  Numbering numbering{};
  std::uint32_t next = 1;
  bool settled = false;     ///< mixed: an answer of this connection had its own number
  std::uint32_t asked = 0;  ///< MessageID of its last initiating message on this connection
  std::uint16_t asked_code = 0;
  bool spoken = false;  ///< on this connection
};

/// A KM and its controller.
struct Line {
  Endpoint km{"0.0.0.0"}, controller{"0.0.0.0"};
  std::unique_ptr<CkTalk> talk;
  bool up = false;
  bool spoken = false;
  std::uint32_t strays = 0;
  std::uint64_t connection = 0;
  std::array<Side, 2> sides;
  std::vector<OpenRequest> open;
};

struct Moment {
  std::int64_t at = 0;
  std::uint64_t order = 0;
  enum class What : std::uint8_t { say, close, connect } what{};
  std::size_t which = 0;  ///< script, or line
  friend bool operator>(const Moment& a, const Moment& b) {
    return std::pair(a.at, a.order) > std::pair(b.at, b.order);
  }
};

class Theatre {
 public:
  explicit Theatre(const NetworkOptions& options);
  Played take();

 private:
  void schedule(std::int64_t at, Moment::What what, std::size_t which);
  void schedule_all();
  void connect(std::size_t line);
  void close(std::size_t line);
  void say_next(std::size_t script);
  [[nodiscard]] bool can_say(std::size_t script, std::size_t at) const;
  [[nodiscard]] bool would_blur(const Line& line, std::size_t script, std::size_t at) const;
  [[nodiscard]] bool told_apart(const OpenRequest& asked, std::size_t script, std::size_t answer) const;
  [[nodiscard]] std::optional<std::size_t> answer_of(std::size_t script, std::size_t at) const;
  void make_lean(std::size_t script, std::size_t at, OpenRequest& request);
  void say(std::size_t script, std::size_t at);
  std::uint32_t number_for(Line& line, std::size_t script, std::size_t at);
  std::uint32_t own_number(const Line& line, Side& side, std::uint16_t code, bool avoid) const;
  std::uint64_t send(Line& line, const Say& say, std::uint32_t id, std::size_t spelling);
  void note(Line& line, std::size_t script, std::size_t at, std::uint32_t id, std::uint64_t frame);
  void finish();
  std::int64_t pause(const Say& say);

  const NetworkOptions& options_;
  Dice dice_;
  Played out_;
  std::vector<Line> lines_;
  std::vector<std::size_t> next_;   ///< by script
  std::vector<std::size_t> tries_;  ///< by script, of its next message
  std::vector<std::vector<std::uint32_t>> ids_;
  std::priority_queue<Moment, std::vector<Moment>, std::greater<>> queue_;
  std::int64_t now_ = 0, start_ = 0;
  std::uint64_t order_ = 0, connections_ = 0;
  std::size_t open_scripts_ = 0;
};

Theatre::Theatre(const NetworkOptions& options) : options_(options), dice_(options.timing) {
  out_.scripts = write_scripts(options);
  start_ = out_.recording.now_ns;
  out_.recording.step_ns = 1'000;
  for (const Script& script : out_.scripts) {
    out_.frames.emplace_back(script.says.size(), 0);
    ids_.emplace_back(script.says.size(), 0);
  }
  next_.assign(out_.scripts.size(), 0);
  tries_.assign(out_.scripts.size(), 0);
  lines_.resize(options.kms);
  for (std::size_t km = 0; km < options.kms; ++km) {
    Line& line = lines_[km];
    line.km = {Host("10.41.1." + std::to_string(km + 1)), static_cast<std::uint16_t>(40'000 + 10 * km)};
    line.controller = {Host("10.14.0." + std::to_string(km % options.controllers + 1)), 51640};
    for (const End end : {End::client, End::server}) {
      Side& side = line.sides[static_cast<std::size_t>(end)];
      side.numbering = options.numbering.value_or(numbering_of(km, end));
      if (side.numbering == Numbering::mixed) side.next = end == End::client ? 1'000'000 : 2'000'000;
    }
  }
}

void Theatre::schedule(std::int64_t at, Moment::What what, std::size_t which) {
  queue_.push({at, order_++, what, which});
}

void Theatre::schedule_all() {
  const std::int64_t span = options_.span_ms * kMillisecond;
  const auto somewhere = [&](std::int64_t from, std::int64_t to) {
    return from + static_cast<std::int64_t>(dice_.below(static_cast<std::size_t>(to - from)));
  };
  for (std::size_t km = 0; km < lines_.size(); ++km) {
    schedule(somewhere(0, 200 * kMillisecond), Moment::What::connect, km);
    for (std::size_t i = 0; i < options_.reconnects; ++i)
      schedule(somewhere(2'000 * kMillisecond, 2'000 * kMillisecond + span), Moment::What::close, km);
  }
  for (std::size_t script = 0; script < out_.scripts.size(); ++script) {
    const bool first = script < options_.kms;  // makes its KM's KMA ID known
    const bool early = out_.scripts[script].start_ms >= 0;
    const std::int64_t begin = first ? 300 * kMillisecond : 1'500 * kMillisecond;
    schedule(somewhere(begin, begin + (first   ? 300 * kMillisecond
                                       : early ? span / 2
                                               : span)),
             Moment::What::say, script);
  }
}

void Theatre::connect(std::size_t at) {
  Line& line = lines_[at];
  ++line.km.port;
  line.connection = ++connections_;
  line.spoken = false;
  TalkOptions options;
  options.initial_seq = {static_cast<std::uint32_t>(dice_.below(1ULL << 32)),
                         static_cast<std::uint32_t>(dice_.below(1ULL << 32))};
  line.talk = std::make_unique<CkTalk>(out_.recording, line.km, line.controller, options);
  line.talk->handshake();
  line.up = true;
  for (Side& side : line.sides) {
    side.settled = false;
    side.asked = 0;
    side.spoken = false;
    if (line.open.empty() && side.numbering != Numbering::mixed)
      side.next = 1;  // a process that started anew
  }
}

void Theatre::close(std::size_t at) {
  Line& line = lines_[at];
  if (!line.up) return;
  if (options_.loose && !line.open.empty()) {  // a bare answer on a later connection fits anything there
    schedule(now_ + 20 * kMillisecond, Moment::What::close, at);
    return;
  }
  if (options_.broken_streams && at + 1 == lines_.size() && line.spoken) {
    Buffer half = frame(1, 77, kNextHopRequest, R"({"Source KMA ID":"KMA-half"})");
    half.resize(20);
    line.talk->client(half);
    out_.findings.emplace(line.talk->fin(End::client), "truncated-message");
    ++out_.injected;
    line.talk->fin(End::server);
    line.talk->ack(End::client);
  } else {
    line.talk->close();
  }
  line.up = false;
  schedule(now_ + static_cast<std::int64_t>(20 + dice_.below(300)) * kMillisecond, Moment::What::connect, at);
}

std::optional<std::size_t> Theatre::answer_of(std::size_t script, std::size_t at) const {
  const std::vector<Say>& says = out_.scripts[script].says;
  for (std::size_t i = at + 1; i < says.size(); ++i) {
    if (says[i].answers == at && !says[i].again) return i;
  }
  return std::nullopt;
}

/// The answer `answer` of `script` cannot be taken for one to `asked`.
bool Theatre::told_apart(const OpenRequest& asked, std::size_t script, std::size_t answer) const {
  const Script& own = out_.scripts[script];
  const Say& request = out_.scripts[asked.script].says[asked.say];
  if (contradicts(request, own.says[answer])) return true;
  if (asked.code != kSessionRequest) return false;
  // A 0x4107 is known by the applications that the 0x4108 with its Session ID named.
  const auto named = std::find_if(own.says.begin(), own.says.begin() + static_cast<std::ptrdiff_t>(answer),
                                  [](const Say& say) { return say.code == kSessionNotification; });
  return named != own.says.begin() + static_cast<std::ptrdiff_t>(answer) && contradicts(request, *named);
}

/// An answer to this request, or to an open one, would fit both.
bool Theatre::would_blur(const Line& line, std::size_t script, std::size_t at) const {
  const Say& say = out_.scripts[script].says[at];
  const std::optional<std::size_t> answer = answer_of(script, at);
  const OpenRequest self{script, at, say.code};
  return std::any_of(line.open.begin(), line.open.end(), [&](const OpenRequest& other) {
    if (other.code != say.code) return false;
    if (other.alone || say.alone) return true;
    if (answer && !told_apart(other, script, *answer)) return true;
    const std::optional<std::size_t> others = answer_of(other.script, other.say);
    return others && !told_apart(self, other.script, *others);
  });
}

bool Theatre::can_say(std::size_t script, std::size_t at) const {
  const Say& say = out_.scripts[script].says[at];
  const Line& line = lines_[say.km];
  if (!line.up || (needs_company(say) && !line.spoken)) return false;
  const Side& side = line.sides[static_cast<std::size_t>(say.from)];
  if (say.garbage && !side.spoken) return false;  // what comes before a side's first frame is no fault
  if (say.number_again && (side.asked == 0 || side.asked_code == say.code)) return false;
  const bool unasked = !say.answers && question_of(say.code);
  const bool fits = unasked && std::any_of(line.open.begin(), line.open.end(), [&](const OpenRequest& open) {
                      return open.code == *question_of(say.code) && !told_apart(open, script, at);
                    });
  if (fits) return false;
  return options_.loose || !asks(say.code) || !would_blur(line, script, at);
}

/// The answer leaves its optional identifiers out, where nothing else of its kind is open meanwhile.
void Theatre::make_lean(std::size_t script, std::size_t at, OpenRequest& request) {
  const std::optional<std::size_t> answer = answer_of(script, at);
  if (!answer || !out_.scripts[script].says[*answer].may_be_lean) return;
  const std::vector<OpenRequest>& open = lines_[out_.scripts[script].says[at].km].open;
  const bool only = std::none_of(open.begin(), open.end(),
                                 [&](const OpenRequest& other) { return other.code == request.code; });
  if (!dice_.chance(options_.loose ? 60 : 20) || !(only || options_.loose)) return;
  Say& lean = out_.scripts[script].says[*answer];
  for (const char* name : {"Source KMA ID", "Destination KMA ID", "Key relay request ID"})
    std::erase_if(lean.body, [&](const Member& member) { return member.name == name; });
  if (lean.code == kAllocationResponse) {
    std::erase_if(lean.body, [](const Member& member) { return member.name == "Key IDs"; });
    lean.keys.clear();
  }
  request.alone = true;
}

/// The next number of a side. `avoid`: none that an open request of this answer's kind has.
std::uint32_t Theatre::own_number(const Line& line, Side& side, std::uint16_t code, bool avoid) const {
  const std::optional<std::uint16_t> question = question_of(code);
  for (;;) {
    const std::uint32_t id = side.next++;
    if (!avoid || !question) return id;
    const bool taken = std::any_of(line.open.begin(), line.open.end(), [&](const OpenRequest& open) {
      return open.code == *question && open.id == id;
    });
    if (!taken) return id;
  }
}

std::uint32_t Theatre::number_for(Line& line, std::size_t script, std::size_t at) {
  const Say& say = out_.scripts[script].says[at];
  Side& side = line.sides[static_cast<std::size_t>(say.from)];
  if (say.again) return ids_[script][*say.answers];
  if (say.number_again) return side.asked;
  if (!say.answers) {
    const bool unasked = question_of(say.code).has_value();
    // Its own numbers are requests' numbers; one that a response has had already would be a second fault.
    if (unasked && side.numbering == Numbering::echo) return 3'000'000 + line.strays++;
    return own_number(line, side, say.code, unasked);
  }
  const auto asked = std::find_if(line.open.begin(), line.open.end(), [&](const OpenRequest& open) {
    return open.script == script && open.say == *say.answers;
  });
  const bool late = asked->connection != line.connection;
  const std::vector<Say>& says = out_.scripts[script].says;
  const bool repeated = at + 1 < says.size() && says[at + 1].again;
  const bool settles = side.numbering == Numbering::mixed && !side.settled;
  if (side.numbering == Numbering::echo ||
      (side.numbering == Numbering::mixed && side.settled && dice_.chance(50)))
    return asked->id;
  side.settled = true;
  return own_number(line, side, say.code, late || repeated || settles);
}

std::uint64_t Theatre::send(Line& line, const Say& say, std::uint32_t id, std::size_t spelling) {
  if (say.garbage) return line.talk->send(say.from, Buffer(12, 0xFF));
  const Buffer message = frame(say.version, id, say.wire_code.value_or(say.code), payload_of(say, spelling));
  if (!dice_.chance(2)) return line.talk->send(say.from, message);
  const auto cut = message.begin() + 1 + static_cast<std::ptrdiff_t>(dice_.below(message.size() - 1));
  line.talk->send(say.from, Buffer(message.begin(), cut));
  return line.talk->send(say.from, Buffer(cut, message.end()));
}

/// Keeps what must be found.
void Theatre::note(Line& line, std::size_t script, std::size_t at, std::uint32_t id, std::uint64_t frame) {
  const Say& say = out_.scripts[script].says[at];
  out_.frames[script][at] = frame;
  ids_[script][at] = id;
  for (const std::string_view rule : say.breaks) {
    out_.findings.emplace(frame, rule);
    ++out_.injected;
  }
  if (say.garbage) return;
  ++out_.messages;
  line.sides[static_cast<std::size_t>(say.from)].spoken = true;
  if (!line.spoken) {
    line.spoken = true;
    ++out_.connections;
    out_.findings.emplace(frame, "plaintext-transport");
  }
  if (!say.answers || say.again) return;
  const auto asked = std::find_if(line.open.begin(), line.open.end(), [&](const OpenRequest& open) {
    return open.script == script && open.say == *say.answers;
  });
  if (asked->connection != line.connection) ++out_.on_later_connection;
  out_.pairs[frame] = out_.frames[script][*say.answers];
  line.open.erase(asked);
}

void Theatre::say(std::size_t script, std::size_t at) {
  Line& line = lines_[out_.scripts[script].says[at].km];
  OpenRequest request{script, at, out_.scripts[script].says[at].code};
  if (asks(request.code)) make_lean(script, at, request);
  const Say& say = out_.scripts[script].says[at];
  const std::uint32_t id = number_for(line, script, at);
  out_.recording.now_ns = std::max(out_.recording.now_ns, start_ + now_);
  note(line, script, at, id, send(line, say, id, say.km % 3));
  if (!asks(say.code)) return;
  request.id = id;
  request.connection = line.connection;
  request.alone = request.alone || say.alone;
  line.open.push_back(request);
  if (say.answers) return;
  Side& side = line.sides[static_cast<std::size_t>(say.from)];
  side.asked = id;
  side.asked_code = say.code;
}

/// Answers come in a few tens of milliseconds, a relay's result when the keys are there.
std::int64_t Theatre::pause(const Say& say) {
  if (say.wait_ms > 0) return say.wait_ms * kMillisecond;
  const std::size_t most = say.code == kRelayResponse ? 3'000 : say.code == kAllocationRequest ? 1'500 : 400;
  return static_cast<std::int64_t>(2 + dice_.below(most)) * kMillisecond;
}

void Theatre::say_next(std::size_t script) {
  if (!can_say(script, next_[script])) {
    if (++tries_[script] > 20'000) throw std::logic_error("script " + std::to_string(script) + " is stuck");
    schedule(now_ + 15 * kMillisecond, Moment::What::say, script);
    return;
  }
  tries_[script] = 0;
  if (next_[script] == 0) out_.most_open = std::max(out_.most_open, ++open_scripts_);
  const std::vector<Say>& says = out_.scripts[script].says;
  do {
    say(script, next_[script]++);
  } while (next_[script] < says.size() && says[next_[script]].again);
  if (next_[script] == says.size()) {
    --open_scripts_;
  } else {
    schedule(now_ + pause(says[next_[script]]), Moment::What::say, script);
  }
}

/// Long enough after the last message that what was not answered has timed out.
void Theatre::finish() {
  out_.recording.wait_ms(40'000);
  for (Line& line : lines_) {
    if (line.up) line.talk->close();
  }
}

Played Theatre::take() {
  schedule_all();
  while (!queue_.empty()) {
    const Moment moment = queue_.top();
    queue_.pop();
    now_ = moment.at;
    out_.recording.now_ns = std::max(out_.recording.now_ns, start_ + now_);
    switch (moment.what) {
      case Moment::What::connect:
        connect(moment.which);
        break;
      case Moment::What::close:
        close(moment.which);
        break;
      case Moment::What::say:
        say_next(moment.which);
        break;
    }
  }
  finish();
  return std::move(out_);
}

}  // namespace

Played play(const NetworkOptions& options) {
  return Theatre(options).take();
}

}  // namespace ck::integration
