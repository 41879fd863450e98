// Capture files: pcap in all four magic numbers, and pcapng with several sections and interfaces.
#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "generator/packets.h"

namespace ck::samples {
namespace {

/// Numbers in the file's own byte order.
class Writer {
 public:
  explicit Writer(bool big_endian) : big_endian_(big_endian) {}

  void u16(std::uint32_t value) { number(value, 2); }
  void u32(std::uint32_t value) { number(value, 4); }
  void bytes(const Buffer& data) { put(out_, data); }
  void pad() {
    while (out_.size() % 4 != 0) out_.push_back(0);
  }
  void option(std::uint32_t code, const Buffer& value) {
    u16(code);
    u16(static_cast<std::uint32_t>(value.size()));
    bytes(value);
    pad();
  }
  /// A pcapng block around `body`, whose length is a multiple of four.
  void block(std::uint32_t type, const Buffer& body) {
    const auto total = static_cast<std::uint32_t>(body.size() + 12);
    u32(type);
    u32(total);
    bytes(body);
    u32(total);
  }
  Buffer take() { return std::move(out_); }

 private:
  void number(std::uint32_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) {
      const unsigned shift = 8 * (big_endian_ ? size - 1 - i : i);
      out_.push_back(static_cast<std::uint8_t>(value >> shift));
    }
  }

  bool big_endian_;
  Buffer out_;
};

Buffer section_header(bool big_endian) {
  Writer body(big_endian);
  body.u32(0x1A2B3C4D);
  body.u16(1);
  body.u16(0);
  body.u32(0xFFFFFFFF);  // length of the section: not told
  body.u32(0xFFFFFFFF);
  return body.take();
}

Buffer interface_description(const Interface& interface, bool big_endian) {
  constexpr std::uint32_t kName = 2, kResolution = 9;
  Writer body(big_endian);
  body.u16(static_cast<std::uint32_t>(interface.link));
  body.u16(0);
  body.u32(262144);
  if (!interface.name.empty()) body.option(kName, to_bytes(interface.name));
  body.option(kResolution, {static_cast<std::uint8_t>(interface.decimals)});
  body.u32(0);
  return body.take();
}

Buffer enhanced_packet(const Packet& packet, const Interface& interface, bool big_endian) {
  std::int64_t unit_ns = 1'000'000'000;
  for (unsigned i = 0; i < interface.decimals && unit_ns > 1; ++i) unit_ns /= 10;
  const auto ticks = static_cast<std::uint64_t>(packet.time_ns / unit_ns);
  Writer body(big_endian);
  body.u32(static_cast<std::uint32_t>(packet.interface));
  body.u32(static_cast<std::uint32_t>(ticks >> 32));
  body.u32(static_cast<std::uint32_t>(ticks));
  body.u32(static_cast<std::uint32_t>(packet.bytes.size()));
  body.u32(packet.original_length);
  body.bytes(packet.bytes);
  body.pad();
  return body.take();
}

}  // namespace

Recording::Recording(Link link) : sections_{{Interface{link, 9, {}}}} {}

std::uint64_t Recording::add(Buffer bytes, std::size_t interface) {
  const std::size_t whole = bytes.size();
  return add_cut(std::move(bytes), whole, interface);
}

std::uint64_t Recording::add_cut(Buffer bytes, std::size_t captured, std::size_t interface) {
  Packet packet{now_ns, sections_.size() - 1, interface, std::move(bytes), 0};
  packet.original_length = static_cast<std::uint32_t>(packet.bytes.size());
  packet.bytes.resize(std::min(captured, packet.bytes.size()));
  packets_.push_back(std::move(packet));
  now_ns += step_ns;
  return packets_.size();
}

std::size_t Recording::add_interface(const Interface& interface) {
  sections_.back().push_back(interface);
  return sections_.back().size() - 1;
}

void Recording::add_section(const Interface& interface) {
  sections_.push_back({interface});
}

Buffer Recording::pcap(const PcapOptions& options) const {
  Writer out(options.big_endian);
  out.u32(options.nanoseconds ? 0xA1B23C4D : 0xA1B2C3D4);
  out.u16(2);
  out.u16(4);
  out.u32(0);
  out.u32(0);
  out.u32(options.snap_length);
  out.u32(static_cast<std::uint32_t>(link()));
  for (const Packet& packet : packets_) {
    const std::int64_t fraction = packet.time_ns % 1'000'000'000;
    const std::size_t size = std::min<std::size_t>(packet.bytes.size(), options.snap_length);
    out.u32(static_cast<std::uint32_t>(packet.time_ns / 1'000'000'000));
    out.u32(static_cast<std::uint32_t>(options.nanoseconds ? fraction : fraction / 1000));
    out.u32(static_cast<std::uint32_t>(size));
    out.u32(packet.original_length);
    out.bytes(Buffer(packet.bytes.begin(), packet.bytes.begin() + static_cast<std::ptrdiff_t>(size)));
  }
  return out.take();
}

Buffer Recording::pcapng(bool big_endian) const {
  constexpr std::uint32_t kSection = 0x0A0D0D0A, kInterface = 1, kEnhancedPacket = 6;
  Writer out(big_endian);
  std::size_t next = 0;
  for (std::size_t section = 0; section < sections_.size(); ++section) {
    out.block(kSection, section_header(big_endian));
    for (const Interface& interface : sections_[section])
      out.block(kInterface, interface_description(interface, big_endian));
    for (; next < packets_.size() && packets_[next].section == section; ++next) {
      const Packet& packet = packets_[next];
      out.block(kEnhancedPacket,
                enhanced_packet(packet, sections_[section].at(packet.interface), big_endian));
    }
  }
  return out.take();
}

void write_file(const std::filesystem::path& path, const Buffer& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace ck::samples
