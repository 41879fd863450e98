// From a packet to the TCP segment in it: link, IPv4 and IPv6 with their options and extension headers, and
// the tunnels over them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/name_counts.h"
#include "packet/ip_fragments.h"
#include "packet/link.h"
#include "packet/packet.h"
#include "stream/tcp_segment.h"

namespace ck::packet {

class PacketDecoder {
 public:
  /// What cannot be decoded is counted by name: links, tags and tunnels in `unknown_links`, anything else in
  /// `other`; both must outlive the decoder. `link_name` says what a LINKTYPE_ value is called.
  PacketDecoder(NameCounts& unknown_links, NameCounts& other, std::string (*link_name)(int))
      : unknown_links_(unknown_links), other_(other), link_name_(link_name) {}

  /// True when `packet` holds a TCP segment; `out` is then valid as long as the packet's bytes. Else end()
  /// says where the packet led.
  bool decode(const Packet& packet, TcpSegment& out);
  /// A packet of IEEE 802.11 may hold several frames: true while another one of the last packet holds a TCP
  /// segment. To be asked until it says no.
  bool next(TcpSegment& out) { return !more_.empty() && decode_more(out); }
  /// TCP in IPv4 without options or fragments, straight over Ethernet: nearly every packet, and its layers
  /// need not be asked for one by one.
  [[nodiscard]] static bool is_plain(const Packet& packet);
  /// The addresses and ports of a packet whose layers are the usual ones. False, though it may have them, for
  /// any other.
  static bool find_ends(const Packet& packet, TcpSegment& out);
  /// Of the last packet that held no TCP segment; its name is valid until the next one.
  [[nodiscard]] const PacketEnd& end() const { return end_; }

  [[nodiscard]] const FragmentTable& fragments() const { return fragments_; }

 private:
  enum class Step : std::uint8_t { done, again, none };
  using SharedBytes = std::shared_ptr<const std::vector<std::uint8_t>>;
  /// Frames of an aggregate that were not looked at yet.
  struct More {
    Layer frames;
    std::uint64_t tenant = 0;
    SharedBytes bytes;  ///< where those of the packet, or of a datagram, would not last; nullptr: they do
  };

  void keep_more(LinkResult& link);
  bool decode_more(TcpSegment& out);
  bool decode_network(LinkResult link, TcpSegment& out);
  Step decode_ipv4(LinkResult& link, TcpSegment& out);
  Step decode_ipv6(LinkResult& link, TcpSegment& out);
  Step decode_extensions(std::uint8_t protocol, Layer layer, LinkResult& link, TcpSegment& out);
  Step decode_transport(std::uint8_t protocol, Layer layer, LinkResult& link, TcpSegment& out);
  bool decode_tcp(Layer layer, TcpSegment& out);
  Step add_fragment(const FragmentKey& key, const Fragment& fragment, LinkResult& link, TcpSegment& out);
  Step open_tunnel(std::uint8_t protocol, Layer layer, LinkResult& link, const TcpSegment& out);

  Step give_up(std::string_view name, PacketEnd::Kind kind = PacketEnd::Kind::none);
  void unknown(std::string name, PacketEnd::Kind kind);
  void not_network(const LinkResult& link);

  NameCounts& unknown_links_;
  NameCounts& other_;
  std::string (*link_name_)(int);
  FragmentTable fragments_;
  PacketEnd end_;
  std::string closed_name_;
  int link_type_ = 0;       ///< of the packet that is decoded
  std::vector<More> more_;  ///< of aggregates in that packet; one that lies in a frame of another comes last
  SharedBytes more_bytes_;  ///< of the aggregate that is looked at
};

}  // namespace ck::packet
