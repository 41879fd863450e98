// Sequence numbers of a TCP conversation.
#include "generator/conversation.h"

#include <algorithm>
#include <utility>

namespace ck::samples {

TcpTalk::TcpTalk(Recording& recording, const Endpoint& client, const Endpoint& server, TalkOptions options)
    : recording_(&recording), ends_{client, server}, options_(std::move(options)) {}

/// The SYN takes one number, so the stream's first byte is at initial_seq + 1.
std::uint32_t TcpTalk::seq_of(End end, std::uint64_t offset) const {
  return static_cast<std::uint32_t>(options_.initial_seq[index(end)] + 1 + offset);
}

Segment TcpTalk::segment(End from, std::uint64_t offset, const Buffer& bytes) const {
  Segment out{ends_[index(from)], ends_[index(other(from))]};
  out.seq = seq_of(from, offset);
  out.ack = seq_of(other(from), sent_[index(other(from))]);
  out.flags = bytes.empty() ? kAck : kAck | kPsh;
  out.payload = bytes;
  return out;
}

std::uint64_t TcpTalk::put_segment(const Segment& segment) {
  Buffer packet = ip(segment);
  if (options_.tunnel) packet = options_.tunnel(packet);
  return recording_->add(link_frame(options_.link, packet), options_.interface);
}

std::uint64_t TcpTalk::handshake() {
  const Buffer mss_option{2, 4, 0x05, 0xB4};
  Segment syn = segment(End::client, 0, {});
  syn.seq -= 1;
  syn.ack = 0;
  syn.flags = kSyn;
  syn.options = mss_option;
  put_segment(syn);
  Segment reply = segment(End::server, 0, {});
  reply.seq -= 1;
  reply.flags = kSyn | kAck;
  reply.options = mss_option;
  put_segment(reply);
  return ack(End::client);
}

std::uint64_t TcpTalk::send(End from, const Buffer& bytes) {
  std::uint64_t frame = recording_->frames();
  for (const Buffer& piece : split(bytes, options_.mss)) {
    frame = at(from, sent(from), piece);
    skip(from, piece.size());
  }
  return frame;
}

std::uint64_t TcpTalk::flagged(End from, std::uint8_t flags) {
  Segment out = segment(from, sent(from), {});
  out.flags = flags;
  return put_segment(out);
}

std::uint64_t TcpTalk::ack(End from) {
  return flagged(from, kAck);
}

std::uint64_t TcpTalk::fin(End from) {
  const std::uint64_t frame = flagged(from, kFin | kAck);
  skip(from, 1);  // the FIN takes a number
  return frame;
}

std::uint64_t TcpTalk::rst(End from) {
  return flagged(from, kRst | kAck);
}

std::uint64_t TcpTalk::close() {
  fin(End::client);
  fin(End::server);
  return ack(End::client);
}

std::uint64_t TcpTalk::keep_alive(End from) {
  Segment probe = segment(from, sent(from), {});
  probe.seq -= 1;
  probe.payload = {0};
  probe.flags = kAck;
  return put_segment(probe);
}

std::vector<Buffer> split(const Buffer& bytes, std::size_t piece) {
  std::vector<Buffer> out;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    const auto size = static_cast<std::ptrdiff_t>(std::min(piece, bytes.size() - at));
    out.emplace_back(first, first + size);
  }
  return out;
}

Buffer join(std::initializer_list<Buffer> parts) {
  Buffer out;
  for (const Buffer& part : parts) put(out, part);
  return out;
}

}  // namespace ck::samples
