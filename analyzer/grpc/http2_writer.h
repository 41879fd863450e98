// Writes HTTP/2 (RFC 9113): the RPCs of Ck out of a connection that may carry others', as a connection of
// their own. Each header list stands for itself, without a table that grows.
#pragma once

#include <cstdint>
#include <vector>

#include "grpc/http2.h"

namespace ck::grpc {

class Http2Writer {
 public:
  /// Frames are added to `out`, which must outlive this.
  explicit Http2Writer(std::vector<std::uint8_t>& out) : out_(out) {}

  /// What a client sends first: the preface, and SETTINGS that set nothing.
  void preface();
  /// What a server sends first.
  void settings();
  void headers(std::uint32_t stream, const Headers& headers, bool ends);
  /// Of any size; without bytes, where `ends`, it says just that.
  void data(std::uint32_t stream, Bytes bytes, bool ends);
  void reset(std::uint32_t stream, std::uint32_t code);
  void goaway(std::uint32_t last);
  /// What no reader reads on behind.
  void end_of_sense();

 private:
  void frame(std::size_t size, std::uint8_t type, std::uint8_t flags, std::uint32_t stream);
  void put32(std::uint32_t value);
  void put(Bytes bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }

  std::vector<std::uint8_t>& out_;
};

}  // namespace ck::grpc
