// Ck over gRPC: who is asked for its messages by Wireshark's gRPC dissector, and what stands in front of the
// HTTP/2 dissector under TLS, where nobody else sees the bytes.
#pragma once

#include "tree.h"

namespace ck::plugin {

/// Registers what it needs of protocol `proto`; then what is asked, once all of Wireshark's own is in place.
void register_grpc_entry(int proto);
void hand_off_grpc_entry();

/// Asks for the messages of the schema that the preferences name, from now on.
void ask_for_messages();
/// Shows decrypted bytes that begin a connection of HTTP/2, and binds the connection (`data`: the last
/// argument under TLS) to who does; 0: they do not.
int dissect_beginning_http2(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data);
/// Asks for the rest of an HTTP/2 HEADERS frame in clear that ends behind these bytes, which nobody reads
/// yet: it may be the first of Ck's, and HTTP/2's dissector is to see all of it. False: there is none.
bool keep_beginning_headers(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree);
/// Has HTTP/2's dissector read the conversation from this frame on, unless another one reads it.
void give_to_http2(conversation_t* conversation, std::uint32_t frame);
/// What is left to show of RPCs in a frame: messages that were not handed over, failures, columns. Called
/// when a segment ends, since from 4.4 on the columns are read for fields before a frame's end; then again at
/// its end, for what nobody told until then.
void show_rpcs_left(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree);
/// The same, and what the frame says of RPCs goes to who exports them.
void end_rpcs(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree);

}  // namespace ck::plugin
