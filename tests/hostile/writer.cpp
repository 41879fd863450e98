// Headers are put together by hand: a million packets in a fraction of a second.
#include "hostile/writer.h"

#include <stdexcept>

namespace ck::hostile {
namespace {

constexpr std::size_t kFlush = 1u << 20;

void le(std::string& out, std::uint32_t number, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) out.push_back(static_cast<char>(number >> (8 * i)));
}

void be(std::string& out, std::uint32_t number, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out.push_back(static_cast<char>(number >> (8 * i)));
}

}  // namespace

std::string be16(std::uint32_t number) {
  std::string out;
  be(out, number, 2);
  return out;
}

std::string be32(std::uint32_t number) {
  std::string out;
  be(out, number, 4);
  return out;
}

std::string ck_frame(std::uint16_t command, std::uint32_t id, std::string_view payload, std::size_t length) {
  std::string out = be16(1) + be32(id) + be16(command) + be16(static_cast<std::uint32_t>(length));
  out.append(payload);
  return out;
}

std::string ck_frame(std::uint16_t command, std::uint32_t id, std::string_view payload) {
  return ck_frame(command, id, payload, payload.size());
}

Writer::Writer(const std::filesystem::path& path) : file_(path, std::ios::binary) {
  constexpr std::uint32_t kRaw = 101;
  for (const std::uint32_t word : {0xa1b2c3d4u, 0x00040002u, 0u, 0u, 262144u, kRaw}) le(buffer_, word, 4);
}

void Writer::packet(std::string_view bytes, std::size_t original_length) {
  const std::uint64_t time_us = 1'700'000'000'000'000 + packets_++;
  le(buffer_, static_cast<std::uint32_t>(time_us / 1'000'000), 4);
  le(buffer_, static_cast<std::uint32_t>(time_us % 1'000'000), 4);
  le(buffer_, static_cast<std::uint32_t>(bytes.size()), 4);
  le(buffer_, static_cast<std::uint32_t>(original_length), 4);
  buffer_.append(bytes);
  if (buffer_.size() < kFlush) return;
  file_ << buffer_;
  buffer_.clear();
}

void Writer::segment(const Flow& flow, std::uint8_t flags, std::uint32_t sequence,
                     std::uint32_t acknowledgement, std::string_view payload) {
  std::string out;
  out.reserve(40 + payload.size());
  be(out, 0x4500, 2);
  be(out, static_cast<std::uint32_t>(40 + payload.size()), 2);
  be(out, 0x00004000, 4);  // do not fragment
  be(out, 0x4006, 2);      // TTL 64, TCP
  be(out, 0, 2);
  be(out, flow.source, 4);
  be(out, flow.destination, 4);
  be(out, flow.source_port, 2);
  be(out, flow.destination_port, 2);
  be(out, sequence, 4);
  be(out, acknowledgement, 4);
  be(out, 0x5000u | flags, 2);
  be(out, 64240, 2);
  be(out, 0, 4);
  out.append(payload);
  packet(out);
}

void Writer::close() {
  file_ << buffer_;
  buffer_.clear();
  file_.close();
  if (!file_) throw std::runtime_error("cannot write the capture: is the disk full?");
}

Talk::Talk(Writer& writer, const Flow& flow) : writer_(writer), flow_(flow) {
  writer_.segment(flow_, kSyn, next_[0] - 1, 0);
  writer_.segment(flow_.back(), kSyn | kAck, next_[1] - 1, next_[0]);
  writer_.segment(flow_, kAck, next_[0], next_[1]);
}

void Talk::say(unsigned side, std::string_view bytes) {
  constexpr std::size_t kLargest = 60'000;
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, kLargest);
    bytes.remove_prefix(part.size());
    writer_.segment(side == 0 ? flow_ : flow_.back(), kPsh | kAck, next_[side], next_[1 - side], part);
    next_[side] += static_cast<std::uint32_t>(part.size());
  }
}

}  // namespace ck::hostile
