// Protocol and Info: message name, outcome, the identifiers that matter, MessageID and the errors, so that
// the list shows faults and Wireshark's flow graph reads as a ladder.
#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <string>

#include "core/label.h"
#include "protocol/catalogue.h"
#include "protocol/payload.h"
#include "protocol/result.h"
#include "settings.h"
#include "tree.h"

namespace ck::plugin {
namespace {

// Bytes of a text.
constexpr std::size_t kShownIdentifier = 64;
constexpr std::size_t kShownFailure = 256;
constexpr std::size_t kShownElements = 8;

void append_label(std::string& out, std::string_view text, std::size_t most) {
  if (text.size() <= most && is_plain_label(text)) {
    out += text;
    return;
  }
  const std::size_t before = out.size();
  out.resize(before + most);
  const char* end = write_label(text, most, out.data() + before);
  out.resize(static_cast<std::size_t>(end - out.data()));
}

void append_text(std::string& out, std::string_view text) {
  append_label(out, text.empty() ? "(empty)" : text, kShownIdentifier);
}

void append_list(std::string& out, const Payload& payload, const Member& member) {
  std::size_t shown = 0;
  for (const Element& element : payload.elements_of(member)) {
    if (shown++ > 0) out += ", ";
    if (shown > kShownElements) {
      out += "...";
      return;
    }
    append_text(out, element.text);
  }
}

const Member* readable(const Payload& payload, Parameter id) {
  const Member* member = payload.find(id);
  return member != nullptr && (member->fit == Fit::listed || member->fit == Fit::variant) ? member : nullptr;
}

void append_single(std::string& out, const char* before, const Payload& payload, Parameter id) {
  const Member* member = readable(payload, id);
  if (member == nullptr) return;
  out += before;
  append_text(out, member->text);
}

void append_several(std::string& out, const char* before, const Payload& payload, Parameter id) {
  const Member* member = readable(payload, id);
  if (member == nullptr || member->element_count == 0) return;
  out += before;
  append_list(out, payload, *member);
}

void append_identifiers(std::string& out, const Payload& payload) {
  append_single(out, ", from ", payload, Parameter::source_kma_id);
  append_single(out, ", from ", payload, Parameter::application_source_id);
  append_single(out, ", to ", payload, Parameter::destination_kma_id);
  append_single(out, ", to ", payload, Parameter::application_destination_id);
  append_several(out, ", next ", payload, Parameter::next_kma_ids);
  append_several(out, ", via ", payload, Parameter::transit_kma_ids);
  append_single(out, ", relay ", payload, Parameter::key_relay_request_id);
  append_single(out, ", session ", payload, Parameter::session_id);
  append_several(out, ", keys ", payload, Parameter::key_ids);
}

/// What the result of a response says of what was asked for.
struct OutcomeWords {
  Command command;
  const char *success, *failure;
};
constexpr OutcomeWords kOutcomes[] = {
    {Command::relay_response, "completed", "failed"},
    {Command::session_response, "established", "refused"},
    {Command::session_notification_response, "accepted", "refused"},
    {Command::reservation_response, "reserved", "refused"},
    {Command::allocation_response, "allocated", "refused"},
};

/// Whether a result says no more than that something failed.
bool is_plain_failure(std::string_view text) {
  constexpr const char* kPlain[] = {"failure", "failed", "refused", "rejected", "NG"};
  return std::any_of(std::begin(kPlain), std::end(kPlain), [text](const char* plain) {
    return text.size() == std::strlen(plain) && g_ascii_strncasecmp(text.data(), plain, text.size()) == 0;
  });
}

/// ": refused (no such application)", ": established", ": no next hop". A Response that is no plain failure
/// is repeated, and so is one that nobody understands.
/// Over gRPC one that is left out is a success.
void append_outcome(std::string& out, const MessageSpec& spec, const Payload& payload, bool over_grpc) {
  const Member* hops = readable(payload, Parameter::next_kma_ids);
  if (hops != nullptr && hops->element_count == 0) out += ": no next hop";
  const auto words = std::find_if(std::begin(kOutcomes), std::end(kOutcomes),
                                  [&spec](const OutcomeWords& row) { return row.command == spec.command; });
  const Member* response = readable(payload, Parameter::response);
  const bool left_out = over_grpc && leaves_response_out(spec, payload);
  if (words == std::end(kOutcomes) || (response == nullptr && !left_out)) return;
  const Outcome outcome = left_out ? Outcome::success : check_result(*response);
  if (outcome == Outcome::success) {
    out.append(": ").append(words->success);
    return;
  }
  if (outcome == Outcome::unknown) {
    out += ": result ";
    append_text(out, response->text);
    return;
  }
  out.append(": ").append(words->failure);
  if (is_plain_failure(response->text)) return;
  out += " (";
  append_text(out, response->text);
  out += ')';
}

/// " [missing-parameter]" for each rule that the message breaks and whose severity is error.
void append_errors(std::string& out, std::uint64_t message) {
  if (state.dissection == nullptr) return;
  std::array<bool, kRuleCount> said{};
  for (const FindingTable* results :
       {&state.dissection->results().findings, &state.dissection->end_results().findings}) {
    const auto found = results->by_message.find(message);
    if (found == results->by_message.end()) continue;
    for (const ShownFinding& finding : found->second.kept) {
      bool& is_said = said[static_cast<std::size_t>(finding.rule)];
      if (finding.severity != Severity::error || is_said) continue;
      out.append(" [").append(rule(finding.rule).slug).append("]");
      is_said = true;
    }
  }
}

std::string info;  // kept between calls for its buffer only

const char* make_info(std::uint16_t command, const char* number_name, std::uint64_t number,
                      const Payload* payload, std::uint64_t message, bool over_grpc) noexcept {
  try {
    const MessageSpec* spec = find_meant(command);
    const char* vendor = spec == nullptr ? vendor_command_name(command) : nullptr;
    if (spec != nullptr) {
      info = spec->name;
    } else if (vendor != nullptr) {
      info = vendor;
    } else {
      info = "Unknown command ";
      info += command_text(command);
    }
    if (payload != nullptr && payload->state == PayloadState::object) {
      if (spec != nullptr) append_outcome(info, *spec, *payload, over_grpc);
      append_identifiers(info, *payload);
    } else if (vendor == nullptr) {  // a vendor's own payload need not be JSON
      info += ", malformed payload";
    }
    info += number_name;
    info += std::to_string(number);
    append_errors(info, message);
    replace_noncharacters(info.data());
    return info.c_str();
  } catch (const std::exception&) {
    return "Ck";
  }
}

std::string rpc_info;  ///< of the frame at hand

void note(std::string_view text) noexcept {
  try {
    if (state.rpc_columns) rpc_info += " | ";
    if (!state.rpc_columns) rpc_info.clear();
    rpc_info += text;
    state.rpc_columns = true;
  } catch (const std::exception&) {
  }
}

/// "KeyReservation" of "/qkdn.ck.v1.KeyManager/KeyReservation".
std::string_view method_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

void note_columns(const RpcMessage& message, const Payload* payload, std::uint64_t index) {
  note(make_info(message.spec->code(), ", stream ", message.stream, payload, index, true));
}

void note_columns(const RpcFailure& failure) {
  try {
    std::string text(method_of(failure.rpc->path));
    text += ": failed (";
    append_label(text, failure.result, kShownFailure);
    text += ')';
    replace_noncharacters(text.data());
    note(text);
  } catch (const std::exception&) {
  }
}

void write_rpc_columns(packet_info* pinfo) {
  if (!state.rpc_columns || !col_get_writable(pinfo->cinfo, COL_INFO)) return;
  for (const int column : {COL_PROTOCOL, COL_INFO}) col_clear_fence(pinfo->cinfo, column);
  col_set_str(pinfo->cinfo, COL_PROTOCOL, "Ck");
  col_add_str(pinfo->cinfo, COL_INFO, rpc_info.c_str());
}

void write_columns(packet_info* pinfo, const FrameHeader& header, const Payload* payload,
                   std::uint64_t message) {
  if (!col_get_writable(pinfo->cinfo, COL_INFO)) return;
  const char* text = make_info(header.command, ", MessageID ", header.message_id, payload, message, false);
  col_set_str(pinfo->cinfo, COL_PROTOCOL, "Ck");
  if (state.column_written) {
    col_append_sep_str(pinfo->cinfo, COL_INFO, " | ", text);
  } else {
    col_add_str(pinfo->cinfo, COL_INFO, text);
  }
  col_set_fence(pinfo->cinfo, COL_INFO);
  state.column_written = true;
}

}  // namespace ck::plugin
