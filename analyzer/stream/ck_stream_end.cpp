// How a direction's stream ends, and a connection: by FIN or RST, or because the captures end.
#include <utility>

#include "stream/ck_stream.h"

namespace ck::stream {

/// Ends a direction's stream. `cut_off_by`: the FIN or RST that a begun frame is cut off by, if one did.
void CkStreams::end_stream(const Work& work, const Position* cut_off_by) {
  SenderStream& direction = work.direction;
  const BytesEnd end = cut_off_by != nullptr ? BytesEnd::fin : BytesEnd::stream;
  if (!direction.buffer.empty()) frame_buffer(work, end);
  if (!direction.buffer.empty() && direction.framer.state() == FramerState::synced) {
    if (cut_off_by != nullptr) open(work);  // a first frame whose start was recognised
    tell_regions(work);
    StreamEvent event;
    event.kind = cut_off_by != nullptr ? StreamEventKind::truncated_message : StreamEventKind::unfinished;
    event.at = cut_off_by != nullptr ? *cut_off_by : direction.runs.back().at;
    event.bytes = direction.buffer.size();
    event.expected = direction.framer.expected_size(direction.buffer);
    tell(work, event);
  }
  tell_regions(work);
  budget_.total -= direction.buffer.size() + sizeof(StreamRun) * direction.runs.size();
  direction.buffer.clear();
  direction.runs.clear();
}

void CkStreams::fin(TcpConnection& connection, unsigned side, const Position& at) {
  if (TcpConnection* http2 = find_http2(connection)) return http2_sink_->fin(*http2, side, at);
  const Work work = work_of(connection, side);
  end_stream(work, &at);
  StreamEvent event;
  event.kind = StreamEventKind::fin;
  event.at = at;
  tell(work, event);
}

void CkStreams::reset_seen(TcpConnection& connection, unsigned side, const Position& at) {
  if (connection.context == nullptr || find_http2(connection) != nullptr) return;
  const Work work = work_of(connection, side);
  // It answers nothing more of what the other side sent, which may open its next connection at once.
  settle({connection, work.ck, 1 - side, work.ck.sides[1 - side]});
  look_for_unreadable(connection, work.ck, at);
  if (!work.ck.open) return;
  StreamEvent event;
  event.kind = StreamEventKind::reset_seen;
  event.at = at;
  tell(work, event);
}

void CkStreams::reset(TcpConnection& connection, unsigned side, const Position& at) {
  if (TcpConnection* http2 = find_http2(connection)) return http2_sink_->reset(*http2, side, at);
  const Work work = work_of(connection, side);
  end_stream(work, &at);
  look_for_unreadable(connection, work.ck, at);
  StreamEvent event;
  event.kind = StreamEventKind::reset;
  event.at = at;
  tell(work, event);
  if (!work.ck.open || std::exchange(work.ck.reset, true)) return;
  Outlook outlook;
  outlook.kind = OutlookKind::reset;
  outlook.connection = connection.key;
  outlook.at = at;
  for (const unsigned told : {0u, 1u})
    outlook.hosts[told] = connection.endpoints[told == 0 ? work.ck.zero_side : 1 - work.ck.zero_side].address;
  sink_.outlook(outlook);
}

void CkStreams::tell_open_holes(const Work& work, const TcpStream& stream, bool at_end) {
  stream.for_each_hole([&](std::uint64_t missing, const Position& behind) {
    StreamEvent event;
    event.kind = StreamEventKind::hole_open;
    event.at = behind;
    event.bytes = at_end ? missing : 0;
    tell(work, event);
  });
}

void CkStreams::tell_unfinished(TcpConnection& connection, const std::array<TcpStream, 2>& streams,
                                bool at_end) {
  const CkConnection* ck = find_context(connection);
  if (ck == nullptr) return;
  if (!ck->open) return tell_begun(connection, *ck, at_end);
  for (unsigned side = 0; side < 2; ++side) {
    const Work work = work_of(connection, side);
    if (at_end) tell_regions(work);
    if (!work.direction.buffer.empty() && work.direction.framer.state() == FramerState::synced) {
      StreamEvent event;
      event.kind = StreamEventKind::unfinished;
      event.at = work.direction.runs.back().at;
      event.bytes = at_end ? work.direction.buffer.size() : 0;
      tell(work, event);
    }
    tell_open_holes(work, streams[side], at_end);
  }
}

void CkStreams::closed(TcpConnection& connection, const Position& at) {
  end_connection(connection, &at);
}

void CkStreams::left_open(TcpConnection& connection) {
  end_connection(connection, nullptr);
}

void CkStreams::end_connection(TcpConnection& connection, const Position* closed_at) {
  bool recognised = false;
  if (connection.context != nullptr) {
    CkConnection& ck = context_of(connection);
    if (closed_at == nullptr) tell_begun(connection, ck, true);
    for (unsigned side = 0; side < 2; ++side) {
      const Work work{connection, ck, side, ck.sides[side]};
      end_stream(work, nullptr);
      tell_awaited(work);
      if (ck.sides[side].pending || ck.sides[side].expected != nullptr) look_again(work);
      if (ck.open && ck.sides[side].expected != nullptr) look(work, OutlookKind::held_back, {}, 0);
      forget_unread(ck.sides[side]);
    }
    if (closed_at != nullptr && ck.tls != nullptr) ck.tls->watch.close();
    tell_handshake({connection, ck, 0, ck.sides[0]}, true);
    if (closed_at != nullptr) look_for_unreadable(connection, ck, *closed_at);
    end_tls(connection, ck);
    recognised = ck.is_open();
    const bool shut_named = is_shut_named(ck);
    if (TcpConnection* http2 = find_http2(connection))
      closed_at != nullptr ? http2_sink_->closed(*http2, *closed_at) : http2_sink_->left_open(*http2);
    if (!recognised || shut_named)
      tell_over(connection, closed_at != nullptr ? *closed_at : connection.first);
    connection.context.reset();
    connection.tls = false;
  } else {
    tell_over(connection, closed_at != nullptr ? *closed_at : connection.first);
  }
  if (recognised && closed_at != nullptr) sink_.close(connection.key, *closed_at);
  if (!recognised && connection.has_payload) ++undecoded_;
}

}  // namespace ck::stream
