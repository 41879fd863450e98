// Wireshark's conversation filters: the session, relay, reservation or association that a frame is of.
#include <algorithm>
#include <exception>
#include <string>
#include <vector>

#include "taps.h"

namespace ck::plugin {
namespace {

/// So many procedures of one frame are named in a filter.
constexpr std::size_t kMaxIds = 100;

/// The ids of the procedures of this kind that the frame has messages of, each once.
std::vector<std::uint32_t> procedures_in(std::uint32_t frame, ProcedureKind kind) {
  std::vector<std::uint32_t> ids;
  if (state.dissection == nullptr) return ids;
  const AuditResults& results = state.dissection->results();
  for (const std::uint64_t message : state.dissection->calls().messages_in(frame)) {
    const MessageFacts* facts = results.find_facts(message);
    if (facts == nullptr) continue;
    const auto found = results.procedures.find(facts->procedure);
    if (found == results.procedures.end() || kind_of(found->second.state) != kind || ids.size() >= kMaxIds)
      continue;
    if (std::find(ids.begin(), ids.end(), facts->procedure) == ids.end()) ids.push_back(facts->procedure);
  }
  return ids;
}

template <ProcedureKind kind>
std::string filter_of(const packet_info* pinfo) {
  std::string filter;
  for (const std::uint32_t id : procedures_in(pinfo->num, kind)) {
    filter += filter.empty() ? "" : " or ";
    filter += "ck.procedure.id == " + std::to_string(id);
  }
  return filter;
}

/// The command of a message of this frame, nullptr: there is none.
const MessageSpec* message_of(std::uint32_t frame) {
  if (state.dissection == nullptr) return nullptr;
  for (const std::uint64_t message : state.dissection->calls().messages_in(frame)) {
    const MessageFacts* facts = state.dissection->results().find_facts(message);
    if (facts == nullptr) continue;
    if (const MessageSpec* spec = find_message(facts->command); spec != nullptr) return spec;
  }
  return nullptr;
}

/// The controller opened this connection, so that its port is one of many and names nobody.
bool is_role_reversed(packet_info* pinfo, bool from_controller) {
  const auto* calls = state.dissection->calls().find(pinfo->num);
  if (calls != nullptr && calls->front()->rpc != nullptr) return true;  // a KM may serve as well
  if (calls == nullptr || !calls->front()->opener_known) return false;
  return calls->front()->from_opener == from_controller;
}

/// One key manager and one controller address and port, over all connections; the two hosts, where the
/// controller opened the connection. Empty: cannot be told.
std::string association_of(packet_info* pinfo) {
  const MessageSpec* spec = message_of(pinfo->num);
  const bool v4 = pinfo->src.type == AT_IPv4 && proto_is_frame_protocol(pinfo->layers, "ip");
  const bool v6 = pinfo->src.type == AT_IPv6 && proto_is_frame_protocol(pinfo->layers, "ipv6");
  if (spec == nullptr || (!v4 && !v6)) return {};
  const bool from_controller = !is_from_km(spec->command);
  const char* field = v4 ? "ip.addr" : "ipv6.addr";
  char* source = address_to_str(nullptr, &pinfo->src);
  char* destination = address_to_str(nullptr, &pinfo->dst);
  std::string filter =
      std::string("ck and ") + field + " == " + source + " and " + field + " == " + destination;
  if (!is_role_reversed(pinfo, from_controller))
    filter += " and tcp.port == " + std::to_string(from_controller ? pinfo->srcport : pinfo->destport);
  wmem_free(nullptr, source);
  wmem_free(nullptr, destination);
  return filter;
}

using MakeFilter = std::string (*)(packet_info*);

// Wireshark 4.4 hands a further argument to both, which they do without.
template <MakeFilter make, class... Rest>
WsBool is_available(packet_info* pinfo, Rest... /*user_data*/) {
  try {
    return !make(pinfo).empty();
  } catch (const std::exception&) {
    return false;
  }
}

template <MakeFilter make, class... Rest>
char* build(packet_info* pinfo, Rest... /*user_data*/) {
  try {
    return g_strdup(make(pinfo).c_str());
  } catch (const std::exception&) {
    return nullptr;
  }
}

std::string session_of(packet_info* pinfo) {
  return filter_of<ProcedureKind::session>(pinfo);
}

std::string relay_of(packet_info* pinfo) {
  return filter_of<ProcedureKind::relay>(pinfo);
}

std::string reservation_of(packet_info* pinfo) {
  return filter_of<ProcedureKind::reservation>(pinfo);
}

}  // namespace

void register_conversation_filters() {
  add_conversation_filter("Ck session", is_available<session_of>, build<session_of>);
  add_conversation_filter("Ck relay", is_available<relay_of>, build<relay_of>);
  add_conversation_filter("Ck reservation", is_available<reservation_of>, build<reservation_of>);
  add_conversation_filter("Ck association", is_available<association_of>, build<association_of>);
}

}  // namespace ck::plugin
