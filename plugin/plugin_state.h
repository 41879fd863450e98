// The plugin's few globals, and the bridge from epan's packets to the session. What crosses it is plain: no
// C++ object with a destructor lives across a call into epan, which may leave by longjmp, and no exception
// leaves towards epan.
#pragma once

#include "session.h"
#include "wireshark_compat.h"

namespace ck::plugin {

/// A conversation's streams: as TCP carries them, and as TLS does once it is decrypted.
struct Streams {
  Connection* plain = nullptr;
  Connection* tls = nullptr;
};

/// The TCP segment that is being dissected, on the first pass.
struct CurrentSegment {
  bool valid = false;
  std::uint32_t frame = 0;
  Segment segment;
  Bytes payload;  ///< as far as it was captured; lives as long as the frame's dissection
};

struct PluginState {
  int proto = -1;
  dissector_handle_t tcp_handle = nullptr;  ///< our dissector, for TCP
  dissector_handle_t tls_handle = nullptr;  ///< and for TLS
  Session* session = nullptr;               ///< while a file is open
  CurrentSegment current;
  // Of the frame that is being dissected:
  std::uint32_t frame = 0;
  proto_tree* tree = nullptr;  ///< our first tree in it
  std::uint32_t items = 0;     ///< items added to it
  bool column_written = false;
  bool calling = false;  ///< a dissector that is not ours runs below ours, and cannot call ours again
  const std::uint8_t* refused = nullptr;  ///< bytes that were found not to be ours
};
extern PluginState state;

/// Registers what makes the session when a file is opened and deletes it when it is closed.
void register_session();

/// The conversation's streams, made on the first pass. nullptr: unknown, and this is not the first pass.
Streams* streams_of(packet_info* pinfo);
/// Which end of `connection` sent this packet.
Side side_of(const Connection& connection, const packet_info* pinfo);
Position position_of(const packet_info* pinfo);

/// Forgets what is kept for one frame, when another one begins.
void enter_frame(const packet_info* pinfo);

// The session's calls, with exceptions (there is no more memory) turned into "nothing".
const Call* session_dissect(Connection& connection, Side side, const CallInput& input) noexcept;
Call* session_recall(const Connection& connection, Side side, std::uint32_t frame, Bytes bytes) noexcept;
void session_acknowledged(Connection& connection, Side side, const Segment& segment, Position at) noexcept;
void session_segment(Streams& streams, const packet_info* pinfo, const Segment& segment,
                     Bytes payload) noexcept;
const Call* session_kept_back(const Connection& connection, std::uint32_t frame) noexcept;
const Payload* session_decode(Bytes payload, const MessageSpec* spec) noexcept;
void session_look_ahead() noexcept;
void session_end_frame(const packet_info* pinfo) noexcept;
Connection* session_tls_of(const Connection& plain, bool named) noexcept;

}  // namespace ck::plugin
