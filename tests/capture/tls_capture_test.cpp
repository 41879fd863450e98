// The TLS of a capture as a capture of its own: what tshark is given.
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "base/endian.h"
#include "capture/tls_capture.h"

namespace ck::capture {
namespace {

namespace fs = std::filesystem;

struct Written {
  TlsCaptureFacts facts;
  std::vector<std::vector<std::uint8_t>> packets;
  std::vector<TlsFrameOrigin> origins;
};

Written written(Source& source, const ReaderOptions& options = {}) {
  const fs::path folder = fs::temp_directory_path();
  const std::string name = "ck-tls-capture-" + std::to_string(::getpid());
  const fs::path capture = folder / (name + ".pcap"), origins = folder / (name + ".origins");
  Written out;
  out.facts = write_tls_capture(source, options, capture, origins);
  const auto packets = open_capture(capture, 0);
  for (Packet packet; packets->next(packet) == SourceStatus::packet;)
    out.packets.emplace_back(packet.data.begin(), packet.data.end());
  std::ifstream file(origins, std::ios::binary);
  for (TlsFrameOrigin origin; file.read(reinterpret_cast<char*>(&origin), sizeof origin);)
    out.origins.push_back(origin);
  fs::remove(capture);
  fs::remove(origins);
  return out;
}

Written written(const std::string& capture, const ReaderOptions& options = {}) {
  const auto source = open_capture(CK_CAPTURES + std::string("/") + capture, 0);
  return written(*source, options);
}

Bytes payload(const std::vector<std::uint8_t>& packet) {
  return Bytes(packet).subspan(40);
}

/// Nine connections, each behind another greeting: tls_greetings.py has them in this order. Each begins with
/// SYN, its answer and ACK; then with a ClientHello: a record of type 22, its handshake message of type 1.
TEST(TlsCapture, BeginsEachConnectionWithItsClientHello) {
  const Written seen = written("cases/tls-greetings.pcapng");
  EXPECT_EQ(seen.facts.connections, 9u);
  EXPECT_EQ(seen.facts.clients.size(), 9u);
  ASSERT_EQ(seen.packets.size(), seen.origins.size());
  std::map<std::uint32_t, std::vector<std::uint8_t>> first;  // bytes of the client, by its address
  std::vector<std::uint16_t> ports;
  for (std::size_t i = 0; i < seen.packets.size(); ++i) {
    const Bytes packet = seen.packets[i];
    const bool from_client = read_be16(packet, 22) == kTlsCapturePort;
    EXPECT_EQ(read_be16(packet, from_client ? 22 : 20), kTlsCapturePort);
    if (!from_client) continue;
    auto& bytes = first[read_be32(packet, 12)];
    if (payload(seen.packets[i]).empty() && (packet[33] & 0x02) != 0)
      ports.push_back(seen.origins[i].server.port);
    bytes.insert(bytes.end(), payload(seen.packets[i]).begin(), payload(seen.packets[i]).end());
  }
  EXPECT_EQ(ports, (std::vector<std::uint16_t>{8080, 25, 143, 5222, 5432, 9092, 6000, 5000, 1883}));
  ASSERT_EQ(first.size(), 9u);
  for (const auto& [client, bytes] : first) {
    ASSERT_GT(bytes.size(), 6u);
    EXPECT_EQ(bytes[0], 22);
    EXPECT_EQ(bytes[1], 3);
    EXPECT_EQ(bytes[5], 1);
  }
}

/// Frame 4 of the recording is the ClientHello.
TEST(TlsCapture, KnowsWhereItsFramesComeFrom) {
  const Written seen = written("tls/tls-1.3.pcapng");
  ASSERT_GT(seen.origins.size(), 4u);
  EXPECT_EQ(seen.origins[3].frame, 4u);
  EXPECT_EQ(seen.origins[3].server.port, 51655);
  EXPECT_EQ(seen.origins[4].frame, 6u);  // the ServerHello; frame 5 acknowledges
  EXPECT_EQ(read_be32(seen.packets[0], 24) + 1, read_be32(seen.packets[3], 24));  // SYN takes a number
}

TEST(TlsCapture, HoldsNothingElse) {
  for (const char* other : {"relay-centralized.pcap", "recorded-loopback.pcap", "tunnels.pcap"})
    EXPECT_EQ(written(other).facts.connections, 0u) << other;
  ReaderOptions options;
  options.ports = {25, 1883};
  EXPECT_EQ(written("cases/tls-greetings.pcapng", options).facts.connections, 2u);
}

TEST(EmbeddedSecrets, AreRead) {
  const std::string secrets = embedded_tls_secrets(CK_CAPTURES "/tls/tls-1.3.pcapng");
  EXPECT_NE(secrets.find("CLIENT_TRAFFIC_SECRET_0 "), std::string::npos);
  EXPECT_EQ(secrets.back(), '\n');
  EXPECT_EQ(embedded_tls_secrets(CK_CAPTURES "/network.pcapng"), "");
  EXPECT_EQ(embedded_tls_secrets(CK_CAPTURES "/version.pcap"), "");
}

}  // namespace
}  // namespace ck::capture
