// The session: connections, calls that are remembered, and the view "as if the capture ended here".
#include "session.h"

#include <string_view>
#include <utility>

namespace ck::plugin {
namespace {

std::uint64_t digest_of(Bytes bytes) {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

Session::Session(SessionOptions options) : options_(std::move(options)), audit_(options_.audit, store_) {}

Connection& Session::connect(const Endpoint& sender, const Endpoint& receiver, Position at, bool opens,
                             bool accepts) {
  auto made = std::make_unique<Connection>();
  made->key = connections_.size() + 1;
  made->endpoints = {sender, receiver};
  if (accepts) std::swap(made->endpoints[0], made->endpoints[1]);
  if (opens || accepts) close_replaced(made->endpoints, at);
  made->opener_known = opens || accepts;
  made->first = at;
  connections_.push_back(std::move(made));
  return *connections_.back();
}

Connection& Session::tls_of(const Connection& plain, bool named) {
  auto made = std::make_unique<Connection>();
  made->key = connections_.size() + 1;
  made->endpoints = plain.endpoints;
  made->opener_known = plain.opener_known;
  made->first = plain.first;
  made->transport = Transport::tls;
  made->named = named;
  made->early = plain.early;
  for (const Side side : {Side{0}, Side{1}}) {
    made->directions[side].watch = plain.directions[side].watch;
    made->directions[side].repeated = plain.directions[side].repeated;
  }
  connections_.push_back(std::move(made));
  return *connections_.back();
}

const Call* Session::dissect(Connection& connection, Side side, const CallInput& input) {
  tell_overdue(input.at.time_ns);
  Direction& direction = connection.directions[side];
  direction.last_given = input.at.frame;
  if (!direction.framer) begin_direction(connection, side, input);
  if (input.claimed || connection.told) direction.framer->assume_ck();
  std::size_t known = 0;  // bytes at the head that came before
  if (!align(connection, side, input, known)) return nullptr;

  auto call = std::make_unique<Call>();
  call->connection = connection.key;
  call->side = side;
  call->given = static_cast<std::uint32_t>(input.bytes.size());
  call->digest = digest_of(input.bytes);
  Bytes bytes = input.bytes.subspan(known);
  if (direction.pending == 0 && direction.carry.empty()) direction.pending_at = input.at;
  if (!direction.carry.empty() || known > 0 || input.kept_back) {
    // Only here are bytes copied: a first frame in pieces, before Wireshark knew whose it is, and what it
    // kept back.
    call->kept_back = input.kept_back;
    call->carried = std::exchange(direction.carry, {});
    call->carried.insert(call->carried.end(), bytes.begin(), bytes.end());
    bytes = call->carried;
  }
  const std::uint32_t framed = frame_bytes(connection, side, input, bytes, *call);
  const FramerState framing = direction.framer->state();
  const bool ours =
      connection.told || framing == FramerState::synced || (input.claimed && framing == FramerState::start);
  if (!ours) {
    // Whoever else may have these bytes; what may yet turn out to begin a frame is kept.
    if (!options_.wait) return nullptr;
    direction.carry.assign(bytes.begin() + framed, bytes.end());
    direction.pending = 0;
    return nullptr;
  }
  if (call->slices.empty() && !call->waits) return nullptr;
  if (call->waits) call->head_digest = digest_of(input.bytes.first(call->wait_offset));
  std::vector<std::unique_ptr<Call>>& of_frame = calls_[input.at.frame];
  of_frame.push_back(std::move(call));
  of_frame.back()->shown = !input.kept_back;
  return of_frame.back().get();
}

Call* Session::recall(std::uint64_t connection, Side side, std::uint64_t frame, Bytes bytes) {
  const auto found = calls_.find(frame);
  if (found == calls_.end()) return nullptr;
  const std::uint64_t digest = digest_of(bytes);
  for (const std::unique_ptr<Call>& call : found->second) {
    if (call->shown || call->kept_back || call->connection != connection || call->side != side) continue;
    const bool whole = call->given == bytes.size() && call->digest == digest;
    const bool head = call->waits && call->wait_offset == bytes.size() && call->head_digest == digest;
    if (!whole && !head) continue;
    call->shown = true;
    return call.get();
  }
  return nullptr;
}

const Call* Session::kept_back(std::uint64_t connection, std::uint64_t frame) {
  const auto found = any_kept_back_ ? calls_.find(frame) : calls_.end();
  if (found == calls_.end()) return nullptr;
  for (const std::unique_ptr<Call>& call : found->second) {
    if (call->shown || !call->kept_back || call->connection != connection) continue;
    call->shown = true;
    return call.get();
  }
  return nullptr;
}

void Session::end_frame(std::uint64_t frame) {
  const auto found = calls_.find(frame);
  if (found == calls_.end()) return;
  for (const std::unique_ptr<Call>& call : found->second) call->shown = false;
}

std::vector<std::uint64_t> Session::messages_in(std::uint64_t frame) const {
  std::vector<std::uint64_t> messages;
  const auto found = calls_.find(frame);
  if (found == calls_.end()) return messages;
  for (const std::unique_ptr<Call>& call : found->second) {
    for (const Slice& slice : call->slices) {
      if (slice.kind == SliceKind::message) messages.push_back(slice.message);
    }
  }
  return messages;
}

const Payload& Session::decode(Bytes payload, const MessageSpec* spec) {
  decode_payload(payload, spec, options_.names, payload_);
  return payload_;
}

/// Messages that are there in part, and holes that are not given up. `at_end`: else there are none any more.
void Session::tell_unfinished(bool at_end) {
  for (const std::unique_ptr<Connection>& connection : connections_) {
    for (const Side side : {Side{0}, Side{1}}) {
      const Direction& direction = connection->directions[side];
      if (direction.pending > 0 && direction.framer->state() == FramerState::synced) {
        tell(*connection, side, StreamEventKind::unfinished, direction.pending_at,
             at_end ? direction.pending : 0);
      }
      if (!connection->told || direction.over || !direction.watch.has_hole()) continue;
      StreamWatch watch = direction.watch;
      while (const std::optional<Hole> hole = watch.give_up())
        tell(*connection, side, StreamEventKind::hole_open, hole->behind, at_end ? hole->bytes : 0);
    }
  }
}

void Session::look_ahead() {
  tell_overdue(last_ns_);
  if (preview_made_ && !fed_) return;
  const auto now = std::chrono::steady_clock::now();
  // The GUI shows frames while it still reads: then the view may be a little behind, for a tenth of the time.
  if (preview_made_ && now - preview_at_ < 10 * preview_cost_) return;
  for (const std::unique_ptr<Connection>& connection : connections_) {
    if (!connection->told) continue;
    for (const Side side : {Side{0}, Side{1}}) tell_regions(*connection, side);
  }
  preview_.findings.clear();
  preview_.states.clear();
  tell_unfinished(true);
  audit_.finish(preview_, last_ns_);
  tell_unfinished(false);  // the capture may go on
  preview_made_ = true;
  fed_ = false;
  preview_at_ = std::chrono::steady_clock::now();
  preview_cost_ = preview_at_ - now;
}

}  // namespace ck::plugin
