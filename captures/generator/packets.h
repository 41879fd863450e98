// Packets and capture files made by hand, for samples and tests. Independent of the analyzer, so that no test
// judges the analyzer with the analyzer's own code. Everything is deterministic: time comes from the
// recording's own clock.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ck::samples {

using Buffer = std::vector<std::uint8_t>;

/// Appends in network byte order.
void put_u8(Buffer& out, unsigned value);
void put_u16(Buffer& out, unsigned value);
void put_u32(Buffer& out, std::uint32_t value);
void put(Buffer& out, const Buffer& bytes);
/// The bytes of a text.
Buffer to_bytes(std::string_view text);

/// An IPv4 or IPv6 address, from its usual notation. A text that is neither throws std::invalid_argument.
struct Host {
  std::array<std::uint8_t, 16> bytes{};
  std::size_t size = 4;  ///< 4 or 16
  // A talk reads best with addresses as they are usually written.
  // NOLINTBEGIN(google-explicit-constructor)
  Host(std::string_view text);
  Host(const char* text) : Host(std::string_view(text)) {}
  // NOLINTEND(google-explicit-constructor)
};

struct Endpoint {
  Host host;
  std::uint16_t port = 0;
};

// TCP header flags.
inline constexpr std::uint8_t kFin = 0x01;
inline constexpr std::uint8_t kSyn = 0x02;
inline constexpr std::uint8_t kRst = 0x04;
inline constexpr std::uint8_t kPsh = 0x08;
inline constexpr std::uint8_t kAck = 0x10;

struct Segment {
  Endpoint from, to;
  std::uint32_t seq = 0, ack = 0;
  std::uint8_t flags = kAck;
  std::uint16_t window = 64240;
  Buffer payload{};
  Buffer options{};           ///< padded to a multiple of four with end-of-options
  bool bad_checksum = false;  ///< as checksum offload leaves it
};

inline constexpr std::uint8_t kProtocolIpIp = 4;
inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;
inline constexpr std::uint8_t kProtocolIpv6 = 41;
inline constexpr std::uint8_t kProtocolGre = 47;

inline constexpr unsigned kEtherIpv4 = 0x0800;
inline constexpr unsigned kEtherIpv6 = 0x86DD;

/// Of an IP packet; false when it has no first byte.
bool is_ipv6(const Buffer& ip_packet);
/// TCP header, options and payload, with the checksum of its pseudo-header.
Buffer tcp(const Segment& segment);
/// UDP header and payload, with checksum.
Buffer udp(const Endpoint& from, const Endpoint& to, const Buffer& payload);
/// An IP packet (v4 or v6 as the addresses are) around `payload`.
Buffer ip(const Host& from, const Host& to, std::uint8_t protocol, const Buffer& payload,
          std::uint16_t identification = 0);
/// A fragment of such a packet: `part` of its payload, from `offset` (a multiple of eight) on.
Buffer ip_fragment(const Host& from, const Host& to, std::uint8_t protocol, const Buffer& part,
                   std::size_t offset, bool more, std::uint16_t identification);
/// The packet in fragments of at most `fragment_payload` bytes (rounded down to a multiple of eight) each.
std::vector<Buffer> ip_fragments(const Host& from, const Host& to, std::uint8_t protocol,
                                 const Buffer& payload, std::size_t fragment_payload,
                                 std::uint16_t identification);
/// An IPv6 packet with a hop-by-hop and a destination options header before `payload`.
Buffer ipv6_with_options(const Host& from, const Host& to, std::uint8_t protocol, const Buffer& payload);
/// The whole IP packet of a segment.
Buffer ip(const Segment& segment);
/// An IP packet inside GRE inside IP, and inside VXLAN (an Ethernet frame in UDP port 4789) inside IP.
Buffer gre(const Host& from, const Host& to, const Buffer& ip_packet);
Buffer vxlan(const Host& from, const Host& to, std::uint32_t vni, const Buffer& ethernet_frame);

/// LINKTYPE numbers of pcap.
enum class Link : std::uint32_t {
  null = 0,  ///< BSD loopback, address family in the writer's byte order (little-endian here)
  ethernet = 1,
  ppp = 9,
  raw = 101,
  loop = 108,  ///< OpenBSD loopback, address family in network byte order
  cooked = 113,
  exported_pdu = 252,
  cooked2 = 276,
};

/// Link headers around an IP packet. `vlans`: outermost first, for Ethernet and Linux cooked only on
/// Ethernet; two tags make QinQ (0x88A8 outside). `mpls`: labels, outermost first, Ethernet and PPP only.
struct LinkOptions {
  Link link = Link::ethernet;
  std::vector<std::uint16_t> vlans;
  std::vector<std::uint32_t> mpls;
};
Buffer link_frame(const LinkOptions& options, const Buffer& ip_packet);

struct Packet {
  std::int64_t time_ns = 0;
  std::size_t section = 0;    ///< pcapng only
  std::size_t interface = 0;  ///< within the section; pcapng only
  Buffer bytes;
  std::uint32_t original_length = 0;
};

struct Interface {
  Link link = Link::ethernet;
  unsigned decimals = 9;  ///< of a second, in this interface's time stamps: if_tsresol
  std::string name;       ///< empty: no option
};

struct PcapOptions {
  bool nanoseconds = false;
  bool big_endian = false;
  std::uint32_t snap_length = 262144;  ///< longer packets are cut
};

/// What a capture file holds, in file order, and the clock that stamps it.
class Recording {
 public:
  explicit Recording(Link link = Link::ethernet);

  /// Adds a packet at the clock's time and moves the clock on by step_ns. Returns its frame number, from 1.
  std::uint64_t add(Buffer bytes, std::size_t interface = 0);
  /// The same, cut to `captured` bytes as a snap length does.
  std::uint64_t add_cut(Buffer bytes, std::size_t captured, std::size_t interface = 0);

  /// Another interface of the current section (pcapng only). Returns its index.
  std::size_t add_interface(const Interface& interface);
  /// Starts a new section with one interface (pcapng only).
  void add_section(const Interface& interface);

  void wait_ms(std::int64_t milliseconds) { now_ns += milliseconds * 1'000'000; }
  [[nodiscard]] std::uint64_t frames() const { return packets_.size(); }
  [[nodiscard]] const std::vector<Packet>& packets() const { return packets_; }
  /// For tests that shuffle, drop or duplicate what was recorded.
  [[nodiscard]] std::vector<Packet>& packets() { return packets_; }
  [[nodiscard]] Link link() const { return sections_.front().front().link; }

  /// The file's bytes.
  [[nodiscard]] Buffer pcap(const PcapOptions& options = {}) const;
  [[nodiscard]] Buffer pcapng(bool big_endian = false) const;

  std::int64_t now_ns = 1'700'000'000'000'000'000;  ///< 2023-11-14T22:13:20Z
  std::int64_t step_ns = 1'000'000;                 ///< between two packets

 private:
  std::vector<std::vector<Interface>> sections_;
  std::vector<Packet> packets_;
};

/// Writes a file; throws std::runtime_error when it cannot.
void write_file(const std::filesystem::path& path, const Buffer& bytes);

}  // namespace ck::samples
