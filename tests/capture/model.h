// A TCP sender and a disorderly network, and what a receiver must make of them, worked out in the simplest
// way there is: a byte and a frame for every place of the stream. Shared by the random tests and the fuzz
// target.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "capture/stream_log.h"

namespace ck::capture {

/// One direction as segments that may come in any order, twice, overlapping, or not at all.
class StreamModel {
 public:
  struct Part {
    std::size_t begin = 0, size = 0;
  };

  explicit StreamModel(std::vector<std::uint8_t> stream)
      : stream_(std::move(stream)), first_frame_(stream_.size(), 0) {}

  /// The segment of `part` is captured as `frame`.
  void capture(const Part& part, std::uint64_t frame) {
    for (std::size_t i = part.begin; i < part.begin + part.size; ++i) {
      if (first_frame_[i] == 0) first_frame_[i] = frame;
    }
  }
  /// The frame at whose arrival the bytes [0, end) were all there; 0: never.
  [[nodiscard]] std::uint64_t complete_at(std::size_t end) const {
    std::uint64_t latest = 0;
    for (std::size_t i = 0; i < end; ++i) {
      if (first_frame_[i] == 0) return 0;
      latest = std::max(latest, first_frame_[i]);
    }
    return latest;
  }
  [[nodiscard]] bool was_captured(std::size_t place) const { return first_frame_[place] != 0; }
  [[nodiscard]] TcpSegment segment(const Part& part, std::uint32_t first_sequence,
                                   std::uint64_t frame) const {
    TcpSegment out;
    out.source.address.size = out.destination.address.size = 4;
    out.source.address.bytes[3] = 1;
    out.destination.address.bytes[3] = 2;
    out.source.port = 40000;
    out.destination.port = 7000;
    out.flags = kTcpAck;
    out.sequence = first_sequence + static_cast<std::uint32_t>(part.begin);
    out.payload = Bytes(stream_).subspan(part.begin, part.size);
    out.at = {0, frame, static_cast<std::int64_t>(frame)};
    return out;
  }

 private:
  std::vector<std::uint8_t> stream_;
  std::vector<std::uint64_t> first_frame_;
};

/// A StreamSink that puts a stream's bytes together again, with the frame of each.
class ByteSink final : public StreamSink {
 public:
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint64_t> frames;
  std::uint64_t missing = 0, fins = 0;

  void data(TcpConnection&, unsigned, Bytes more, const Position& at) override {
    bytes.insert(bytes.end(), more.begin(), more.end());
    frames.insert(frames.end(), more.size(), at.frame);
  }
  void lost(TcpConnection&, unsigned, std::uint64_t count, std::uint64_t, const Position&) override {
    missing += count;
  }
  void cut(TcpConnection&, unsigned, std::uint64_t, const Position&) override {}
  bool differs(TcpConnection&, unsigned, std::uint64_t offset, Bytes again) override {
    for (std::size_t i = 0; i < again.size(); ++i) {
      if (missing == 0 && offset + i < bytes.size() &&
          bytes[static_cast<std::size_t>(offset) + i] != again[i])
        return true;
    }
    return false;
  }
  void awaited(TcpConnection&, unsigned, std::uint64_t, const Position&) override {}
  void reset_seen(TcpConnection&, unsigned, const Position&) override {}
  void fin(TcpConnection&, unsigned, const Position&) override { ++fins; }
  void reset(TcpConnection&, unsigned, const Position&) override {}
  void start_seen(TcpConnection&, unsigned, const Position&) override {}
  void closed(TcpConnection&, const Position&) override {}
  void left_open(TcpConnection&) override {}
};

}  // namespace ck::capture
