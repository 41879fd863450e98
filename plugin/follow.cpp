// Follow > Ck Stream: the messages of a connection, one a line with its JSON, as Wireshark's window and
// tshark's -z follow show them.
#include <algorithm>
#include <string_view>

#include "taps.h"

namespace ck::plugin {
namespace {

int follow_tap = -1;

/// The filter of the packet's connection; nullptr: it has none, as an exported PDU.
char* filter_of_packet(epan_dissect_t* /*edt*/, packet_info* pinfo, unsigned* stream, unsigned* sub_stream) {
  conversation_t* conversation = find_tcp_conversation(pinfo, pinfo->srcport, pinfo->destport);
  const tcp_analysis* tcp =
      conversation == nullptr ? nullptr : get_tcp_conversation_data(conversation, pinfo);
  if (tcp == nullptr) return nullptr;
  *stream = tcp->stream;
  *sub_stream = 0;
  return g_strdup_printf("tcp.stream eq %u", tcp->stream);
}

char* filter_of_stream(unsigned stream, unsigned /*sub_stream*/) {
  return g_strdup_printf("tcp.stream eq %u", stream);
}

char* filter_of_addresses(address* from, address* to, int from_port, int to_port) {
  const char* ip = from->type == AT_IPv6 ? "ipv6" : "ip";
  char* source = address_to_str(nullptr, from);
  char* destination = address_to_str(nullptr, to);
  char* filter = g_strdup_printf(
      "((%s.src eq %s and tcp.srcport eq %d) and (%s.dst eq %s and tcp.dstport eq %d)) or "
      "((%s.src eq %s and tcp.srcport eq %d) and (%s.dst eq %s and tcp.dstport eq %d))",
      ip, source, from_port, ip, destination, to_port, ip, destination, to_port, ip, source, from_port);
  wmem_free(nullptr, source);
  wmem_free(nullptr, destination);
  return filter;
}

}  // namespace

void register_follow() {
  follow_tap = register_tap("ck_follow");
  register_ck_follow(register_follow_stream, state.proto, "ck_follow", filter_of_packet, filter_of_stream,
                     filter_of_addresses);
}

bool has_followers() {
  return have_tap_listener(follow_tap);
}

void tap_line(const char* name, const char* number_name, std::uint64_t number, Bytes payload, tvbuff_t* tvb,
              packet_info* pinfo) {
  if (!has_followers()) return;
  const std::string_view head =
      wmem_strdup_printf(pinfo->pool, "%s, %s %lu: ", name, number_name, static_cast<unsigned long>(number));
  const std::size_t size = head.size() + payload.size() + 1;
  auto* line = static_cast<std::uint8_t*>(wmem_alloc(pinfo->pool, size));
  std::copy(head.begin(), head.end(), line);
  // A line break between two values of a JSON text is a space as well.
  std::replace_copy_if(
      payload.begin(), payload.end(), line + head.size(), [](std::uint8_t byte) { return byte < 0x20; },
      std::uint8_t{' '});
  line[size - 1] = '\n';
  tvbuff_t* shown = tvb_new_child_real_data(tvb, line, static_cast<unsigned>(size), static_cast<int>(size));
  tap_queue_packet(follow_tap, pinfo, shown);
}

}  // namespace ck::plugin
