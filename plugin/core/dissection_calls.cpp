// From spans to calls: what is shown of the bytes that Wireshark hands over, and what it does not hand over.
#include <algorithm>
#include <utility>

#include "core/dissection.h"

namespace ck::plugin {
namespace {

/// epan's DESEGMENT_ONE_MORE_SEGMENT.
constexpr std::uint32_t kOneMoreSegment = 0x0FFFFFFF;
/// Each time that Wireshark is asked for one more segment of a message, it takes apart what it has put
/// together of the message's segments so far, and puts it together anew. So it is asked so many times only:
/// enough for the longest message in segments of 64 bytes, which are smaller than any that TCP sends in bulk.
constexpr std::uint32_t kMostAsked = 1024;
/// So many messages behind missing bytes are remembered of a stream until the bytes are there or given up.
constexpr std::size_t kMaxAhead = 4096;
/// So many frames' decrypted bytes are kept until their segments are no longer put off, a second at most.
constexpr std::size_t kMaxPutOff = 65'536;

void add_slice(Delivery& call, const Slice& slice) {
  const bool joins = !call.slices.empty() && slice.kind != SliceKind::message &&
                     call.slices.back().kind == slice.kind &&
                     call.slices.back().begin + call.slices.back().size == slice.begin;
  if (joins) {
    call.slices.back().size += slice.size;
  } else {
    call.slices.push_back(slice);
  }
}

/// Wireshark is asked for `more` bytes behind those given, and to give those from `offset` on again with
/// them.
void wait_for(Delivery& call, std::size_t offset, std::uint32_t more) {
  call.waits = true;
  call.wait_offset = static_cast<std::uint32_t>(offset);
  call.wait_length = more;
}

}  // namespace

const Delivery* Dissection::dissect(const SegmentAtHand& at_hand, const DeliveryInput& input) {
  const SegmentPlace& place = at_hand.place;
  // What stands in a RST says why (RFC 9293, 3.5.2): it belongs to no stream.
  if (place.connection == nullptr || at_hand.under_tls || at_hand.segment.has(kTcpRst)) return nullptr;
  if (place.connection->application == Application::http2) return nullptr;
  if (CkStreams::is_tls(*place.connection)) return nullptr;
  Delivery* call = make_call(*place.connection, place.side, place.begin + input.offset, input);
  if (call != nullptr) keep_bytes(at_hand.segment, input, *call);
  if (call != nullptr && call->waits) waited_ = true;
  return call;
}

/// On a later pass Wireshark may not give these bytes again, whatever it did on this one: what it puts
/// together depends on all that it has seen. What lies in the segment is there on every pass; what was put
/// together from others is copied, once at most, since it is of messages that end in this segment.
void Dissection::keep_bytes(const TcpSegment& segment, const DeliveryInput& input, Delivery& call) const {
  call.sequence = segment.sequence;
  if (!is_decided(call) || !call.carried.empty()) return;
  const Bytes payload = segment.payload;
  const bool inside = input.offset >= 0 && input.offset + std::ssize(input.bytes) <= std::ssize(payload);
  // Where segments contradict each other, other bytes may have been put together.
  if (inside && std::equal(input.bytes.begin(), input.bytes.end(), payload.begin() + input.offset)) {
    call.in_segment = static_cast<std::int32_t>(input.offset);
    return;
  }
  const Slice &first = call.slices.front(), &last = call.slices.back();
  const Bytes shown = input.bytes.subspan(first.begin, last.begin + last.size - first.begin);
  // Another dissector may have asked for bytes in front of them, and ask for other ones next time.
  const std::int64_t at = input.offset + first.begin;
  const bool all_here = at >= 0 && at + std::ssize(shown) <= std::ssize(payload) &&
                        std::equal(shown.begin(), shown.end(), payload.begin() + at);
  // No version gives again on a later pass what several segments of one frame hold, nor what it put together
  // after it was asked for more in one segment twice.
  if (!options_.copies && !all_here && in_frame_ < 2 && !waited_) return;
  call.copied_from = first.begin;
  call.copy.assign(shown.begin(), shown.end());
}

const Delivery* Dissection::dissect_decrypted(const SegmentAtHand& at_hand, const DeliveryInput& input) {
  if (at_hand.place.connection == nullptr || over_) return nullptr;
  TcpConnection& connection = *at_hand.place.connection;
  connection.decrypts = true;
  const unsigned side = at_hand.place.side;
  const StreamKey stream{connection.key, side};
  const CkStreams::Progress before = streams_.progress(connection, side);
  const auto there = static_cast<std::int64_t>(before.framed + before.pending.size());
  const std::size_t again = given_again(stream, input.bytes);
  if (input.exported) {
    const Bytes unseen = input.bytes.subspan(again);
    exports_[input.at.frame].push_back({connection.key, {unseen.begin(), unseen.end()}});
  }
  if (at_hand.place.early) return dissect_put_off(at_hand, input, again);
  streams_.decrypted(connection, side, input.bytes.subspan(again), input.at);
  if (streams_.progress(connection, side).ck) begun_.insert(connection.key);
  Delivery* call = make_call(connection, side, there - static_cast<std::int64_t>(again), input);
  if (call != nullptr) call->sequence = at_hand.segment.sequence;
  if (call != nullptr && call->waits) {
    std::vector<Again>& next = again_[stream];
    // Where it is asked for more from no further on than what it has just put together began with, Wireshark
    // takes all of that for undissected, and gives the whole once more.
    if (again != 0 && call->wait_offset <= again)
      next.push_back({input.bytes.size(), digest_of(input.bytes)});
    const Bytes rest = input.bytes.subspan(call->wait_offset);
    next.push_back({rest.size(), digest_of(rest)});
  }
  return call;
}

const std::vector<DecryptedExport>* Dissection::exports(std::uint64_t frame) const {
  const auto found = exports_.find(frame);
  return found == exports_.end() ? nullptr : &found->second;
}

void Dissection::read_http2(const SegmentAtHand& at_hand, const DeliveryInput& input) {
  const SegmentPlace& place = at_hand.place;
  if (place.connection == nullptr || over_ || rpcs_ == nullptr) return;
  place.connection->decrypts = true;
  begun_.erase(place.connection->key);
  // Behind a hole Wireshark gives what comes next instead of what was to be given again.
  Bytes bytes = input.bytes;
  if (auto before = again_http2_.extract({place.connection->key, place.side}); !before.empty()) {
    const Bytes again = before.mapped();
    if (again.size() <= bytes.size() && std::equal(again.begin(), again.end(), bytes.begin()))
      bytes = bytes.subspan(again.size());
  }
  if (!place.early) return streams_.decrypted_http2(*place.connection, place.side, bytes, input.at);
  PutOff& kept = put_off(at_hand);
  kept.run.pdus.push_back({place.connection->endpoints[place.side],
                           place.connection->endpoints[1 - place.side],
                           {bytes.begin(), bytes.end()},
                           true});
}

void Dissection::keep_http2(const SegmentAtHand& at_hand, Bytes rest) {
  const SegmentPlace& place = at_hand.place;
  if (place.connection == nullptr || over_) return;
  again_http2_[{place.connection->key, place.side}].assign(rest.begin(), rest.end());
}

void Dissection::read_http2_pdu(const Endpoint& source, const Endpoint& destination,
                                const DeliveryInput& input) {
  if (over_ || rpcs_ == nullptr) return;
  rpcs_->set_frame(input.at.frame);
  const SegmentPlace place = http2_pdus_.find(source, destination, input.at, false);
  TcpConnection& connection = *place.connection;
  if (connection.application == Application::unknown) rpcs_->streams().begin(connection, place.side);
  rpcs_->streams().data(connection, place.side, input.bytes, input.at);
}

/// How many of the first of these bytes were given before, as they are given again where the call before had
/// asked for more: even if what the other side has sent since has shown what they are. Behind a hole
/// Wireshark gives what comes next instead.
std::size_t Dissection::given_again(const StreamKey& stream, Bytes bytes) {
  const auto asked = again_.find(stream);
  if (asked == again_.end()) return 0;
  const std::vector<Again> likely = std::move(asked->second);
  again_.erase(asked);
  for (const Again& again : likely) {
    if (again.size <= bytes.size() && digest_of(bytes.first(again.size)) == again.digest) return again.size;
  }
  return 0;
}

/// What is kept of the segment at hand, which is put off.
Dissection::PutOff& Dissection::put_off(const SegmentAtHand& at_hand) {
  const std::uint64_t frame = at_hand.segment.at.frame;
  if (put_off_.size() >= kMaxPutOff && put_off_.count(frame) == 0) put_off_.erase(put_off_.begin());
  PutOff& kept = put_off_[frame];
  kept.connection = at_hand.place.connection;
  kept.stream = {at_hand.place.connection->key, at_hand.place.side};
  return kept;
}

/// Decrypted bytes of a segment that is put off: shown now, and told to the streams with the segment.
const Delivery* Dissection::dissect_put_off(const SegmentAtHand& at_hand, const DeliveryInput& input,
                                            std::size_t again) {
  const TcpConnection& connection = *at_hand.place.connection;
  const unsigned side = at_hand.place.side;
  PutOff& kept = put_off(at_hand);
  const Bytes fresh = input.bytes.subspan(again);
  const std::int64_t begin = static_cast<std::int64_t>(kept.size) - static_cast<std::int64_t>(again);
  kept.run.pdus.push_back(
      {connection.endpoints[side], connection.endpoints[1 - side], {fresh.begin(), fresh.end()}, false});
  kept.size += fresh.size();
  if (!streams_.progress(connection, side).ck) return nullptr;
  std::unique_ptr<Delivery> call = new_call(connection, side, input.bytes);
  if (!show_ahead(input, *call)) return nullptr;
  call->shown = true;
  Delivery& added = calls_.add(input.at.frame, std::move(call));
  kept.calls.emplace_back(&added, begin);
  return &added;
}

void Dissection::keep_handshake(const SegmentAtHand& at_hand, const DecryptedHandshake& handshake) {
  if (at_hand.place.early) {
    put_off(at_hand).run.handshake = handshake;
  } else {
    streams_.decrypted_handshake(*at_hand.place.connection, at_hand.place.side, handshake);
  }
}

const DecryptedRun* Dissection::decrypted(const RecordsId& id, const Position& at) {
  const auto found = put_off_.find(at.frame);
  const StreamKey stream(id.connection, id.side);
  if (found == put_off_.end() || found->second.stream != stream) return nullptr;
  PutOff kept = std::move(found->second);
  put_off_.erase(found);
  const CkStreams::Progress progress = streams_.progress(*kept.connection, id.side);
  const auto there = static_cast<std::int64_t>(progress.framed + progress.pending.size());
  for (const auto& [call, begin] : kept.calls) remember_ahead(stream, there + begin, at.frame, *call);
  released_ = std::move(kept.run);
  return &released_;
}

const Delivery* Dissection::dissect_pdu(const Endpoint& source, const Endpoint& destination, bool is_ck,
                                        const DeliveryInput& input) {
  if (over_) return nullptr;
  const SegmentPlace place = pdus_.find(source, destination, input.at, false);
  const CkStreams::Progress before = streams_.progress(*place.connection, place.side);
  const auto there = static_cast<std::int64_t>(before.framed + before.pending.size());
  streams_.pdu(*place.connection, place.side, input.bytes, input.at, is_ck);
  return make_call(*place.connection, place.side, there, input);
}

std::unique_ptr<Delivery> Dissection::new_call(const TcpConnection& connection, unsigned side, Bytes bytes) {
  auto call = std::make_unique<Delivery>();
  call->sender = connection.endpoints[side];
  call->opener_known = connection.opener_known;
  call->from_opener = side == connection.zero_side;
  call->given = static_cast<std::uint32_t>(bytes.size());
  call->digest = digest_of(bytes);
  return call;
}

/// The call for `input`, whose first byte is at stream offset `begin`.
Delivery* Dissection::make_call(const TcpConnection& connection, unsigned side, std::int64_t begin,
                                const DeliveryInput& input) {
  const StreamKey stream{connection.key, side};
  const CkStreams::Progress progress = streams_.progress(connection, side);
  const auto there = static_cast<std::int64_t>(progress.framed + progress.pending.size());
  std::unique_ptr<Delivery> call = new_call(connection, side, input.bytes);
  const std::int64_t base = show_spans(stream, begin, input, *call);
  bool ahead = false;
  if (progress.ck) {
    show_pending(stream, progress, base, begin + std::ssize(input.bytes), input, *call);
    // Bytes that are missing stand before these, or the other side's that these acknowledge.
    const bool untold = begin + std::ssize(input.bytes) > there;
    ahead = call->slices.empty() && !call->waits && untold && show_ahead(input, *call);
  }
  if (call->slices.empty() && !call->waits) return nullptr;
  if (call->waits) call->head_digest = digest_of(input.bytes.first(call->wait_offset));
  call->shown = true;
  Delivery& kept = calls_.add(input.at.frame, std::move(call));
  if (ahead) remember_ahead(stream, begin, input.at.frame, kept);
  return &kept;
}

/// Adds what is decided of the bytes from `begin` on, which are Ck's. A span that began earlier is shown with
/// the bytes that it began with. Returns the stream offset to which the slices count.
std::int64_t Dissection::show_spans(const StreamKey& stream, std::int64_t begin, const DeliveryInput& input,
                                    Delivery& call) {
  const std::int64_t end = begin + std::ssize(input.bytes);
  std::vector<Recent*> found;
  bool ours = false;
  for (Recent& recent : recent_) {
    const auto from = static_cast<std::int64_t>(recent.offset);
    if (recent.shown || recent.stream != stream || from >= end ||
        from + std::ssize(bytes_of(recent)) <= begin)
      continue;
    found.push_back(&recent);
    ours = ours || recent.open || recent.slice.kind == SliceKind::message;
  }
  if (!ours) return begin;
  if (!options_.wait) {
    show_alone(found, begin, input, call);
    return begin;
  }
  std::int64_t base = begin;
  for (const Recent* recent : found) base = std::min(base, static_cast<std::int64_t>(recent->offset));
  if (base < begin) {
    std::int64_t next = base;
    for (const Recent* recent : found) {
      if (static_cast<std::int64_t>(recent->offset) != next || next >= begin) break;
      const Bytes bytes = bytes_of(*recent);
      call.carried.insert(call.carried.end(), bytes.begin(), bytes.end());
      next += std::ssize(bytes);
    }
    const Bytes rest = input.bytes.subspan(
        static_cast<std::size_t>(std::clamp<std::int64_t>(next - begin, 0, std::ssize(input.bytes))));
    call.carried.insert(call.carried.end(), rest.begin(), rest.end());
  }
  const std::size_t size = call.carried.empty() ? input.bytes.size() : call.carried.size();
  for (Recent* recent : found) {
    const auto at = static_cast<std::size_t>(static_cast<std::int64_t>(recent->offset) - base);
    if (at + recent->size > size) {
      // All of it is there. Unless Wireshark gives the rest in this frame too, it is kept back whole.
      if (call.carried.empty() && input.can_wait && !call.waits)
        wait_for(call, at, static_cast<std::uint32_t>(at + recent->size - size));
      continue;
    }
    call.earlier.insert(call.earlier.end(), recent->earlier.begin(), recent->earlier.end());
    recent->slice.begin = static_cast<std::uint32_t>(at);
    // What was in doubt until now belongs to the frame that completed it. On later passes Wireshark may not
    // make this call: where it is asked for more from no further on than this segment's first byte, it takes
    // all before that for undissected.
    if (recent->slice.kind == SliceKind::message && recent->at.frame < input.at.frame) {
      recent->late_call = &call;
      recent->late_slice = call.slices.size();
    } else {
      recent->shown = true;
    }
    add_slice(call, recent->slice);
  }
  return base;
}

/// The user wants every segment by itself: of a span that began in an earlier one only the rest is shown, as
/// a part of a message.
void Dissection::show_alone(const std::vector<Recent*>& found, std::int64_t begin, const DeliveryInput& input,
                            Delivery& call) {
  for (Recent* recent : found) {
    const std::int64_t from = static_cast<std::int64_t>(recent->offset) - begin;
    const std::int64_t to = from + static_cast<std::int64_t>(recent->size);
    recent->shown = true;
    Slice slice = recent->slice;
    if (from < 0 || to > std::ssize(input.bytes)) slice = {SliceKind::incomplete};
    slice.begin = static_cast<std::uint32_t>(std::max<std::int64_t>(from, 0));
    slice.size = static_cast<std::uint32_t>(std::min(to, std::ssize(input.bytes))) - slice.begin;
    add_slice(call, slice);
  }
}

/// Bytes at the end that begin a message: Wireshark is asked to give them again with the rest, where it can.
void Dissection::show_pending(const StreamKey& stream, const CkStreams::Progress& progress, std::int64_t base,
                              std::int64_t end, const DeliveryInput& input, Delivery& call) {
  const auto framed = static_cast<std::int64_t>(progress.framed);
  const std::int64_t there = framed + std::ssize(progress.pending);
  if (progress.pending.empty()) asked_.erase(stream);
  if (progress.pending.empty() || framed >= end || there < end) return;
  const auto begin = static_cast<std::uint32_t>(std::max(framed, base) - base);
  const bool whole = framed >= base && call.carried.empty();
  if (!whole || !input.can_wait || !options_.wait || !may_ask(stream, progress.framed)) {
    const auto size = static_cast<std::uint32_t>(end - std::max(framed, base));
    add_slice(call, {SliceKind::incomplete, begin, size});
    return;
  }
  // An exact number only where the frame's length is known, and that it is one: TCP loses bytes when a
  // request for more is extended within one segment.
  const std::int64_t until = framed + static_cast<std::int64_t>(progress.expected);
  wait_for(call, begin, progress.exact ? static_cast<std::uint32_t>(until - end) : kOneMoreSegment);
}

/// Whether Wireshark is to be asked once more for the rest of what begins at stream offset `framed`. What it
/// is not asked for is put together here.
bool Dissection::may_ask(const StreamKey& stream, std::uint64_t framed) {
  Asked& asked = asked_[stream];
  if (asked.framed != framed) asked = {framed, 0};
  return ++asked.times <= kMostAsked;
}

/// Bytes behind others that are missing, or late. Whether they will ever be told to the audit is open.
bool Dissection::show_ahead(const DeliveryInput& input, Delivery& call) {
  Framer framer(options_.names, false);
  framer.lose_sync();
  for (std::size_t done = 0; done < input.bytes.size();) {
    const Bytes rest = input.bytes.subspan(done);
    const FrameAnswer answer = framer.next(rest, BytesEnd::stream, payload_);
    Slice slice{SliceKind::ahead, static_cast<std::uint32_t>(done), 0};
    if (answer.step == FrameStep::message) {
      slice.kind = SliceKind::message;
      slice.slip = answer.slip;
      slice.payload_at = static_cast<std::uint32_t>(answer.payload_at);
      slice.payload_size = static_cast<std::uint32_t>(answer.payload_size);
    }
    const std::size_t size = answer.step == FrameStep::need_more ? rest.size() : answer.size;
    slice.size = static_cast<std::uint32_t>(size);
    add_slice(call, slice);
    done += size;
  }
  return !call.slices.empty();
}

/// `call` shows messages of `frame` from stream offset `begin` on.
void Dissection::remember_ahead(const StreamKey& stream, std::int64_t begin, std::uint64_t frame,
                                Delivery& call) {
  std::vector<Ahead>& ahead = ahead_[stream];
  for (std::size_t i = 0; i < call.slices.size() && ahead.size() < kMaxAhead; ++i) {
    const Slice& slice = call.slices[i];
    if (slice.kind == SliceKind::message)
      ahead.push_back({static_cast<std::uint64_t>(begin) + slice.begin, frame, &call, i});
  }
}

/// Where the span was shown already, when the bytes before it were not there. If it is a message of that
/// frame, it stays there. Else, from now on, it is shown with the frame that completed it.
void Dissection::take_ahead(Recent& recent) {
  const auto of_stream = ahead_.find(recent.stream);
  if (of_stream == ahead_.end()) return;
  std::vector<Ahead>& ahead = of_stream->second;
  // By a slip, a message may have been shown without its first bytes.
  const std::uint64_t end = recent.offset + recent.size;
  for (const Ahead& other : ahead) {
    if (other.offset >= end) continue;
    Slice& slice = other.call->slices[other.slice];
    const bool same =
        other.offset == recent.offset && slice.size == recent.size && recent.slice.kind == SliceKind::message;
    if (same && other.frame == recent.at.frame) {
      slice.message = recent.slice.message;
      other.call->earlier.insert(other.call->earlier.end(), recent.earlier.begin(), recent.earlier.end());
      recent.shown = true;
    } else {
      slice = {SliceKind::ahead, slice.begin, slice.size};
      recent.ahead = recent.ahead || same;
    }
  }
  std::erase_if(ahead, [&](const Ahead& other) { return other.offset < end; });
  if (ahead.empty()) ahead_.erase(of_stream);
}

/// What Wireshark has not handed over of the segments that are dissected now, or in a frame behind, is shown
/// with the frames that completed it.
void Dissection::keep_back() {
  Delivery* call = nullptr;
  const Recent* before = nullptr;
  for (const Recent& recent : recent_) {
    if (recent.shown || (!options_.wait && !recent.earlier.empty())) continue;
    if (!(recent.open || recent.slice.kind == SliceKind::message)) continue;
    const bool joins = before != nullptr && before->stream == recent.stream &&
                       before->at.frame == recent.at.frame && before->ahead == recent.ahead &&
                       before->offset + before->size == recent.offset;
    if (!joins) {
      auto made = std::make_unique<Delivery>();
      made->sender = recent.sender;
      made->opener_known = recent.opener_known;
      made->from_opener = recent.from_opener;
      made->kept_back = true;
      // On this pass it was shown in another frame.
      made->shown = recent.ahead && recent.at.frame == frame_;
      call = &calls_.add(recent.at.frame, std::move(made));
    }
    if (recent.late_call != nullptr) {
      Slice& late = recent.late_call->slices[recent.late_slice];
      late = {SliceKind::incomplete, late.begin, late.size};
    }
    Slice slice = recent.slice;
    slice.begin = static_cast<std::uint32_t>(call->carried.size());
    const Bytes bytes = bytes_of(recent);
    call->carried.insert(call->carried.end(), bytes.begin(), bytes.end());
    call->earlier.insert(call->earlier.end(), recent.earlier.begin(), recent.earlier.end());
    add_slice(*call, slice);
    before = &recent;
  }
  recent_.clear();
  recent_bytes_.clear();
}

}  // namespace ck::plugin
