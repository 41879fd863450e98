// Everything that differs between Wireshark 4.0, 4.2, 4.4 and 4.6, in one place. The other files include this
// instead of epan's headers and use only what is the same in all of them, or what is defined here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <ws_version.h>

#include <epan/addr_resolv.h>
#include <epan/conversation.h>
#include <epan/conversation_filter.h>
#include <epan/epan_dissect.h>
#include <epan/exceptions.h>
#include <epan/expert.h>
#include <epan/export_object.h>
#include <epan/exported_pdu.h>
#include <epan/follow.h>
#include <epan/packet.h>
#include <epan/prefs-int.h>
#include <epan/prefs.h>
#include <epan/proto.h>
#include <epan/srt_table.h>
#include <epan/stats_tree.h>
#include <epan/tap.h>
#include <epan/to_str.h>
#include <epan/tvbuff.h>
#include <epan/uat.h>
#include <wiretap/pcap-encap.h>
#include <wiretap/wtap.h>
#if __has_include(<wsutil/report_message.h>)
#include <wsutil/report_message.h>
#endif

#include "audit/event.h"

// These declare C functions without saying so.
extern "C" {
#include <epan/dissectors/packet-tls.h>
#include <epan/show_exception.h>
}
#include <epan/dissectors/packet-tcp.h>
#if __has_include(<wsutil/plugins.h>)
#include <wsutil/plugins.h>
#endif

#define CK_WIRESHARK_AT_LEAST(major, minor) \
  (WIRESHARK_VERSION_MAJOR > (major) ||     \
   (WIRESHARK_VERSION_MAJOR == (major) && WIRESHARK_VERSION_MINOR >= (minor)))

namespace ck::plugin {

// Heuristics, preferences and conversation filters say gboolean before 4.4, bool from then on.
#if CK_WIRESHARK_AT_LEAST(4, 4)
using WsBool = bool;
#else
using WsBool = gboolean;
#endif
/// What says whether a row of a table in the preferences is as it should be: bool from 4.2 on.
using UatBool = std::invoke_result_t<uat_update_cb_t, void*, char**>;

/// What the plugin says that it is.
#ifdef WS_PLUGIN_DESC_DISSECTOR
inline constexpr std::uint32_t kPluginKind = WS_PLUGIN_DESC_DISSECTOR;
#else
inline constexpr std::uint32_t kPluginKind = 1;  // 4.0 does not ask
#endif

/// Binds the TLS session that `data` (a dissector's last argument under TLS) speaks of to `handle`.
inline void bind_tls_session(void* data, dissector_handle_t handle) {
  if (data == nullptr) return;
#if CK_WIRESHARK_AT_LEAST(4, 2)
  dissector_handle_t* app_handle = static_cast<struct tlsinfo*>(data)->app_handle;
  if (app_handle != nullptr) *app_handle = handle;
#else
  *static_cast<dissector_handle_t*>(data) = handle;
#endif
}

/// A table of dissectors by a text in which case matters.
#ifdef STRING_CASE_SENSITIVE
inline constexpr int kCaseMatters = STRING_CASE_SENSITIVE;
#else
inline constexpr int kCaseMatters = 0;  // "case insensitive" is false
#endif

/// Calls who is in `table` under `key`; 0: nobody, or it took nothing.
inline int try_uint(dissector_table_t table, std::uint32_t key, tvbuff_t* tvb, packet_info* pinfo,
                    proto_tree* tree) {
#if CK_WIRESHARK_AT_LEAST(4, 6)
  return dissector_try_uint_with_data(table, key, tvb, pinfo, tree, true, nullptr);
#else
  return dissector_try_uint_new(table, key, tvb, pinfo, tree, true, nullptr);
#endif
}

inline int try_string(dissector_table_t table, const char* key, tvbuff_t* tvb, packet_info* pinfo,
                      proto_tree* tree) {
#if CK_WIRESHARK_AT_LEAST(4, 6)
  return dissector_try_string_with_data(table, key, tvb, pinfo, tree, true, nullptr);
#else
  return dissector_try_string_new(table, key, tvb, pinfo, tree, true, nullptr);
#endif
}

/// A statistics tree's path in the menu.
#ifdef STATS_TREE_MENU_SEPARATOR
#define CK_MENU(name) "Ck" STATS_TREE_MENU_SEPARATOR name
#else
#define CK_MENU(name) "Ck/" name
#endif

inline void add_conversation_filter(const char* name, is_filter_valid_func is_available,
                                    build_filter_string_func build) {
#if CK_WIRESHARK_AT_LEAST(4, 2)
  register_conversation_filter("ck", name, is_available, build, nullptr);
#else
  register_conversation_filter("ck", name, is_available, build);
#endif
}

// What the window asks of a filter that was added; the tests ask it too.
inline bool conversation_filter_serves(const conversation_filter_t* filter, packet_info* pinfo) {
#if CK_WIRESHARK_AT_LEAST(4, 2)
  return filter->is_filter_valid(pinfo, filter->user_data) != 0;
#else
  return filter->is_filter_valid(pinfo) != 0;
#endif
}

/// To be freed with g_free().
inline char* conversation_filter_text(const conversation_filter_t* filter, packet_info* pinfo) {
#if CK_WIRESHARK_AT_LEAST(4, 2)
  return filter->build_filter_string(pinfo, filter->user_data);
#else
  return filter->build_filter_string(pinfo);
#endif
}

/// Saving this packet takes `frame` along. Later versions take the frame's data, earlier ones the packet.
template <class Packet>
void mark_depended_upon(Packet* pinfo, std::uint32_t frame) {
  if constexpr (requires { mark_frame_as_depended_upon(pinfo, frame); }) {
    mark_frame_as_depended_upon(pinfo, frame);
  } else {
    mark_frame_as_depended_upon(pinfo->fd, frame);
  }
}

/// Registers protocol `proto`, which runs over TCP, in the menu Follow; `tap` is queued with what is shown,
/// as a tvbuff_t. Later versions ask for the number of streams, and for a function of substreams, too.
template <class Register>
void register_ck_follow(Register* with, int proto, const char* tap, follow_conv_filter_func of_packet,
                        follow_index_filter_func of_stream, follow_address_filter_func of_addresses) {
  if constexpr (std::is_invocable_v<Register*, int, const char*, follow_conv_filter_func,
                                    follow_index_filter_func, follow_address_filter_func,
                                    follow_port_to_display_func, tap_packet_cb>) {
    with(proto, tap, of_packet, of_stream, of_addresses, tcp_port_to_display, follow_tvb_tap_listener);
  } else {
    with(proto, tap, of_packet, of_stream, of_addresses, tcp_port_to_display, follow_tvb_tap_listener,
         get_tcp_stream_count, nullptr);
  }
}

/// Colours an item of the tree as its expert infos would, without another one.
inline void mark_item(proto_item* item, int group, int severity) {
  if (item == nullptr || PITEM_FINFO(item) == nullptr) return;
  auto& flags = PITEM_FINFO(item)->flags;
  if ((flags & PI_SEVERITY_MASK) > static_cast<unsigned>(severity)) return;
  flags = (flags & ~static_cast<unsigned>(PI_GROUP_MASK | PI_SEVERITY_MASK)) | static_cast<unsigned>(group) |
          static_cast<unsigned>(severity);
}

/// The time of the packet, nanoseconds since the epoch; kNoTime for one without, or too far off for that.
inline std::int64_t time_of(const packet_info* pinfo) {
  if ((pinfo->presence_flags & PINFO_HAS_TS) == 0) return kNoTime;
  return time_since_epoch(pinfo->abs_ts.secs, pinfo->abs_ts.nsecs);
}

/// The value of an integer field.
inline std::uint32_t number_of(const field_info* field) {
#if CK_WIRESHARK_AT_LEAST(4, 2)
  return fvalue_get_uinteger(field->value);
#else
  return fvalue_get_uinteger(const_cast<fvalue_t*>(&field->value));
#endif
}

/// Calls `visit(hf_ref_type& of the field)` and then the same of its protocol.
template <class Visit>
void visit_reference(int id, const Visit& visit) {
  header_field_info* field = proto_registrar_get_nth(static_cast<unsigned>(id));
  visit(field->ref_type);
  if (field->parent != -1) visit(proto_registrar_get_nth(static_cast<unsigned>(field->parent))->ref_type);
}

inline bool has_noted_items(const proto_tree* tree) {
  return PTREE_DATA(tree)->interesting_hfids != nullptr;
}

/// Forgets which items of the tree are of a field that nobody else wants to know of, as is done where a tree
/// is freed. `had`: what has_noted_items() said before.
inline void forget_items(proto_tree* tree, int id, bool had) {
  GHashTable*& noted = PTREE_DATA(tree)->interesting_hfids;
  if (noted == nullptr) return;
  auto* items = static_cast<GPtrArray*>(g_hash_table_lookup(noted, GINT_TO_POINTER(id)));
  if (items != nullptr) g_ptr_array_free(items, 1);
  g_hash_table_remove(noted, GINT_TO_POINTER(id));
  if (had || g_hash_table_size(noted) != 0) return;
  g_hash_table_destroy(noted);
  noted = nullptr;
}

/// From 4.4 on TCP, told to put out-of-order segments in order, keeps bytes back where others come twice.
inline bool tcp_keeps_back() {
#if CK_WIRESHARK_AT_LEAST(4, 4)
  module_t* module = prefs_find_module("tcp");
  pref_t* in_order = module == nullptr ? nullptr : prefs_find_preference(module, "reassemble_out_of_order");
  return in_order != nullptr && prefs_get_bool_value(in_order, pref_current);
#else
  return false;
#endif
}

/// From 4.4 on TCP extends what it has put together by what comes later, and may then not put together again,
/// when it dissects a frame anew, what it had put together there.
inline constexpr bool kPutsTogetherOnce = CK_WIRESHARK_AT_LEAST(4, 4);

/// The packet as it was captured; nullptr: it is empty.
inline tvbuff_t* packet_tvb(const packet_info* pinfo) {
  if (pinfo->data_src == nullptr) return nullptr;
  tvbuff_t* tvb = get_data_source_tvb(static_cast<const struct data_source*>(pinfo->data_src->data));
  return tvb_captured_length(tvb) == 0 ? nullptr : tvb;
}

/// Something of the packet was decrypted by TLS's dissector. Later versions find the data, earlier ones only
/// their bytes.
template <class Packet>
bool has_decrypted(Packet* pinfo) {
  constexpr const char* kDecrypted = "Decrypted TLS";
  if (pinfo->data_src == nullptr || pinfo->data_src->next == nullptr) return false;
  if constexpr (requires { get_data_source_by_name(pinfo, kDecrypted); }) {
    return get_data_source_by_name(pinfo, kDecrypted) != nullptr;
  } else {
    return get_data_source_tvb_by_name(pinfo, kDecrypted) != nullptr;
  }
}

/// LINKTYPE_ value of the packet; -1: none. Only the other way round can it be asked for.
inline int link_type_of(const packet_info* pinfo) {
  constexpr int kLinkTypes = 512;
  static int known_encapsulation = -1, known_type = -1;
  const int wanted = pinfo->rec->rec_header.packet_header.pkt_encap;
  if (wanted == known_encapsulation) return known_type;
  known_encapsulation = wanted;
  known_type = -1;
  for (int type = 0; type < kLinkTypes && known_type < 0; ++type) {
    if (wtap_pcap_encap_to_wtap_encap(type) == wanted) known_type = type;
  }
  return known_type;
}

/// The conversation of this packet's TCP ports, which its TCP dissector may not have read yet; nullptr: none.
inline conversation_t* find_tcp_conversation(const packet_info* pinfo, std::uint32_t source,
                                             std::uint32_t destination) {
  return find_conversation(pinfo->num, &pinfo->src, &pinfo->dst, CONVERSATION_TCP, source, destination, 0);
}

inline bool is_visited(const packet_info* pinfo) {
  return pinfo->fd->visited != 0;
}

/// Tells the user that something went wrong: in a window, or on standard error.
inline void tell_failure(const char* text) {
  report_failure("Ck: %s", text);
}

}  // namespace ck::plugin
