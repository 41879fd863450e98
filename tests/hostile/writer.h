// Captures of millions of packets, written as they are made: a test that held them would be measured with
// the program that it starts. Raw IPv4 without checksums, which nobody may look at (offload).
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace ck::hostile {

struct Flow {
  std::uint32_t source = 0x0a290001, destination = 0x0a0e0001;  ///< 10.41.0.1, 10.14.0.1
  std::uint16_t source_port = 41000, destination_port = 51640;
  [[nodiscard]] Flow back() const { return {destination, source, destination_port, source_port}; }
};

/// `number` in network byte order.
std::string be16(std::uint32_t number);
std::string be32(std::uint32_t number);
/// A frame of Ck. `length`: as its header says it.
std::string ck_frame(std::uint16_t command, std::uint32_t id, std::string_view payload, std::size_t length);
std::string ck_frame(std::uint16_t command, std::uint32_t id, std::string_view payload);

class Writer {
 public:
  explicit Writer(const std::filesystem::path& path);
  /// A TCP segment; the clock moves on by 1 µs.
  void segment(const Flow& flow, std::uint8_t flags, std::uint32_t sequence, std::uint32_t acknowledgement,
               std::string_view payload = {});
  /// Any packet from its IP header on.
  void packet(std::string_view bytes) { packet(bytes, bytes.size()); }
  void packet(std::string_view bytes, std::size_t original_length);
  [[nodiscard]] std::uint64_t packets() const { return packets_; }
  /// Everything is in the file.
  void close();

 private:
  std::ofstream file_;
  std::string buffer_;
  std::uint64_t packets_ = 0;
};

/// One connection's two streams, opened with a handshake.
class Talk {
 public:
  Talk(Writer& writer, const Flow& flow);
  /// A segment (several, where it is too long for one) of the KM's, or of the controller's.
  void km(std::string_view bytes) { say(0, bytes); }
  void controller(std::string_view bytes) { say(1, bytes); }
  /// The side's next bytes are never captured.
  void lose(unsigned side, std::uint32_t bytes) { next_[side] += bytes; }

 private:
  void say(unsigned side, std::string_view bytes);
  Writer& writer_;
  Flow flow_;
  std::uint32_t next_[2] = {1001, 5001};
};

inline constexpr std::uint8_t kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16;

}  // namespace ck::hostile
