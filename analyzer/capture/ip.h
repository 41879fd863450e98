// From a packet to the TCP segment in it: link, IPv4 and IPv6 with their options and extension headers, and
// the tunnels over them.
#pragma once

#include "capture/ip_fragments.h"
#include "capture/link.h"
#include "capture/reader.h"
#include "stream/tcp_segment.h"

namespace ck {

class PacketDecoder {
 public:
  /// What cannot be decoded is counted in `diagnostics`, which must outlive the decoder.
  explicit PacketDecoder(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  /// True when `packet` holds a TCP segment; `out` is then valid as long as the packet's bytes. Else end()
  /// says where the packet led.
  bool decode(const Packet& packet, TcpSegment& out);
  /// Of the last packet that held no TCP segment; its name is valid until the next one.
  [[nodiscard]] const PacketEnd& end() const { return end_; }

  [[nodiscard]] const FragmentTable& fragments() const { return fragments_; }

 private:
  enum class Step : std::uint8_t { done, again, none };

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

  Diagnostics& diagnostics_;
  FragmentTable fragments_;
  PacketEnd end_;
  std::string closed_name_;
  int link_type_ = 0;  ///< of the packet that is decoded
};

/// Adds one to `name`'s count; a map that already has very many names counts a new one as "others".
void count_name(std::map<std::string, std::uint64_t, std::less<>>& counts, std::string_view name);

}  // namespace ck
