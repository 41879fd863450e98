// A TCP connection as a story: who says what, in order; and, below that, any segment out of order, twice,
// overlapping or never. A segment carries the acknowledgement of all its sender was sent so far; bare ACKs
// are only those asked for, so frame numbers are easy to count by hand.
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "generator/packets.h"

namespace ck::samples {

/// client opens the connection (in Ck: the KM), server accepts it (the controller).
enum class End : std::uint8_t { client = 0, server = 1 };
constexpr End other(End end) {
  return end == End::client ? End::server : End::client;
}

struct TalkOptions {
  LinkOptions link;           ///< its link must be the recording's (or its interface's)
  std::size_t interface = 0;  ///< pcapng interface of the recording
  std::size_t mss = 1460;     ///< a send is cut into segments of at most so many bytes
  std::array<std::uint32_t, 2> initial_seq{1'000'000, 2'000'000};  ///< by End
  std::function<Buffer(const Buffer&)> tunnel;  ///< wraps the whole IP packet before the link headers
};

class TcpTalk {
 public:
  /// `recording` must outlive the talk.
  TcpTalk(Recording& recording, const Endpoint& client, const Endpoint& server, TalkOptions options = {});

  // The story. Each adds packets and returns the frame number of the last one.
  std::uint64_t handshake();  ///< SYN, SYN-ACK, ACK: three frames
  std::uint64_t send(End from, const Buffer& bytes);
  std::uint64_t client(const Buffer& bytes) { return send(End::client, bytes); }
  std::uint64_t server(const Buffer& bytes) { return send(End::server, bytes); }
  std::uint64_t ack(End from);  ///< a bare ACK
  std::uint64_t fin(End from);  ///< FIN+ACK
  std::uint64_t rst(End from);
  std::uint64_t close();               ///< FIN of the client, FIN of the server, last ACK: three frames
  std::uint64_t keep_alive(End from);  ///< one byte before the next, as TCP keep-alive probes are

  // Below the story: any segment of `from`'s stream, at `offset` bytes after the SYN. Moves nothing; see
  // skip().
  Segment segment(End from, std::uint64_t offset, const Buffer& bytes) const;
  std::uint64_t put_segment(const Segment& segment);
  std::uint64_t at(End from, std::uint64_t offset, const Buffer& bytes) {
    return put_segment(segment(from, offset, bytes));
  }
  /// `from` has sent `bytes` more, which the capture did not see (or which at() wrote): moves its sequence
  /// number on.
  void skip(End from, std::uint64_t bytes) { sent_[index(from)] += bytes; }
  /// Bytes that `from` has sent so far, the SYN excluded: the offset of its next one.
  [[nodiscard]] std::uint64_t sent(End from) const { return sent_[index(from)]; }

 private:
  static std::size_t index(End end) { return static_cast<std::size_t>(end); }
  [[nodiscard]] std::uint32_t seq_of(End end, std::uint64_t offset) const;
  std::uint64_t flagged(End from, std::uint8_t flags);

  Recording* recording_;
  std::array<Endpoint, 2> ends_;
  TalkOptions options_;
  std::array<std::uint64_t, 2> sent_{};
};

/// The whole stream's bytes in pieces of the given size.
std::vector<Buffer> split(const Buffer& bytes, std::size_t piece);
/// Several buffers one after another.
Buffer join(std::initializer_list<Buffer> parts);

}  // namespace ck::samples
