// The rules that one payload decides by itself (packaging/doc/reading-q4164.md, "Parameters on the wire" and
// "Payload").
//
// How they are counted. A payload that is not JSON, or not an object, breaks that one rule, and no other is
// checked: the peer's fault, so nothing is undecidable either. Otherwise a rule is kept at most once a
// message, where the message has what the rule speaks of, and broken once for each occurrence: each absent
// parameter, each member that is unexpected, unknown or a repetition, each suspicious value; types and
// emptiness once for each parameter. A rule is undecidable where the request would have to be known (Tables 2
// and 4), or where a result that is neither success nor failure leaves open whether a reservation needs keys.
#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "audit/payload_verdicts.h"
#include "audit/rules/payload_texts.h"
#include "audit/rules/protobuf_texts.h"
#include "audit/rules/relay.h"
#include "audit/rules/reservation.h"
#include "protocol/result.h"

namespace ck::audit {
namespace {

/// One rule over one message: a verdict for every breach, or one that it was kept.
class RuleCheck {
 public:
  RuleCheck(PayloadVerdicts& verdicts, Rule rule) : verdicts_(verdicts), rule_(rule) {}

  void breach(std::string_view parameter, std::string text, std::optional<std::string> found = std::nullopt,
              std::optional<std::string> expected = std::nullopt) {
    broken_ = true;
    verdicts_.take(rule_,
                   Verdict::broken(std::move(text), parameter).with(std::move(found), std::move(expected)));
  }
  void end() {
    if (!broken_) verdicts_.take(rule_, Verdict::kept());
  }

 private:
  PayloadVerdicts& verdicts_;
  Rule rule_;
  bool broken_ = false;
};

std::string_view official_name(Parameter id) {
  return parameter(id).name;
}

/// Whether Response is an integer, of which Appendix II knows two. A numeral as text where the table lists a
/// text (5, 7 and 9) is the reason that belongs there, and no code.
bool is_result_code(const Message& message, const Member& response) {
  if (!response.integer || response.type != JsonType::string) return response.integer.has_value();
  const ParameterUse* use = message.spec->find(Parameter::response);
  return use == nullptr || use->type != ListedType::string;
}

class PayloadCheck {
 public:
  PayloadCheck(const Message& message, const RequestFacts& request, PayloadVerdicts& verdicts)
      : message_(message),
        payload_(*message.payload),
        spec_(*message.spec),
        request_(request),
        verdicts_(verdicts),
        over_grpc_(!message.header) {}

  void run() {
    index();
    check_names();
    check_key_material();
    check_types();
    check_empty_identifiers();
    check_presence();
    check_destination();
    check_next_hops();
    check_reservation();
    check_numbers();
  }

 private:
  void index();
  void check_names();
  void check_key_material();
  void check_types();
  void check_empty_identifiers();
  void check_presence();
  void check_incomplete_failure();
  void check_destination();
  void check_next_hops();
  void check_reservation();
  void check_numbers();

  /// The member that counts for a parameter of the table; nullptr when absent or null.
  [[nodiscard]] const Member* get(Parameter id) const { return first_[static_cast<std::size_t>(id)]; }
  /// A list that is there, can be read, and has no element: [], or a string without any.
  [[nodiscard]] static bool is_empty_list(const Member& member) {
    const ParameterKind kind = parameter(*member.id).kind;
    const bool list = kind == ParameterKind::identifier_list || kind == ParameterKind::key_list;
    return list && member.fit != Fit::wrong && member.element_count == 0;
  }
  [[nodiscard]] bool is_reservation_response() const {
    return spec_.command == Command::reservation_response;
  }
  [[nodiscard]] bool has_empty_identifier(const Member& member) const;
  [[nodiscard]] bool is_left_out(const ParameterUse& use) const;

  const Message& message_;
  const Payload& payload_;
  const MessageSpec& spec_;
  const RequestFacts& request_;
  PayloadVerdicts& verdicts_;
  const bool over_grpc_;
  std::array<const Member*, kParameterCount> first_{};
  Outcome outcome_ = Outcome::unknown;
  bool has_parameter_ = false;  ///< at least one of the table's
};

void PayloadCheck::index() {
  for (const Member& member : payload_.members) {
    if (!member.in_table || member.duplicate || member.type == JsonType::null) continue;
    first_[static_cast<std::size_t>(*member.id)] = &member;
    has_parameter_ = true;
  }
  // proto3 leaves zeros out, and 0 is OK.
  const Member* response = get(Parameter::response);
  if (response != nullptr) {
    outcome_ = check_result(*response);
  } else if (over_grpc_) {
    outcome_ = Outcome::success;
  }
}

void PayloadCheck::check_names() {
  RuleCheck duplicate(verdicts_, Rule::duplicate_parameter);
  RuleCheck unexpected(verdicts_, Rule::unexpected_parameter);
  RuleCheck unknown(verdicts_, Rule::unknown_parameter);
  for (const Member& member : payload_.members) {
    if (!member.id) {
      unknown.breach(member.name, payload_texts::unknown(message_, member), payload_texts::clip(member.name));
      continue;
    }
    if (member.duplicate && !member.overridden)
      duplicate.breach(official_name(*member.id), payload_texts::duplicate(message_, member),
                       payload_texts::value_of(member), "the parameter once");
    if (!member.in_table && member.type != JsonType::null)
      unexpected.breach(official_name(*member.id), payload_texts::unexpected(message_, member),
                        payload_texts::value_of(member));
  }
  duplicate.end();
  unexpected.end();
  unknown.end();
}

void PayloadCheck::check_key_material() {
  RuleCheck check(verdicts_, Rule::possible_key_material);
  for (const KeyMaterial& found : find_key_material(payload_))
    check.breach(found.name, payload_texts::key_material(message_, found));
  check.end();
}

// An empty list is checked by its own rules only, whatever form it has.
void PayloadCheck::check_types() {
  if (!has_parameter_) return;
  RuleCheck wrong(verdicts_, Rule::wrong_type);
  RuleCheck variant(verdicts_, Rule::type_variant);
  for (const Member* member : first_) {
    if (member == nullptr) continue;
    const std::string_view name = official_name(*member->id);
    if (member->fit == Fit::wrong) {
      wrong.breach(name, payload_texts::wrong_type(message_, *member), payload_texts::value_of(*member),
                   payload_texts::listed_type(message_, *member->id));
    } else if (message_.proto != nullptr && protobuf_texts::holds_json_text(message_, *member)) {
      wrong.breach(name, protobuf_texts::json_in_text(message_, *member), payload_texts::value_of(*member));
    }
    if (member->fit == Fit::variant && !over_grpc_ && !is_empty_list(*member))
      variant.breach(name, payload_texts::type_variant(message_, *member), payload_texts::value_of(*member),
                     payload_texts::listed_type(message_, *member->id));
  }
  wrong.end();
  if (!over_grpc_) variant.end();
}

/// Key IDs "" is an empty identifier in 0x410C and 0x140D; a 0x140B without keys has rules of its own,
/// Transit KMA IDs "" is a direct route and Next KMA IDs "" no next hop.
bool PayloadCheck::has_empty_identifier(const Member& member) const {
  const bool empty_text = member.type == JsonType::string && member.text.empty();
  switch (parameter(*member.id).kind) {
    case ParameterKind::identifier:
      return empty_text;
    case ParameterKind::key_list:
      if (empty_text) return !is_reservation_response();
      break;
    case ParameterKind::identifier_list:
      break;
    case ParameterKind::result:
    case ParameterKind::count:
    case ParameterKind::extension:
      return false;
  }
  for (const Element& element : payload_.elements_of(member)) {
    if (element.fit != Fit::wrong && element.text.empty()) return true;
  }
  return false;
}

void PayloadCheck::check_empty_identifiers() {
  RuleCheck check(verdicts_, Rule::empty_identifier);
  bool any = false;
  for (const Member* member : first_) {
    // A list with an unreadable element may still hold an empty one: both are to be mended.
    if (member == nullptr || (member->fit == Fit::wrong && member->element_count == 0)) continue;
    const ParameterKind kind = parameter(*member->id).kind;
    any = any || kind == ParameterKind::identifier || member->element_count > 0;
    if (has_empty_identifier(*member))
      check.breach(official_name(*member->id), payload_texts::empty_identifier(message_, *member),
                   std::string(), "an identifier");
  }
  if (any) check.end();
}

/// A mandatory parameter of the table that is absent, so that no rule but missing-parameter or
/// incomplete-failure-response speaks of it.
bool PayloadCheck::is_left_out(const ParameterUse& use) const {
  const Member* member = get(use.id);
  switch (use.id) {
    case Parameter::response:
    case Parameter::next_kma_ids:
    case Parameter::transit_kma_ids:
      return member == nullptr && !over_grpc_;
    case Parameter::key_ids:
      if (is_reservation_response()) return member == nullptr && outcome_ == Outcome::unknown;
      return member == nullptr || (is_empty_list(*member) && !has_empty_identifier(*member));
    default:
      return member == nullptr;
  }
}

void PayloadCheck::check_presence() {
  RuleCheck missing(verdicts_, Rule::missing_parameter);
  bool applies = false, open = false;
  std::array<Parameter, kParameterCount> left_out{};
  std::size_t left_out_count = 0, excusable = 0;
  for (const ParameterUse& use : spec_.parameters) {
    const bool conditional = use.presence == Presence::if_application_named;
    if (!conditional && use.presence != Presence::mandatory) continue;
    applies = true;
    const bool excused = outcome_ == Outcome::failure && use.id != Parameter::response;
    excusable += excused && use.id != Parameter::key_ids;
    if (!is_left_out(use)) continue;
    if (excused) {
      left_out[left_out_count++] = use.id;
    } else if (!conditional) {
      missing.breach(official_name(use.id), payload_texts::missing(message_, use.id, get(use.id), {}),
                     std::nullopt, payload_texts::listed_type(message_, use.id));
    } else if (!request_.known) {
      open = true;
    } else if (request_.named_application) {
      missing.breach(
          official_name(use.id),
          payload_texts::missing(message_, use.id, nullptr, " because its request named an application"),
          std::nullopt, payload_texts::listed_type(message_, use.id));
    }
  }
  if (open) {
    verdicts_.take(Rule::missing_parameter, Verdict::undecidable());
  } else if (applies) {
    missing.end();
  }
  if (excusable == 0) return;
  RuleCheck incomplete(verdicts_, Rule::incomplete_failure_response);
  if (left_out_count > 0) {
    const std::span<const Parameter> ids(left_out.data(), left_out_count);
    incomplete.breach(left_out_count == 1 ? official_name(ids[0]) : std::string_view{},
                      payload_texts::incomplete_failure(message_, ids), std::nullopt,
                      payload_texts::join(ids));
  }
  incomplete.end();
}

void PayloadCheck::check_destination() {
  const ParameterUse* use = spec_.find(Parameter::destination_kma_id);
  if (use == nullptr || use->presence != Presence::either_destination) return;
  RuleCheck check(verdicts_, Rule::missing_destination);
  if (get(Parameter::destination_kma_id) == nullptr && get(Parameter::application_destination_id) == nullptr)
    check.breach({}, payload_texts::missing_destination(message_), std::nullopt,
                 "Destination KMA ID or Application destination ID");
  check.end();
}

void PayloadCheck::check_next_hops() {
  if (spec_.find(Parameter::next_kma_ids) == nullptr) return;
  const Member* hops = get(Parameter::next_kma_ids);
  const bool readable = hops == nullptr ? over_grpc_ : hops->fit != Fit::wrong || hops->element_count > 0;
  if (!readable) return;
  const bool empty = hops != nullptr && is_empty_list(*hops);
  verdicts_.take(Rule::no_next_hop, check::no_next_hop(hops == nullptr, empty));
}

void PayloadCheck::check_reservation() {
  if (!is_reservation_response()) return;
  const Member* keys = get(Parameter::key_ids);
  if (outcome_ != Outcome::unknown && keys != nullptr && keys->fit == Fit::wrong && keys->element_count == 0)
    return;
  check::ReservationFacts facts;
  facts.outcome = outcome_;
  if (const Member* response = get(Parameter::response); response != nullptr) facts.response = response->text;
  facts.keys_absent = keys == nullptr;
  facts.keys_empty = keys != nullptr && is_empty_list(*keys);
  if (keys != nullptr) {
    const auto elements = payload_.elements_of(*keys);
    facts.key_count = elements.size();
    const auto named = std::find_if(elements.begin(), elements.end(), [](const Element& element) {
      return element.fit != Fit::wrong && !element.text.empty();
    });
    if (named != elements.end()) facts.first_key = named->text;
  }
  verdicts_.take(Rule::reservation_without_keys, check::reservation_without_keys(facts));
  verdicts_.take(Rule::failed_reservation_with_keys, check::failed_reservation_with_keys(facts));
}

void PayloadCheck::check_numbers() {
  const Member* count = get(Parameter::number_of_keys);
  if (count != nullptr && count->fit != Fit::wrong && count->integer) {
    RuleCheck check(verdicts_, Rule::invalid_number_of_keys);
    if (*count->integer < (over_grpc_ ? 0 : 1))  // a zero over gRPC is none
      check.breach(official_name(Parameter::number_of_keys),
                   payload_texts::invalid_number_of_keys(message_, *count), payload_texts::clip(count->text),
                   "1 or more");
    check.end();
  }
  const Member* response = get(Parameter::response);
  if (response != nullptr && response->fit != Fit::wrong && is_result_code(message_, *response)) {
    RuleCheck check(verdicts_, Rule::unknown_result_code);
    if (*response->integer != 0 && *response->integer != 1)
      check.breach(official_name(Parameter::response), payload_texts::unknown_result_code(*response->integer),
                   payload_texts::clip(response->text), "0 or 1");
    check.end();
  }
}

using ParameterSet = unsigned;  ///< a bit for each Parameter
static_assert(kParameterCount <= 32);
constexpr ParameterSet bit(Parameter id) {
  return ParameterSet{1} << static_cast<unsigned>(id);
}

/// What a message's table asks of a payload in which all that stands is right.
struct Demands {
  ParameterSet required = 0;   ///< whose absence has to be checked
  bool excusable = false;      ///< some of these may be absent from a failure's response
  bool a_destination = false;  ///< one of the two must be there
};

constexpr Demands demands_of(const MessageSpec& spec) {
  Demands demands;
  for (const ParameterUse& use : spec.parameters) {
    demands.a_destination = demands.a_destination || use.presence == Presence::either_destination;
    if (use.presence != Presence::mandatory && use.presence != Presence::if_application_named) continue;
    demands.required |= bit(use.id);
    demands.excusable = demands.excusable || (use.id != Parameter::response && use.id != Parameter::key_ids);
  }
  return demands;
}

/// Of a parameter that may stand in a clean payload: it is of the message's table, stands once, has the
/// listed type and is not empty, and a number is in its limits.
bool is_clean(const Message& message, const Member& member) {
  if (!member.in_table || member.duplicate || member.fit != Fit::listed) return false;
  switch (parameter(*member.id).kind) {
    case ParameterKind::identifier:
      return !member.text.empty();
    case ParameterKind::count:
      return *member.integer >= 1;
    case ParameterKind::result:
      return !is_result_code(message, member) || *member.integer == 0 || *member.integer == 1;
    case ParameterKind::extension:
      return true;
    case ParameterKind::identifier_list:
    case ParameterKind::key_list:
      break;
  }
  const auto elements = message.payload->elements_of(member);
  return !elements.empty() &&
         std::none_of(elements.begin(), elements.end(), [](const Element& e) { return e.text.empty(); });
}

}  // namespace

/// A rule that is kept here is kept by PayloadCheck too. Over gRPC, what is absent and which types there are
/// is checked otherwise.
RuleSet kept_by_clean_payload(const Message& message) {
  if (message.payload->state != PayloadState::object || !message.header) return 0;
  static const auto kDemands = [] {
    std::array<Demands, kMessageCount> all;
    std::transform(messages().begin(), messages().end(), all.begin(), demands_of);
    return all;
  }();
  constexpr ParameterSet kDestinations =
      bit(Parameter::destination_kma_id) | bit(Parameter::application_destination_id);
  constexpr ParameterSet kNameless =
      bit(Parameter::response) | bit(Parameter::number_of_keys) | bit(Parameter::extension);
  const Payload& payload = *message.payload;
  ParameterSet present = 0;
  for (const Member& member : payload.members) {
    if (!is_clean(message, member)) return 0;
    present |= bit(*member.id);
  }
  const Demands& demands = kDemands[static_cast<std::size_t>(message.spec - messages().data())];
  if ((demands.required & ~present) != 0) return 0;
  if (demands.a_destination && (present & kDestinations) == 0) return 0;
  const Member* response = payload.find(Parameter::response);
  const Outcome outcome = response == nullptr ? Outcome::unknown : check_result(*response);
  const bool reservation = message.spec->command == Command::reservation_response;
  if (reservation && (outcome != Outcome::success || (present & bit(Parameter::key_ids)) == 0)) return 0;
  if (!find_key_material(payload).empty()) return 0;

  RuleSet kept = bit(Rule::malformed_payload) | bit(Rule::payload_not_object) |
                 bit(Rule::duplicate_parameter) | bit(Rule::unexpected_parameter) |
                 bit(Rule::unknown_parameter) | bit(Rule::possible_key_material);
  const auto add = [&kept](bool applies, Rule rule) { kept |= applies ? bit(rule) : RuleSet{0}; };
  add(present != 0, Rule::wrong_type);
  add(present != 0, Rule::type_variant);
  add((present & ~kNameless) != 0, Rule::empty_identifier);
  add(demands.required != 0, Rule::missing_parameter);
  add(demands.excusable && outcome == Outcome::failure, Rule::incomplete_failure_response);
  add(demands.a_destination, Rule::missing_destination);
  add((present & bit(Parameter::next_kma_ids)) != 0, Rule::no_next_hop);
  add(reservation, Rule::reservation_without_keys);
  add((present & bit(Parameter::number_of_keys)) != 0, Rule::invalid_number_of_keys);
  add(response != nullptr && is_result_code(message, *response), Rule::unknown_result_code);
  return kept;
}

PayloadVerdicts check_payload(const Message& message, const RequestFacts& request) {
  PayloadVerdicts verdicts;
  const Payload& payload = *message.payload;
  if (payload.state == PayloadState::malformed) {
    verdicts.take(Rule::malformed_payload, Verdict::broken(payload_texts::malformed_payload(message)));
    return verdicts;
  }
  verdicts.kept = kept_by_clean_payload(message);
  if (verdicts.kept != 0) return verdicts;
  verdicts.take(Rule::malformed_payload, Verdict::kept());
  if (payload.state == PayloadState::not_object) {
    verdicts.take(Rule::payload_not_object, Verdict::broken(payload_texts::payload_not_object(message)));
    return verdicts;
  }
  verdicts.take(Rule::payload_not_object, Verdict::kept());
  PayloadCheck(message, request, verdicts).run();
  return verdicts;
}

}  // namespace ck::audit
