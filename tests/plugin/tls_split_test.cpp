// TLS records in segments of any size, the first ones too: Wireshark knows TLS by five bytes. And inside of a
// tunnel, where a packet's frame is dissected on the way to it.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>

#include "generator/packets.h"
#include "generator/wrappings.h"
#include "tshark.h"

namespace ck::plugin {
namespace {

constexpr std::size_t kIp = 14;

std::size_t big_endian(const samples::Buffer& bytes, std::size_t at, std::size_t size) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | bytes.at(at + i);
  return value;
}
void put_big_endian(samples::Buffer& bytes, std::size_t at, std::size_t size, std::size_t value) {
  for (std::size_t i = 0; i < size; ++i)
    bytes.at(at + i) = static_cast<std::uint8_t>(value >> 8 * (size - 1 - i));
}
std::size_t little_endian(const samples::Buffer& bytes, std::size_t at) {
  return bytes.at(at) | std::size_t{bytes.at(at + 1)} << 8 | std::size_t{bytes.at(at + 2)} << 16 |
         std::size_t{bytes.at(at + 3)} << 24;
}
void put_little_endian(samples::Buffer& out, std::size_t value) {
  for (const unsigned shift : {0u, 8u, 16u, 24u}) out.push_back(static_cast<std::uint8_t>(value >> shift));
}

/// The packets that an Ethernet packet of TCP over IPv4 becomes when segments hold at most `size` bytes.
std::vector<samples::Buffer> segmented(const samples::Buffer& packet, std::size_t size) {
  const std::size_t tcp = kIp + (packet.at(kIp) & 15u) * 4u;
  const std::size_t data = tcp + (packet.at(tcp + 12) >> 4u) * 4u;
  const std::size_t end = kIp + big_endian(packet, kIp + 2, 2);
  std::vector<samples::Buffer> out;
  for (std::size_t at = data; at < end || out.empty(); at += size) {
    const std::size_t stop = std::min(at + size, end);
    samples::Buffer part(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(data));
    put_big_endian(part, kIp + 2, 2, data - kIp + (stop - at));
    put_big_endian(part, tcp + 4, 4, big_endian(packet, tcp + 4, 4) + (at - data));
    part.insert(part.end(), packet.begin() + static_cast<std::ptrdiff_t>(at),
                packet.begin() + static_cast<std::ptrdiff_t>(stop));
    out.push_back(std::move(part));
  }
  return out;
}

/// A pcapng, little-endian, each of whose packets (blocks of type 6) becomes those that `become` makes of it.
samples::Buffer changed(const samples::Buffer& capture,
                        const std::function<std::vector<samples::Buffer>(const samples::Buffer&)>& become) {
  samples::Buffer out;
  for (std::size_t at = 0; at < capture.size(); at += little_endian(capture, at + 4)) {
    const auto block = capture.begin() + static_cast<std::ptrdiff_t>(at);
    const std::size_t length = little_endian(capture, at + 4);
    if (little_endian(capture, at) != 6) {
      out.insert(out.end(), block, block + static_cast<std::ptrdiff_t>(length));
      continue;
    }
    const auto packet = block + 28;
    const std::size_t captured = little_endian(capture, at + 20);
    for (const samples::Buffer& part : become({packet, packet + static_cast<std::ptrdiff_t>(captured)})) {
      const std::size_t padded = (part.size() + 3) / 4 * 4;
      put_little_endian(out, 6);
      put_little_endian(out, 32 + padded);
      out.insert(out.end(), block + 8, block + 20);  // interface and time
      put_little_endian(out, part.size());
      put_little_endian(out, part.size());
      out.insert(out.end(), part.begin(), part.end());
      out.insert(out.end(), padded - part.size(), 0);
      put_little_endian(out, 32 + padded);
    }
  }
  return out;
}

/// What Ck says in a sample of TLS whose packets are changed, as the two passes of tshark show it.
std::vector<std::string> commands_of(
    const std::string& name,
    const std::function<std::vector<samples::Buffer>(const samples::Buffer&)>& become) {
  std::ifstream in(CK_TLS_FOLDER "/" + name + ".pcapng", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::vector<std::string> options = as_ck_audit();
  options.insert(options.end(), {"-Y", "ck"});
  std::vector<std::string> commands;
  for (const auto& row : tshark_fields(changed({text.begin(), text.end()}, become), {"ck.command"}, options))
    commands.push_back(row[0]);
  return commands;
}

const std::vector<std::string> kRelay{"0x1403", "0x4104", "0x1405"};

class TlsSplitTest : public testing::TestWithParam<std::size_t> {};

TEST_P(TlsSplitTest, NothingIsLost) {
  const auto become = [](const samples::Buffer& packet) { return segmented(packet, GetParam()); };
  for (const char* name : {"tls-1.2", "tls-1.3"}) EXPECT_EQ(commands_of(name, become), kRelay) << name;
}

INSTANTIATE_TEST_SUITE_P(Bytes, TlsSplitTest, testing::Values(1, 2, 3, 4, 5, 6, 7, 100));

samples::Buffer tunnelled(const samples::Buffer& frame) {
  return samples::link_frame({}, samples::vxlan("192.0.2.1", "192.0.2.2", 7, frame));
}

TEST(TlsTunnelTest, NothingIsLost) {
  for (const char* name : {"tls-1.2", "tls-1.3"}) {
    for (const std::size_t size : {std::size_t{5}, std::size_t{100}, std::size_t{2000}}) {
      const auto become = [size](const samples::Buffer& packet) {
        std::vector<samples::Buffer> parts = segmented(packet, size);
        std::transform(parts.begin(), parts.end(), parts.begin(), tunnelled);
        return parts;
      };
      EXPECT_EQ(commands_of(name, become), kRelay) << name << ", segments of " << size;
    }
  }
}

}  // namespace
}  // namespace ck::plugin
