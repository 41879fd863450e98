// Registration of fields and expert infos. epan keeps pointers to what it is given, so all of it is static
// here.
#include "fields.h"

#include <algorithm>
#include <array>

#include "grpc/status_names.h"

namespace ck::plugin {

Fields fields;
Subtrees subtrees;
expert_field expert_more = EI_INIT;
expert_field expert_undecidable = EI_INIT;

namespace {

expert_field experts[kRuleCount][3];

constexpr std::size_t kOtherFields = 35;
std::array<hf_register_info, kParameterCount + kOtherFields> registrations;
std::size_t registration_count = 0;

void add(int& id, const char* name, const char* abbrev, enum ftenum type, int display, const char* blurb,
         const void* strings = nullptr) {
  id = -1;
  registrations[registration_count++] = {&id, {name, abbrev, type, display, strings, 0, blurb, HFILL}};
}

header_field_info* command_info = nullptr;
const value_string kDirections[] = {
    {static_cast<std::uint32_t>(protocol::Direction::km_to_controller), "KM to QKDN controller"},
    {static_cast<std::uint32_t>(protocol::Direction::controller_to_km), "QKDN controller to KM"},
    {0, nullptr}};

void add_header_fields() {
  add(fields.version, "Version", "ck.version", FT_UINT16, BASE_DEC,
      "Version of the frame format (Figure I.1)");
  add(fields.message_id, "MessageID", "ck.message_id", FT_UINT32, BASE_DEC,
      "MessageID by which a response can be told from others (Figure I.1)");
  add(fields.command, "Command code", "ck.command", FT_UINT16, BASE_HEX,
      "CommandCode: which of the 13 messages this is (Table I.1)");
  command_info = &registrations[registration_count - 1].hfinfo;
  name_commands(nullptr, 0);
  add(fields.command_direction, "Direction", "ck.command.direction", FT_UINT8, BASE_HEX,
      "First byte of the CommandCode: who sends the message", VALS(kDirections));
  add(fields.command_number, "Number", "ck.command.number", FT_UINT8, BASE_DEC,
      "Second byte of the CommandCode: the number of the message, 1 to 13");
  add(fields.length, "Length", "ck.length", FT_UINT16, BASE_DEC,
      "Bytes of payload behind the header (Figure I.1)");
}

/// By Parameter.
constexpr std::array<ParameterWords, kParameterCount> kParameterWords{{
    {"Source KMA ID", "KMA where the relay or the reserved keys begin"},
    {"Destination KMA ID", "KMA where the relay or the reserved keys end"},
    {"Application source ID", "Application that asks for keys (clauses 8.6 and 8.8)"},
    {"Application destination ID", "Application with which the keys are to be shared"},
    {"Next KMA ID", "KMA that may come next on the way to the destination (Table 2)"},
    {"Transit KMA ID", "KMA between source and destination of the relay (Table 4)"},
    {"Key relay request ID",
     "ID of the relay, which its request and its result have in common (Tables 4 and 5)"},
    {"Response", "Result as a text, as its sender wrote it"},
    {"Session ID", "ID of the session, which the controller gives (Tables 7 to 9)"},
    {"Source KM ID", "KM of the application that asks for keys (Table 8)"},
    {"Destination KM ID", "KM of the application with which the keys are to be shared (Table 7)"},
    {"Number of keys", "How many keys the application asks for (Tables 6 and 8)"},
    {"Key ID", "ID of a key that is reserved or allocated (Tables 11 to 13)"},
    {"Extension", "What a vendor adds to the message"},
}};

void add_parameter_fields() {
  for (const ParameterSpec& spec : parameters()) {
    const bool number = spec.kind == ParameterKind::count;
    add(fields.parameters[static_cast<std::size_t>(spec.id)], spec.name.data(), spec.field.data(),
        number ? FT_INT64 : FT_STRING, number ? static_cast<int>(BASE_DEC) : static_cast<int>(BASE_NONE),
        parameter_words(spec.id).blurb);
  }
  add(fields.result_code, "Result code", "ck.result_code", FT_INT64, BASE_DEC,
      "Response as an integer: 0 is OK, any other a failure");
  add(fields.result, "Result", "ck.result", FT_STRING, BASE_NONE,
      "How the Response is understood: success, failure or unknown");
  add(fields.kma, "KMA", "ck.kma", FT_STRING, BASE_NONE,
      "Any KMA ID in the message, whichever parameter holds it");
  add(fields.km, "KM", "ck.km", FT_STRING, BASE_NONE,
      "Any KM ID in the message, whichever parameter holds it");
  add(fields.application, "Application", "ck.application", FT_STRING, BASE_NONE,
      "Any application ID in the message, whichever parameter holds it");
  add(fields.unknown_parameter, "Unknown parameter", "ck.unknown_parameter", FT_STRING, BASE_NONE,
      "Name of a payload member that is no parameter of Q.4164");
  add(fields.member, "Member", "ck.member", FT_NONE, BASE_NONE,
      "Member of the payload from which no value can be read, or a list");
  add(fields.element, "Element", "ck.element", FT_NONE, BASE_NONE,
      "Element of an array or object in the payload");
  add(fields.payload, "Payload", "ck.payload", FT_BYTES, BASE_NONE, "Payload that is not one JSON object");
  add(fields.payload_error, "Payload error", "ck.payload.error", FT_STRING, BASE_NONE,
      "Why the payload is not one JSON object");
}

void add_stream_fields() {
  add(fields.skipped, "Skipped bytes", "ck.skipped", FT_BYTES, BASE_NONE, "Bytes that belong to no Ck frame");
  add(fields.malformed, "Malformed bytes", "ck.malformed", FT_BYTES, BASE_NONE,
      "Bytes where a Ck frame should have started");
  add(fields.incomplete, "Incomplete frame", "ck.incomplete", FT_BYTES, BASE_NONE,
      "Beginning of a Ck frame whose rest is not at hand");
}

value_string grpc_statuses[grpc::kStatusNames.size() + 1];

void add_grpc_fields() {
  for (std::uint32_t i = 0; i < grpc::kStatusNames.size(); ++i)
    grpc_statuses[i] = {i, grpc::kStatusNames[i].data()};
  add(fields.grpc_method, "gRPC method", "ck.grpc.method", FT_STRING, BASE_NONE,
      "Method of the RPC that the message is of (Appendix II)");
  add(fields.grpc_status, "gRPC status", "ck.grpc.status", FT_UINT32, BASE_DEC,
      "How the RPC that the message is of ended", VALS(grpc_statuses));
}

void add_audit_fields() {
  add(fields.response_in, "Response in", "ck.response_in", FT_FRAMENUM, BASE_NONE,
      "Frame that holds the answer to this message", FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE));
  add(fields.response_to, "Response to", "ck.response_to", FT_FRAMENUM, BASE_NONE,
      "Frame that holds the request which this message answers", FRAMENUM_TYPE(FT_FRAMENUM_REQUEST));
  add(fields.response_time, "Response time", "ck.response_time", FT_RELATIVE_TIME, BASE_NONE,
      "Time from the request to this answer");
  add(fields.response_time_ms, "Response time in ms", "ck.response_time.ms", FT_DOUBLE, BASE_NONE,
      "Time from the request to this answer in milliseconds, for a column");
  add(fields.unanswered, "Unanswered", "ck.unanswered", FT_BOOLEAN, BASE_NONE,
      "True for a request to which no answer came");
  add(fields.procedure, "Procedure", "ck.procedure", FT_STRING, BASE_NONE,
      "Relay, session or reservation that this message belongs to");
  add(fields.procedure_id, "Procedure ID", "ck.procedure.id", FT_UINT32, BASE_DEC,
      "Number of the relay, session or reservation, counted through the capture");
  add(fields.procedure_state, "State", "ck.procedure.state", FT_STRING, BASE_NONE,
      "State of the relay, session or reservation at its end");
  add(fields.procedure_summary, "Procedure and state", "ck.procedure.summary", FT_STRING, BASE_NONE,
      "Kind, number and state of the relay, session or reservation in one text, for a column");
  add(fields.procedure_frame, "Frame", "ck.procedure.frame", FT_FRAMENUM, BASE_NONE,
      "Frame of another message of the same relay, session or reservation");
  add(fields.violation, "Violation", "ck.violation", FT_STRING, BASE_NONE,
      "Rule of Q.4164 that this message breaks, by its short name");
  add(fields.violation_severity, "Severity", "ck.violation.severity", FT_STRING, BASE_NONE,
      "Severity of the violation: error, warning or note");
  add(fields.violation_clause, "Clause", "ck.violation.clause", FT_STRING, BASE_NONE,
      "Clause of Q.4164 that the violated rule comes from");
}

/// Rules that are about more than the protocol, by what they are about.
struct Group {
  Rule rule;
  int group;
};
constexpr Group kGroups[] = {
    {Rule::truncated_message, PI_MALFORMED},
    {Rule::malformed_frame, PI_MALFORMED},
    {Rule::malformed_payload, PI_MALFORMED},
    {Rule::payload_not_object, PI_MALFORMED},
    {Rule::truncated_packet, PI_MALFORMED},
    {Rule::message_id_reused, PI_SEQUENCE},
    {Rule::unanswered_request, PI_SEQUENCE},
    {Rule::unsolicited_response, PI_SEQUENCE},
    {Rule::duplicate_response, PI_SEQUENCE},
    {Rule::capture_gap, PI_SEQUENCE},
    {Rule::no_next_hop, PI_RESPONSE_CODE},
    {Rule::incomplete_failure_response, PI_RESPONSE_CODE},
    {Rule::unknown_result_code, PI_RESPONSE_CODE},
    {Rule::possible_key_material, PI_SECURITY},
    {Rule::plaintext_transport, PI_SECURITY},
    {Rule::no_client_certificate, PI_SECURITY},
    {Rule::obsolete_tls, PI_SECURITY},
};

ei_register_info expert_of(expert_field& id, const char* name, int group, int severity, const char* summary) {
  id = EI_INIT;
  return {&id, {name, group, severity, summary, EXPFILL}};
}

void register_experts(int proto) {
  static std::array<ei_register_info, kRuleCount * 3 + 2> infos;
  std::size_t i = 0;
  for (const RuleSpec& spec : rules()) {
    for (const Severity severity : {Severity::note, Severity::warning, Severity::error}) {
      infos[i++] = expert_of(expert_for(spec.rule, severity), spec.expert_field.data(), group_of(spec.rule),
                             severity_of(severity), spec.summary.data());
    }
  }
  infos[i++] = expert_of(expert_more, "ck.expert.more", PI_PROTOCOL, PI_NOTE, "More findings than are shown");
  infos[i++] = expert_of(expert_undecidable, "ck.expert.undecidable", PI_SEQUENCE, PI_NOTE,
                         "Wireshark does not see this stream whole: rules on it are undecidable");
  expert_register_field_array(expert_register_protocol(proto), infos.data(), static_cast<int>(i));
}

}  // namespace

void name_commands(const CommandName* more, std::size_t count) {
  static value_string* names = nullptr;  // the last entry ends the list
  for (value_string* name = names; name != nullptr && name->strptr != nullptr; ++name) {
    g_free(const_cast<char*>(name->strptr));
  }
  g_free(names);
  names = static_cast<value_string*>(g_malloc0((kMessageCount + count + 1) * sizeof(value_string)));
  std::size_t i = 0;
  // Catalogue texts are literals, so their data() ends in NUL.
  for (const MessageSpec& message : messages()) {
    names[i++] = {message.code(), g_strdup(message.name.data())};
  }
  for (std::size_t k = 0; k < count; ++k) names[i++] = {more[k].command, g_strdup(more[k].name)};
  command_info->strings = names;
}

const ParameterWords& parameter_words(Parameter id) {
  return kParameterWords[static_cast<std::size_t>(id)];
}

expert_field& expert_for(Rule rule, Severity severity) {
  return experts[static_cast<std::size_t>(rule)][static_cast<std::size_t>(severity)];
}

int group_of(Rule rule) {
  const Group* group = std::find_if(std::begin(kGroups), std::end(kGroups),
                                    [rule](const Group& row) { return row.rule == rule; });
  return group == std::end(kGroups) ? PI_PROTOCOL : group->group;
}

int severity_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return PI_ERROR;
    case Severity::warning:
      return PI_WARN;
    case Severity::note:
      break;
  }
  return PI_NOTE;
}

void register_fields(int proto) {
  add_header_fields();
  add_parameter_fields();
  add_stream_fields();
  add_grpc_fields();
  add_audit_fields();
  proto_register_field_array(proto, registrations.data(), static_cast<int>(registration_count));
  static int* const trees[] = {&subtrees.frame,   &subtrees.command,   &subtrees.member,
                               &subtrees.element, &subtrees.procedure, &subtrees.violation};
  proto_register_subtree_array(trees, static_cast<int>(std::size(trees)));
  register_experts(proto);
}

}  // namespace ck::plugin
