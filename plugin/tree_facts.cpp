// What the audit knows of a message: its pair, its procedure, its findings.
#include <optional>

#include "fields.h"
#include "tree.h"

namespace ck::plugin {
namespace {

/// So many other messages of a procedure are linked, those next to this one.
constexpr std::size_t kMaxLinks = 200;

struct Place {
  tvbuff_t* tvb;
  int begin, size;
  packet_info* pinfo;
  proto_tree* tree;
  const Payload* payload = nullptr;      ///< of the message; nullptr: this is about none
  proto_item* const* members = nullptr;  ///< the items of its members; nullptr: none is shown
  std::uint32_t payload_at = 0;          ///< where it begins, behind `begin`
};

/// A link that says which message it leads to: "Key relay request in: 20".
void add_link(const Place& place, int hf, const MessageFacts& to) {
  const MessageSpec* spec = find_meant(to.command);
  proto_item* item = spec == nullptr ? proto_tree_add_uint(place.tree, hf, place.tvb, 0, 0, to.frame)
                                     : proto_tree_add_uint_format(place.tree, hf, place.tvb, 0, 0, to.frame,
                                                                  "%s in: %u", spec->name.data(), to.frame);
  proto_item_set_generated(item);
}

bool has_finding(std::uint64_t message, Rule rule) {
  for (const FindingTable* results :
       {&state.dissection->results().findings, &state.dissection->end_results().findings}) {
    const auto found = results->by_message.find(message);
    if (found == results->by_message.end()) continue;
    for (const ShownFinding& finding : found->second.kept) {
      if (finding.rule == rule) return true;
    }
  }
  return false;
}

void show_pair(const Place& place, const MessageFacts& facts, std::uint64_t message) {
  const AuditResults& results = state.dissection->results();
  if (const MessageFacts* request = results.find_facts(facts.answers); request != nullptr) {
    add_link(place, fields.response_to, *request);
    if (facts.response_time_ns) {
      nstime_t time;
      time.secs = static_cast<time_t>(*facts.response_time_ns / 1'000'000'000);
      time.nsecs = static_cast<int>(*facts.response_time_ns % 1'000'000'000);
      proto_item_set_generated(proto_tree_add_time(place.tree, fields.response_time, place.tvb, 0, 0, &time));
      // Microseconds are as fine as a column needs.
      const std::int64_t microseconds = *facts.response_time_ns / 1000;
      const double ms = static_cast<double>(microseconds) / 1000;
      proto_item_set_hidden(proto_tree_add_double(place.tree, fields.response_time_ms, place.tvb, 0, 0, ms));
    }
  }
  if (const MessageFacts* response = results.find_facts(facts.answered_by); response != nullptr) {
    add_link(place, fields.response_in, *response);
  } else if (has_finding(message, Rule::unanswered_request)) {
    proto_item_set_generated(proto_tree_add_boolean(place.tree, fields.unanswered, place.tvb, 0, 0, 1));
  }
}

void show_procedure(const Place& place, const MessageFacts& facts, std::uint64_t message) {
  const AuditResults& results = state.dissection->results();
  const auto found = results.procedures.find(facts.procedure);
  if (facts.procedure == 0 || found == results.procedures.end()) return;
  const ProcedureFacts& procedure = found->second;
  ProcedureState now = procedure.state;
  if (const auto final = state.dissection->end_results().states.find(facts.procedure);
      final != state.dissection->end_results().states.end()) {
    now = final->second;
  }
  const char* kind = text_of(place.pinfo, name_of(kind_of(now)));
  const char* shown = text_of(place.pinfo, name_of(now));
  proto_item* item = proto_tree_add_string_format_value(place.tree, fields.procedure, place.tvb, 0, 0, kind,
                                                        "%s %u, %s", kind, facts.procedure, shown);
  proto_item_set_generated(item);
  const Place inner{
      place.tvb,    place.begin, place.size, place.pinfo, proto_item_add_subtree(item, subtrees.procedure),
      place.payload};
  proto_item_set_generated(
      proto_tree_add_uint(inner.tree, fields.procedure_id, place.tvb, 0, 0, facts.procedure));
  proto_item_set_generated(proto_tree_add_string(inner.tree, fields.procedure_state, place.tvb, 0, 0, shown));
  const char* summary = is_noted(inner.tree, fields.procedure_summary)
                            ? wmem_strdup_printf(place.pinfo->pool, "%s %u %s", kind, facts.procedure, shown)
                            : "";
  proto_item_set_hidden(
      proto_tree_add_string(inner.tree, fields.procedure_summary, place.tvb, 0, 0, summary));
  const std::span<const std::uint64_t> messages = procedure.messages;
  std::size_t at = 0;
  while (at < messages.size() && messages[at] < message) ++at;
  const std::size_t first = at > kMaxLinks / 2 ? at - kMaxLinks / 2 : 0;
  for (std::size_t i = first; i < messages.size() && i < first + kMaxLinks; ++i) {
    const MessageFacts* other = results.find_facts(messages[i]);
    if (messages[i] == message || other == nullptr || !take_room(1)) continue;
    add_link(inner, fields.procedure_frame, *other);
  }
}

bool is_about(const ShownFinding& finding, const Member& member) {
  const bool official = member.id && finding.parameter == parameter(*member.id).name;
  return official || finding.parameter == member.name;
}

/// The member that the finding is about, by its index; nullopt where there is none.
std::optional<std::size_t> member_of(const Place& message, const ShownFinding& finding) {
  if (message.payload == nullptr || finding.parameter.empty()) return std::nullopt;
  const std::span<const Member> members = message.payload->members;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (!is_about(finding, members[i])) continue;
    if (finding.rule != Rule::duplicate_parameter || members[i].duplicate) return i;
  }
  return std::nullopt;
}

/// The place, narrowed to a member of the message's payload.
Place place_of(const Place& message, std::size_t index) {
  Place place = message;
  const Member& member = message.payload->members[index];
  place.begin = message.begin + static_cast<int>(message.payload_at + member.name_range.begin);
  place.size = static_cast<int>(member.range.begin + member.range.size - member.name_range.begin);
  return place;
}

/// Bytes of an expert info that Wireshark does not cut, without ": ".
constexpr std::size_t kExpertText = 237;

/// The expert info of a finding, which begins with the rule's slug.
void add_expert(packet_info* pinfo, proto_item* item, const ShownFinding& finding) {
  const std::string_view slug = rule(finding.rule).slug;
  expert_add_info_format(pinfo, item, &expert_for(finding.rule, finding.severity), "%s: %s", slug.data(),
                         label_of(pinfo, finding.text, kExpertText - slug.size()));
}

void show_finding(const Place& message, const ShownFinding& finding) {
  if (!take_room(9)) return;
  if (message.tree == nullptr) {
    add_expert(message.pinfo, nullptr, finding);
    return;
  }
  const std::optional<std::size_t> member = member_of(message, finding);
  const Place place = member ? place_of(message, *member) : message;
  if (member && message.members != nullptr)
    mark_item(message.members[*member], group_of(finding.rule), severity_of(finding.severity));
  const RuleSpec& spec = rule(finding.rule);
  proto_item* item = proto_tree_add_string(place.tree, fields.violation, place.tvb, place.begin, place.size,
                                           text_of(place.pinfo, spec.slug));
  proto_item_set_generated(item);
  proto_tree* inner = proto_item_add_subtree(item, subtrees.violation);
  proto_item_set_generated(proto_tree_add_string(inner, fields.violation_severity, place.tvb, place.begin,
                                                 place.size,
                                                 text_of(place.pinfo, name_of(finding.severity))));
  proto_item_set_generated(proto_tree_add_string(inner, fields.violation_clause, place.tvb, place.begin,
                                                 place.size, text_of(place.pinfo, spec.clause)));
  add_expert(place.pinfo, item, finding);
}

void show_list(const Place& place, const FindingTable::List& list, proto_item* item) {
  for (const ShownFinding* finding = list.kept.data(); finding != list.kept.data() + list.kept.size();
       ++finding) {
    show_finding(place, *finding);
  }
  if (list.more == 0) return;
  expert_add_info_format(place.pinfo, item, &expert_more, "%lu more findings are not shown",
                         static_cast<unsigned long>(list.more));
}

using Lists = std::unordered_map<std::uint64_t, FindingTable::List>;

void show_lists(const Place& place, const Lists& lists, std::uint64_t key, proto_item* item) {
  if (const auto found = lists.find(key); found != lists.end()) show_list(place, found->second, item);
}

}  // namespace

bool has_expert_listeners() {
  static int expert_tap = 0;
  if (expert_tap == 0) expert_tap = find_tap_id("expert");
  return expert_tap != 0 && have_tap_listener(expert_tap);
}

void tell_experts(std::uint64_t message, packet_info* pinfo) {
  if (state.dissection == nullptr) return;
  const Place nowhere{nullptr, 0, 0, pinfo, nullptr};
  show_lists(nowhere, state.dissection->results().findings.by_message, message, nullptr);
  show_lists(nowhere, state.dissection->end_results().findings.by_message, message, nullptr);
}

void show_facts(const Slice& slice, const Payload& payload, proto_item* const* members, tvbuff_t* tvb,
                packet_info* pinfo, proto_item* item, proto_tree* tree) {
  if (state.dissection == nullptr) return;
  const std::uint64_t message = slice.message;
  const MessageFacts* facts = state.dissection->results().find_facts(message);
  if (facts == nullptr) return;
  const Place place{tvb,
                    static_cast<int>(slice.begin),
                    static_cast<int>(slice.size),
                    pinfo,
                    tree,
                    payload.state == PayloadState::object ? &payload : nullptr,
                    members,
                    slice.payload_at};
  show_pair(place, *facts, message);
  show_procedure(place, *facts, message);
  show_lists(place, state.dissection->results().findings.by_message, message, item);
  show_lists(place, state.dissection->end_results().findings.by_message, message, item);
}

void show_frame_findings(tvbuff_t* tvb, packet_info* pinfo, proto_tree* whole_tree) {
  if (state.dissection == nullptr || (whole_tree == nullptr && !has_expert_listeners())) return;
  const Lists& told = state.dissection->results().findings.by_frame;
  const Lists& ahead = state.dissection->end_results().findings.by_frame;
  const bool undecidable = state.dissection->is_undecidable(pinfo->num);
  if (told.find(pinfo->num) == told.end() && ahead.find(pinfo->num) == ahead.end() && !undecidable) return;
  proto_tree* const tree = if_looked_at(whole_tree, pinfo);
  if (tree == nullptr && state.tree == nullptr) show_protocol_alone(kNoMessage, tvb, 0, 0, pinfo, whole_tree);
  if (tree == nullptr) {
    state.tree = nullptr;
  } else if (state.tree == nullptr) {
    proto_item* item = proto_tree_add_item(tree, state.proto, tvb, 0, 0, ENC_NA);
    proto_item_append_text(item, ", findings of this frame");
    proto_item_set_generated(item);
    state.tree = proto_item_add_subtree(item, subtrees.frame);
  }
  const Place place{tvb, 0, 0, pinfo, state.tree};
  proto_item* item = state.tree == nullptr ? nullptr : proto_tree_get_parent(state.tree);
  // Expert infos name the protocol that is current, which at the end of a frame is "Frame".
  const char* protocol = pinfo->current_proto;
  pinfo->current_proto = "Ck";
  if (undecidable) expert_add_info(pinfo, item, &expert_undecidable);
  show_lists(place, told, pinfo->num, item);
  show_lists(place, ahead, pinfo->num, item);
  pinfo->current_proto = protocol;
}

}  // namespace ck::plugin
