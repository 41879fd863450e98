// One list of fields per record, walked by Encoder and Decoder alike, so that the two cannot disagree.
#include "report/codec.h"

namespace ck::report {
namespace {

template <typename Walker, typename Record>
void walk_finding(Walker&& walk, Record& r) {
  walk(r.rule, r.severity, r.at, r.connection, r.message, r.command, r.message_id, r.parameter, r.procedure,
       r.text);
}
template <typename Walker, typename Record>
void walk_connection(Walker&& walk, Record& r) {
  walk(r.id, r.key, r.km, r.controller, r.transport, r.kma_id, r.start, r.end_ns, r.messages, r.lost_bytes,
       r.skipped_bytes);
}
template <typename Walker, typename Record>
void walk_relay(Walker&& walk, Record& r) {
  walk(r.id, r.distributed, r.state, r.source_kma_id, r.destination_kma_id, r.application_destination_id,
       r.key_relay_request_id, r.route, r.result, r.start_ns, r.duration_ns, r.events);
}
template <typename Walker, typename Record>
void walk_session(Walker&& walk, Record& r) {
  walk(r.id, r.state, r.session_id, r.application_source_id, r.application_destination_id, r.source_km_id,
       r.destination_km_id, r.number_of_keys, r.request_result, r.notification_result, r.start_ns,
       r.duration_ns, r.events);
}
template <typename Walker, typename Record>
void walk_reservation(Walker&& walk, Record& r) {
  walk(r.id, r.state, r.source_kma_id, r.destination_kma_id, r.application_destination_id, r.reserved_key_ids,
       r.allocated_key_ids, r.result_code, r.allocation_result_code, r.start_ns, r.duration_ns, r.events);
}
template <typename Walker, typename Record>
void walk_message(Walker&& walk, Record& r) {
  walk(r.ref, r.name, r.version, r.length, r.parameters, r.others);
}

struct Put {
  Encoder out;
  template <typename... Fields>
  void operator()(const Fields&... fields) {
    (out.put(fields), ...);
  }
};

struct Get {
  Decoder in;
  template <typename... Fields>
  void operator()(Fields&... fields) {
    (in.get(fields), ...);
  }
};

}  // namespace

void encode(const Finding& record, ByteBuffer& bytes) {
  walk_finding(Put{Encoder(bytes)}, record);
}
void encode(const ConnectionRecord& record, ByteBuffer& bytes) {
  walk_connection(Put{Encoder(bytes)}, record);
}
void encode(const RelayRecord& record, ByteBuffer& bytes) {
  walk_relay(Put{Encoder(bytes)}, record);
}
void encode(const SessionRecord& record, ByteBuffer& bytes) {
  walk_session(Put{Encoder(bytes)}, record);
}
void encode(const ReservationRecord& record, ByteBuffer& bytes) {
  walk_reservation(Put{Encoder(bytes)}, record);
}
void encode(const ResponseTimes& record, ByteBuffer& bytes) {
  Encoder(bytes).put(record);
}
void encode(const MessageEntry& record, ByteBuffer& bytes) {
  walk_message(Put{Encoder(bytes)}, record);
}

void decode(std::string_view bytes, Finding& record) {
  walk_finding(Get{Decoder(bytes)}, record);
}
void decode(std::string_view bytes, ConnectionRecord& record) {
  walk_connection(Get{Decoder(bytes)}, record);
}
void decode(std::string_view bytes, RelayRecord& record) {
  walk_relay(Get{Decoder(bytes)}, record);
}
void decode(std::string_view bytes, SessionRecord& record) {
  walk_session(Get{Decoder(bytes)}, record);
}
void decode(std::string_view bytes, ReservationRecord& record) {
  walk_reservation(Get{Decoder(bytes)}, record);
}
void decode(std::string_view bytes, ResponseTimes& record) {
  Decoder(bytes).get(record);
}
void decode(std::string_view bytes, MessageEntry& record) {
  walk_message(Get{Decoder(bytes)}, record);
}

}  // namespace ck::report
