// Registration of fields and expert infos. epan keeps pointers to what it is given, so all of it is static
// here.
#include "fields.h"

#include <array>

#include "grpc/status_names.h"

namespace ck::plugin {

Fields fields;
Subtrees subtrees;
expert_field experts[kRuleCount];
expert_field expert_more = EI_INIT;
expert_field expert_undecidable = EI_INIT;

namespace {

constexpr std::size_t kOtherFields = 33;
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
  add(fields.version, "Version", "ck.version", FT_UINT16, BASE_DEC, "Version of the format (Appendix I)");
  add(fields.message_id, "Message ID", "ck.message_id", FT_UINT32, BASE_DEC, "MessageID (Appendix I)");
  add(fields.command, "Command code", "ck.command", FT_UINT16, BASE_HEX, "CommandCode (Table I.1)");
  command_info = &registrations[registration_count - 1].hfinfo;
  name_commands(nullptr, 0);
  add(fields.command_direction, "Direction", "ck.command.direction", FT_UINT8, BASE_HEX,
      "First byte of the CommandCode: who sends it", VALS(kDirections));
  add(fields.command_number, "Number", "ck.command.number", FT_UINT8, BASE_DEC,
      "Second byte of the CommandCode: the message's number");
  add(fields.length, "Length", "ck.length", FT_UINT16, BASE_DEC, "Bytes of payload (Appendix I)");
}

void add_parameter_fields() {
  for (const ParameterSpec& spec : parameters()) {
    const bool number = spec.kind == ParameterKind::count;
    add(fields.parameters[static_cast<std::size_t>(spec.id)], spec.name.data(), spec.field.data(),
        number ? FT_INT64 : FT_STRING, number ? static_cast<int>(BASE_DEC) : static_cast<int>(BASE_NONE),
        nullptr);
  }
  add(fields.result_code, "Result code", "ck.result_code", FT_INT64, BASE_DEC, "Response as an integer");
  add(fields.result, "Result", "ck.result", FT_STRING, BASE_NONE,
      "How Response is understood: success, failure or unknown");
  add(fields.kma, "KMA", "ck.kma", FT_STRING, BASE_NONE, "Any KMA ID of the message");
  add(fields.km, "KM", "ck.km", FT_STRING, BASE_NONE, "Any KM ID of the message");
  add(fields.application, "Application", "ck.application", FT_STRING, BASE_NONE,
      "Any application ID of the message");
  add(fields.unknown_parameter, "Unknown parameter", "ck.unknown_parameter", FT_STRING, BASE_NONE,
      "Name of a member that is none of Q.4164's parameters");
  add(fields.member, "Member", "ck.member", FT_NONE, BASE_NONE, "A member from which no value can be read");
  add(fields.element, "Element", "ck.element", FT_NONE, BASE_NONE, "What a member's array or object holds");
  add(fields.payload, "Payload", "ck.payload", FT_BYTES, BASE_NONE, "A payload that is not one JSON object");
  add(fields.payload_error, "Payload error", "ck.payload.error", FT_STRING, BASE_NONE, "Why it is not");
}

void add_stream_fields() {
  add(fields.skipped, "Skipped bytes", "ck.skipped", FT_BYTES, BASE_NONE, "Bytes that belong to no frame");
  add(fields.malformed, "Malformed bytes", "ck.malformed", FT_BYTES, BASE_NONE,
      "Bytes where a frame should have started");
  add(fields.incomplete, "Incomplete frame", "ck.incomplete", FT_BYTES, BASE_NONE,
      "The beginning of a frame whose rest is not at hand");
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
      "The answer is in this frame", FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE));
  add(fields.response_to, "Response to", "ck.response_to", FT_FRAMENUM, BASE_NONE,
      "The request that this answers is in this frame", FRAMENUM_TYPE(FT_FRAMENUM_REQUEST));
  add(fields.response_time, "Response time", "ck.response_time", FT_RELATIVE_TIME, BASE_NONE,
      "From the request to its answer");
  add(fields.unanswered, "Unanswered", "ck.unanswered", FT_BOOLEAN, BASE_NONE, "No answer came");
  add(fields.procedure, "Procedure", "ck.procedure", FT_STRING, BASE_NONE,
      "The relay, session or reservation that this message belongs to");
  add(fields.procedure_id, "Procedure ID", "ck.procedure.id", FT_UINT32, BASE_DEC,
      "Its number, counted through the capture");
  add(fields.procedure_state, "State", "ck.procedure.state", FT_STRING, BASE_NONE,
      "Where it stands at its end");
  add(fields.procedure_frame, "Frame", "ck.procedure.frame", FT_FRAMENUM, BASE_NONE, "Another message of it");
  add(fields.violation, "Violation", "ck.violation", FT_STRING, BASE_NONE, "Slug of a rule that is broken");
  add(fields.violation_severity, "Severity", "ck.violation.severity", FT_STRING, BASE_NONE,
      "error, warning or note");
  add(fields.violation_clause, "Clause", "ck.violation.clause", FT_STRING, BASE_NONE, "Clause of Q.4164");
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

ei_register_info expert_of(expert_field& id, const char* name, int severity, const char* summary) {
  id = EI_INIT;
  return {&id, {name, PI_PROTOCOL, severity, summary, EXPFILL}};
}

void register_experts(int proto) {
  static std::array<ei_register_info, kRuleCount + 2> infos;
  std::size_t i = 0;
  for (const RuleSpec& spec : rules()) {
    infos[i] =
        expert_of(experts[i], spec.expert_field.data(), severity_of(spec.severity), spec.summary.data());
    ++i;
  }
  infos[i++] = expert_of(expert_more, "ck.expert.more", PI_NOTE, "More findings than are shown");
  infos[i++] = expert_of(expert_undecidable, "ck.expert.undecidable", PI_NOTE,
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
