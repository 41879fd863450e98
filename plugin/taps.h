// What the plugin tells statistics of each message: the record of its tap, and the registrations.
#pragma once

#include "plugin_state.h"
#include "protocol/result.h"

namespace ck::plugin {

/// One message; or, with `message` kNoMessage and nothing else, the end of a frame that has findings about
/// none. Lives as long as the packet.
struct TapMessage {
  FrameHeader header;
  const char* name;             ///< the message's, or "Unknown command"; ends in NUL
  const MessageSpec* spec;      ///< nullptr: not of Table I.1
  std::uint64_t message;        ///< index in the results
  bool has_result;              ///< it carries a Response:
  Outcome outcome;              ///< and this is how it is understood
  const char* result;           ///< the Response's text
  const std::uint8_t* payload;  ///< the bytes behind the header
  std::uint32_t payload_length;
  const RpcMessage* rpc;  ///< over gRPC, where there is no header; nullptr: it is not
};

/// Registers the tap "ck" and everything that listens to it.
void register_taps();
/// True while somebody listens, even if nothing is shown.
bool has_tap_listeners();
/// Tells the taps of a message. `payload` may be nullptr; `bytes` is what stands behind the header.
void tap_message(const FrameHeader& header, const char* name, const MessageSpec* spec, std::uint64_t message,
                 const Payload* payload, Bytes bytes, packet_info* pinfo, const RpcMessage* rpc = nullptr);

/// Tells the taps that the frame has findings that are about no message of it.
void tap_frame_findings(packet_info* pinfo);

/// Tells who follows a stream of a message, as a line; `tvb` is the one that it lies in.
/// `number_name` says what the number behind the message's name is.
void tap_line(const char* name, const char* number_name, std::uint64_t number, Bytes payload, tvbuff_t* tvb,
              packet_info* pinfo);
/// True while somebody follows a stream.
bool has_followers();
/// "Ck Stream" in the menu Follow, and `-z follow,ck,...`.
void register_follow();

/// Statistics trees `ck,tree`, `ck_procedures,tree` and `ck_peers,tree`.
void register_statistics();
/// `ck,srt`, and export objects.
void register_response_times();
void register_export_objects();
/// "Ck session", "Ck relay", "Ck reservation", "Ck association" in Wireshark's conversation filters.
void register_conversation_filters();

}  // namespace ck::plugin
