// The tap "ck", and its small listeners: service response time and export objects.
#include "taps.h"

#include <cstring>
#include <new>
#include <string>

namespace ck::plugin {
namespace {

int message_tap = -1;
int object_tap = -1;

const Member* response_of(const Payload* payload) {
  if (payload == nullptr || payload->state != PayloadState::object) return nullptr;
  return payload->find(Parameter::response);
}

/// One row for each message number, so that a row's filter is `ck.command.number == row`; only requests have
/// calls.
void make_response_time_table(struct register_srt* /*srt*/, GArray* tables) {
  srt_stat_table* table = init_srt_table("Ck", nullptr, tables, static_cast<int>(kMessageCount) + 1,
                                         "Request", "ck.command.number", nullptr);
  init_srt_table_row(table, 0, "Unknown command");
  int row = 1;
  for (const MessageSpec& spec : messages()) init_srt_table_row(table, row++, spec.name.data());
}

tap_packet_status count_response_time(void* tapdata, packet_info* pinfo, epan_dissect_t* /*edt*/,
                                      const void* record, tap_flags_t /*flags*/) {
  const auto& message = *static_cast<const TapMessage*>(record);
  if (state.dissection == nullptr || message.spec == nullptr) return TAP_PACKET_DONT_REDRAW;
  const ExchangeSpec* exchange = find_answered(message.spec->command);
  if (exchange == nullptr) return TAP_PACKET_DONT_REDRAW;
  const MessageFacts* facts = state.dissection->results().find_facts(message.message);
  if (facts == nullptr || facts->answers == kNoMessage || !facts->response_time_ns)
    return TAP_PACKET_DONT_REDRAW;
  // The table subtracts the request's time from that of this packet.
  const std::int64_t at = time_of(pinfo) - *facts->response_time_ns;
  nstime_t request;
  request.secs = static_cast<time_t>(at / 1'000'000'000);
  request.nsecs = static_cast<int>(at % 1'000'000'000);
  const auto* data = static_cast<srt_data_t*>(tapdata);
  srt_stat_table* table = g_array_index(data->srt_array, srt_stat_table*, 0);
  add_srt_table_data(table, protocol::number_of(exchange->request), &request, pinfo);
  return TAP_PACKET_REDRAW;
}

/// Names hold nothing of the capture but numbers.
tap_packet_status export_object(void* tapdata, packet_info* pinfo, epan_dissect_t* /*edt*/,
                                const void* record, tap_flags_t /*flags*/) {
  const auto& message = *static_cast<const TapMessage*>(record);
  const auto* list = static_cast<export_object_list_t*>(tapdata);
  auto* entry = g_new0(export_object_entry_t, 1);
  entry->pkt_num = pinfo->num;
  char* from = address_to_str(nullptr, &pinfo->src);
  entry->hostname = g_strdup_printf(pinfo->src.type == AT_IPv6 ? "[%s]:%u" : "%s:%u", from, pinfo->srcport);
  wmem_free(nullptr, from);
  const std::string code(command_text(message.header.command));
  const bool protobuf = message.rpc != nullptr && message.rpc->type != nullptr;
  entry->content_type = g_strdup(protobuf ? "application/grpc+proto" : "application/json");
  entry->filename =
      message.rpc != nullptr
          ? g_strdup_printf("frame-%u-%s-stream-%u.%s", pinfo->num, code.c_str(),
                            static_cast<unsigned>(message.rpc->stream), protobuf ? "pb" : "json")
          : g_strdup_printf("frame-%u-%s-id-%u.json", pinfo->num, code.c_str(), message.header.message_id);
  entry->payload_len = message.payload_length;
  entry->payload_data = static_cast<std::uint8_t*>(g_malloc(message.payload_length + 1));
  std::memcpy(entry->payload_data, message.payload, message.payload_length);
  list->add_entry(list->gui_data, entry);
  return TAP_PACKET_REDRAW;
}

}  // namespace

void register_response_times() {
  register_srt_table(state.proto, nullptr, 1, count_response_time, make_response_time_table, nullptr);
}

void register_export_objects() {
  object_tap = register_export_object(state.proto, export_object, nullptr);
}

void register_taps() {
  message_tap = register_tap("ck");
  register_response_times();
  register_export_objects();
  register_follow();
  register_statistics();
  register_conversation_filters();
}

bool has_tap_listeners() {
  return have_tap_listener(message_tap) || have_tap_listener(object_tap) || has_followers();
}

void tap_message(const FrameHeader& header, const char* name, const MessageSpec* spec, std::uint64_t message,
                 const Payload* payload, Bytes bytes, packet_info* pinfo, const RpcMessage* rpc) {
  if (!has_tap_listeners()) return;
  auto* record = new (wmem_alloc(pinfo->pool, sizeof(TapMessage))) TapMessage{};
  record->header = header;
  record->name = name;
  record->spec = spec;
  record->message = message;
  record->payload = bytes.data();
  record->payload_length = static_cast<std::uint32_t>(bytes.size());
  record->rpc = rpc;
  record->result = "";
  if (const Member* response = response_of(payload); response != nullptr) {
    record->has_result = true;
    record->outcome = check_result(*response);
    record->result =
        static_cast<const char*>(wmem_strndup(pinfo->pool, response->text.data(), response->text.size()));
  } else if (rpc != nullptr && payload != nullptr && leaves_response_out(*spec, *payload)) {
    record->has_result = true;
    record->outcome = Outcome::success;
    record->result = "0";
  }
  if (have_tap_listener(message_tap)) tap_queue_packet(message_tap, pinfo, record);
  if (have_tap_listener(object_tap) && !bytes.empty()) tap_queue_packet(object_tap, pinfo, record);
}

void tap_frame_findings(packet_info* pinfo) {
  if (state.dissection == nullptr || !have_tap_listener(message_tap)) return;
  const auto& told = state.dissection->results().findings.by_frame;
  const auto& ahead = state.dissection->end_results().findings.by_frame;
  if (told.find(pinfo->num) == told.end() && ahead.find(pinfo->num) == ahead.end()) return;
  auto* record = new (wmem_alloc(pinfo->pool, sizeof(TapMessage))) TapMessage{};
  record->message = kNoMessage;
  tap_queue_packet(message_tap, pinfo, record);
}

}  // namespace ck::plugin
