// The plugin's few globals, and the bridge from epan's packets to the dissection. What crosses it is plain:
// no C++ object with a destructor lives across a call into epan, which may leave by longjmp, and no exception
// leaves towards epan.
#pragma once

#include "core/dissection.h"
#include "wireshark_compat.h"

namespace ck::plugin {

struct PluginState {
  int proto = -1;
  dissector_handle_t tcp_handle = nullptr;  ///< our dissector, for TCP
  dissector_handle_t tls_handle = nullptr;  ///< and for TLS
  Dissection* dissection = nullptr;         ///< while a file is open
  bool has_segment = false;                 ///< a TCP segment is being dissected on the first pass
  std::uint32_t packet = 0;                 ///< the frame whose packet the dissection knows
  SegmentAtHand segment;                    ///< it is this one; on later passes without its place
  tvbuff_t* segment_tvb = nullptr;          ///< of it; nullptr: none is being dissected
  // Of the frame that is being dissected:
  std::uint32_t frame = 0;
  proto_tree* tree = nullptr;  ///< our first tree in it
  std::uint32_t items = 0;     ///< items added to it
  std::size_t rpc_failures_shown = 0;
  bool column_written = false;
  bool rpc_columns = false;  ///< something of gRPC waits to be written
  bool http2_pdu = false;    ///< HTTP/2 is being dissected of which the streams have told everything
  bool calling = false;      ///< a dissector that is not ours runs below ours, and cannot call ours again
  const std::uint8_t* refused = nullptr;  ///< bytes that were found not to be ours
};
extern PluginState state;

/// Registers what makes the dissection when a file is opened and deletes it when it is closed.
void register_dissection();

/// The user has not disabled Ck.
bool is_enabled();
Position position_of(const packet_info* pinfo);
Endpoint source_of(const packet_info* pinfo);
Endpoint destination_of(const packet_info* pinfo);

/// Forgets what is kept for one frame, when another one begins.
void enter_frame(const packet_info* pinfo);

// The dissection's calls, with exceptions (there is no more memory) turned into "nothing".
void begin_packet(const packet_info* pinfo) noexcept;
/// Of the segment at hand.
void begin_segment() noexcept;
void end_segment(const SegmentAtHand& at_hand, const DecryptedHandshake& handshake) noexcept;
const Delivery* first_call(const DeliveryInput& input, bool tls) noexcept;
const Delivery* first_pdu(const packet_info* pinfo, const DeliveryInput& input, bool claimed) noexcept;
const Delivery* recall(const packet_info* pinfo, Bytes bytes) noexcept;
void read_http2(const DeliveryInput& input) noexcept;
void keep_http2(Bytes rest) noexcept;
/// Remembers which HEADERS frame begins in the segment at hand, where these bytes are all of HTTP/2.
void keep_headers(const packet_info* pinfo, Bytes bytes) noexcept;
void read_http2_pdu(const packet_info* pinfo, const DeliveryInput& input) noexcept;
/// Whether the message over gRPC at hand, which no call tells of, is none for the streams either.
bool is_untold(const packet_info* pinfo) noexcept;
const Payload* decode(Bytes payload, const MessageSpec* spec) noexcept;
const Payload* decode(Bytes payload, const RpcMessage& message) noexcept;
void look_ahead() noexcept;
void end_calls(const packet_info* pinfo) noexcept;

}  // namespace ck::plugin
