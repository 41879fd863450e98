// What IP carries beside TCP: tunnels, opened to the EtherType inside them, and what ends the search.
#pragma once

#include "packet/link.h"

namespace ck::packet {

/// Opens the payload of IP protocol number `protocol` (never TCP, nor an extension header). `closed` without
/// a name stands for the number.
LinkResult open_ip_protocol(std::uint8_t protocol, Layer layer);

/// GRE with checksum, key and sequence number (RFC 2784, 2890), the routing of RFC 1701, and version 1.
LinkResult open_gre(Layer layer);
/// UDP: tunnels are known by a port and a header that fits, as other protocols may have been given that port.
LinkResult open_udp(Layer layer);
/// L2TP version 3 behind its session identifier: nothing in a packet says how long a cookie follows, so it is
/// opened where exactly one length leads to a packet.
LinkResult open_l2tp3(Layer layer);

}  // namespace ck::packet
