// From what is decided and decoded to epan's tree and columns.
#pragma once

#include "plugin_state.h"

namespace ck::plugin {

/// So many items of one frame are shown; Wireshark gives a frame up at 1,000,000.
inline constexpr std::uint32_t kMaxItems = 200'000;
/// True, and counts them, while `items` more fit.
bool take_room(std::uint32_t items);

/// U+FFFE and U+FFFF, which no XML may hold (PDML, PSML), become U+FFFD.
void replace_noncharacters(char* text);
/// A text as epan wants it: ends in NUL, holds none, lives as long as the packet.
const char* text_of(packet_info* pinfo, std::string_view text);
/// The same for people to read, in a label that we word ourselves; at most `most` bytes. Wireshark cuts at
/// 240, where that may be inside of a character.
const char* label_of(packet_info* pinfo, std::string_view text, std::size_t most = 200);

/// `tree`, or nullptr where nobody looks at what we would add to it. Wireshark makes a tree as soon as
/// anything needs some field, `-z io,stat` for one; it then notes the fields that are asked for and drops all
/// others.
proto_tree* if_looked_at(proto_tree* tree, const packet_info* pinfo);
/// What there is of a message, or of bytes, even where nobody looks: `-z io,phs` counts the protocols at a
/// tree's top, and Wireshark's window shows how severe the worst expert info is, whoever asks for it.
/// `message`: its index in the results; kNoMessage: none.
void show_protocol_alone(std::uint64_t message, tvbuff_t* tvb, int begin, int size, packet_info* pinfo,
                         proto_tree* whole_tree);

/// Whether Wireshark keeps the value of field `hf` in this tree. Else it need not be made.
bool is_noted(proto_tree* tree, int hf);

/// Shows everything that one call decided.
void show_call(const Delivery& call, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree);
/// The same where Wireshark does not hand the bytes over while it dissects `segment`, which is all of `tvb`.
void show_without_call(const Delivery& call, const TcpSegment& segment, tvbuff_t* tvb, packet_info* pinfo,
                       proto_tree* tree);
/// The parameters of a payload that is an object. `start`: offset of the payload in `tvb`; `binary`: its
/// values are no text on the wire. Returns the item of each member, by its index: nullptr for one that is not
/// shown, and as a whole without a tree.
proto_item** show_members(const Payload& payload, tvbuff_t* tvb, int start, bool binary, packet_info* pinfo,
                          proto_tree* tree);
/// A payload, whatever it is. Returns what show_members() does, or nullptr.
proto_item** show_payload(const Payload& payload, tvbuff_t* tvb, int start, int size, bool binary,
                          packet_info* pinfo, proto_tree* tree);
/// A message over gRPC, which is all of `tvb`. `message`: its index in the results.
void show_rpc_message(std::uint64_t message, const RpcMessage& rpc, tvbuff_t* tvb, packet_info* pinfo,
                      proto_tree* root);
/// An RPC that failed in this frame.
void show_rpc_failure(const RpcFailure& failure, tvbuff_t* tvb, packet_info* pinfo, proto_tree* root);
/// Bytes of ours as a data source of their own, below `tvb`.
tvbuff_t* tvb_of(Bytes bytes, tvbuff_t* tvb, packet_info* pinfo);
/// Pair, procedure and findings of a message of `tvb`. `members`: what show_members() returned for it.
void show_facts(const Slice& slice, const Payload& payload, proto_item* const* members, tvbuff_t* tvb,
                packet_info* pinfo, proto_item* item, proto_tree* tree);
/// True while somebody listens to expert infos: Wireshark's dialog dissects for it without a tree.
bool has_expert_listeners();
/// The expert infos of a message that is not shown.
void tell_experts(std::uint64_t message, packet_info* pinfo);
/// Findings of the frame that are about no message of it. Without a tree, as expert infos alone.
void show_frame_findings(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree);

/// Adds a message to the columns. `payload` may be nullptr; `message`: its index in the results.
void write_columns(packet_info* pinfo, const FrameHeader& header, const Payload* payload,
                   std::uint64_t message);
/// The same of gRPC, by write_rpc_columns(): the dissectors of gRPC and HTTP/2 write theirs until then.
void note_columns(const RpcMessage& message, const Payload* payload, std::uint64_t index);
void note_columns(const RpcFailure& failure);
/// Writes what was noted of this frame, if anything was.
void write_rpc_columns(packet_info* pinfo);

}  // namespace ck::plugin
