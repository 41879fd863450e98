// A merge of the logs, driven by what the captures bring.
#include "capture/timeline.h"

#include <algorithm>

namespace ck::capture {
namespace {

template <class... Visitors>
struct Visit : Visitors... {
  using Visitors::operator()...;
};
template <class... Visitors>
Visit(Visitors...) -> Visit<Visitors...>;

/// Connections that are remembered to find those that are read twice.
constexpr std::size_t kMostKnown = 1u << 20;
/// Of one pair of endpoints.
constexpr std::size_t kMostAlike = 64;

/// Keys of logs' connections, apart from those of captures.
ConnectionKey key_in_log(std::size_t log, std::uint64_t number) {
  return ConnectionKey{1} << 62 | ConnectionKey{log} << 40 | (number & ((ConnectionKey{1} << 40) - 1));
}

void set_connection(LogRecord& record, ConnectionKey key) {
  std::visit(Visit{
                 [&](ConnectionStart& start) { start.key = key; },
                 [&](auto& other) { other.connection = key; },
             },
             record);
}

}  // namespace

const Position* position_of(const LogRecord& record) {
  return std::visit(Visit{
                        [](const ConnectionStart& start) { return &start.first; },
                        [](const ComingMessage&) { return static_cast<const Position*>(nullptr); },
                        [](const auto& other) { return &other.at; },
                    },
                    record);
}

void tell(const LogRecord& record, CkSink& sink) {
  std::visit(Visit{
                 [&](const ConnectionStart& start) { sink.open(start); },
                 [&](const Message& message) { sink.message(message); },
                 [&](const StreamEvent& event) { sink.event(event); },
                 [&](const TlsHandshake& handshake) { sink.tls_handshake(handshake); },
                 [&](const RpcEnd& end) { sink.rpc_ended(end); },
                 [&](const UnreadableConnection& connection) { sink.unreadable(connection); },
                 [&](const UnrecognisedConnection& connection) { sink.unrecognised(connection); },
                 [&](const ClosedConnection& closed) { sink.close(closed.connection, closed.at); },
                 [&](const Outlook& outlook) { sink.outlook(outlook); },
                 [&](const ComingMessage& message) { sink.coming(message.connection); },
             },
             record);
}

ConnectionKey connection_of(const LogRecord& record) {
  return std::visit(Visit{
                        [](const ConnectionStart& start) { return start.key; },
                        [](const auto& other) { return other.connection; },
                    },
                    record);
}

void SplitConnections::forget_old() {
  for (const auto& at : just_closed_) {
    by_key_.erase(at->second.key);
    known_.erase(at);
  }
  just_closed_.clear();
  if (known_.size() < kMostKnown) return;
  const auto oldest = by_key_.begin();
  known_.erase(oldest->second);
  by_key_.erase(oldest);
}

SplitConnections::Verdict SplitConnections::open(const ConnectionStart& start, std::size_t input,
                                                 const std::vector<Ending>& endings, Other& other) {
  if (by_key_.contains(start.key) || is_passed_over(start.key)) return Verdict::alone;  // told once more
  const auto& [zero, one] = start.endpoints;
  const Ends ends = one < zero ? Ends{one, zero} : Ends{zero, one};
  Verdict verdict = Verdict::alone;
  std::size_t alike = 0;
  const auto [begin, end] = known_.equal_range(ends);
  for (auto at = begin; at != end && alike < kMostAlike; ++at, ++alike) {
    const Known& known = at->second;
    if (known.input == input) continue;
    const bool same = known.first.capture == start.first.capture && known.first.frame == start.first.frame;
    if (known.closed && !same) continue;
    other = {known.key, same};
    // What began while the other was still read is the same once more, seen from another packet on.
    const Ending& ending = endings[known.input];
    const bool behind = ending.over && start.first.time_ns > ending.last_ns;
    verdict = !same && behind ? Verdict::continues : Verdict::again;
    if (same) break;
  }
  if (verdict != Verdict::alone) ++count_;
  if (verdict == Verdict::again) {
    if (passed_over_.size() >= kMostKnown) passed_over_.clear();
    passed_over_.emplace(start.key, other.same ? 0 : other.key);
    return verdict;
  }
  if (known_.size() >= kMostKnown) forget_old();
  by_key_.emplace(start.key, known_.emplace(ends, Known{start.key, input, start.first, std::nullopt}));
  return verdict;
}

/// One that opened and closed with one packet is remembered until the next one.
void SplitConnections::close(ConnectionKey key, const Moment& moment) {
  if (!passed_over_.empty()) passed_over_.erase(key);
  const auto known = by_key_.find(key);
  if (known == by_key_.end()) return;
  if (!just_closed_.empty() && just_closed_.front()->second.closed != moment) forget_old();
  if (known->second->second.closed) return;
  known->second->second.closed = moment;
  just_closed_.push_back(known->second);
}

Timeline::Timeline(std::vector<TimelineLog> logs, LogWriter* writer)
    : logs_(std::move(logs)), writer_(writer), heads_(logs_.size()), endings_(logs_.size() + 1) {
  for (std::size_t i = 0; i < logs_.size(); ++i) advance(i);
}

void Timeline::begin(CkSink& next, const Moment& moment) {
  next_ = &next;
  now_ = &moment;
}

/// Reads the log's next record, with the numbers that captures and connections have here.
void Timeline::advance(std::size_t log) {
  TimelineLog& from = logs_[log];
  Head& head = heads_[log];
  const auto later = [this](std::size_t a, std::size_t b) {
    return std::pair(heads_[a].moment, a) > std::pair(heads_[b].moment, b);
  };
  head.record = from.reader->next();
  if (from.again) {  // read to its end all the same, for what is wrong with it
    for (; head.record != nullptr; head.record = from.reader->next()) {
      if (std::holds_alternative<ConnectionStart>(*head.record)) splits_.add(1);
    }
  }
  SplitConnections::Ending& ending = endings_[log + 1];
  if (head.moment.stage == Stage::packets) ending.last_ns = std::max(ending.last_ns, head.moment.clock_ns);
  ending.over = head.record == nullptr;
  if (head.record == nullptr) return;
  Moment moment = from.reader->moment();
  moment.capture = from.captures[moment.capture];
  head.moment = std::max(head.moment, moment);
  ending.over = head.moment.stage != Stage::packets;
  if (const Position* read = position_of(*head.record); read != nullptr) {
    auto* at = const_cast<Position*>(read);  // of a record that the reader hands out to be changed
    at->capture = from.captures[at->capture];
    if (head.moment.stage == Stage::packets) last_ = later_of(last_, *at);
  }
  head.place = from.reader->place();
  set_connection(*head.record, key_in_log(log, connection_of(*head.record)));
  heap_.push_back(log);
  std::push_heap(heap_.begin(), heap_.end(), later);
}

/// Tells what logs hold before `moment`; nullptr: all.
void Timeline::tell_until(const Moment* moment) {
  const auto later = [this](std::size_t a, std::size_t b) {
    return std::pair(heads_[a].moment, a) > std::pair(heads_[b].moment, b);
  };
  while (!heap_.empty() && (moment == nullptr || heads_[heap_.front()].moment < *moment)) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const std::size_t log = heap_.back();
    heap_.pop_back();
    place_ = heads_[log].place;
    pass(*heads_[log].record, heads_[log].moment, log + 1);
    place_.reset();
    advance(log);
  }
}

/// What the captures bring, now.
void Timeline::take(const LogRecord& record) {
  latest_ = std::max(latest_, *now_);
  endings_[0].over = latest_.stage != Stage::packets;
  if (!endings_[0].over) endings_[0].last_ns = std::max(endings_[0].last_ns, latest_.clock_ns);
  tell_until(&latest_);
  pass(record, latest_, 0);
  place_.reset();
}

void Timeline::finish() {
  endings_[0].over = true;
  tell_until(nullptr);
}

/// The connection that begins may be read elsewhere too. False: nothing of it is told.
bool Timeline::pass_open(const ConnectionStart& start, const Moment& moment, std::size_t input) {
  SplitConnections::Other other;
  const SplitConnections::Verdict verdict = splits_.open(start, input, endings_, other);
  if (verdict == SplitConnections::Verdict::alone) return true;
  // What the other one does not have may have been there.
  if (!other.same) tell_hidden(other.key, {start.first.capture, start.first.frame, kNoTime}, moment);
  if (verdict == SplitConnections::Verdict::again) return false;
  const Position at{start.first.capture, start.first.frame, kNoTime};
  hand_on(ClosedConnection{other.key, at}, moment);
  splits_.close(other.key, moment);
  return true;
}

/// Both sides of the connection have said something that is not told of it.
void Timeline::tell_hidden(ConnectionKey connection, const Position& at, const Moment& moment) {
  StreamEvent event;
  event.kind = StreamEventKind::hole_seen;
  event.connection = connection;
  event.at = at;
  for (const Side side : {Side{0}, Side{1}}) {
    event.side = side;
    hand_on(event, moment);
  }
}

void Timeline::pass(const LogRecord& record, const Moment& moment, std::size_t input) {
  if (!logs_.empty()) {
    const ConnectionKey key = connection_of(record);
    if (const auto* start = std::get_if<ConnectionStart>(&record); start != nullptr) {
      if (!pass_open(*start, moment, input)) return;
    }
    const bool closed = std::holds_alternative<ClosedConnection>(record);
    const bool passed_over = splits_.is_passed_over(key);
    // What is passed over may be what the other one lacks, so that what was asked there may have been
    // answered.
    const ConnectionKey lacking = splits_.lacking(key);
    const Message* message = std::get_if<Message>(&record);
    if (message != nullptr && lacking != 0) {
      tell_hidden(lacking, {message->at.capture, message->at.frame, kNoTime}, moment);
      splits_.pass_over_message();
    }
    if (closed) splits_.close(key, moment);
    if (passed_over) return;
  }
  hand_on(record, moment);
}

void Timeline::hand_on(const LogRecord& record, const Moment& moment) {
  if (writer_ != nullptr || (place_ && places_)) {
    const Position* at = position_of(record);
    if (at != nullptr && place_ && places_) places_(*at, *place_);
    if (writer_ != nullptr) {
      if (at != nullptr && !place_ && find_) place_ = find_(*at);
      writer_->record(record, moment, at != nullptr ? place_ : std::nullopt);
    }
  }
  const Message* message = std::get_if<Message>(&record);
  // A log says only where it is not the next thing.
  if (message != nullptr) next_->coming(message->connection);
  tell(record, *next_);
}

}  // namespace ck::capture
