// The rules that one payload decides by itself, of what must be there: each broken, nearly broken, and by
// every ruling on the fine print. All payloads and expectations are typed by hand from Tables 1 to 13 and the
// rulings.
#include "checked_payload.h"

namespace ck::audit {
namespace {

using namespace std::string_literals;

// A message of each table with all its parameters, in the types that the table lists.
struct Whole {
  std::uint16_t command;
  const char* json;
};
const Whole kWhole[] = {
    {0x1401,
     R"({"Source KMA ID":"A","Destination KMA ID":"D","Application destination ID":"Y","Extension":[]})"},
    {0x4102,
     R"({"Source KMA ID":"A","Destination KMA ID":"D","Next KMA IDs":["B","C"],"Extension":[{"x":1}]})"},
    {0x1403,
     R"({"Source KMA ID":"A","Destination KMA ID":"D","Application destination ID":"Y","Extension":[{}]})"},
    {0x4104,
     R"({"Source KMA ID":"A","Destination KMA ID":"D","Transit KMA IDs":"B,C","Key relay request ID":"R"})"},
    {0x1405, R"({"Response":"success","Key relay request ID":"R","Extension":[]})"},
    {0x1406, R"({"Application source ID":"X","Application destination ID":"Y","Number of keys":1})"},
    {0x4107, R"({"Session ID":"S","Response":"success","Destination KM ID":"M"})"},
    {0x4108,
     R"({"Application source ID":"X","Application destination ID":"Y","Session ID":"S","Source KM ID":"L","Number of keys":9})"},
    {0x1409, R"({"Session ID":"S","Response":"success"})"},
    {0x410A, R"({"Source KMA ID":"A","Destination KMA ID":"D","Application destination ID":"Y"})"},
    {0x140B,
     R"({"Source KMA ID":"A","Destination KMA ID":"D","Application destination ID":"Y","Key IDs":"K1,K2","Response":0})"},
    {0x410C, R"({"Source KMA ID":"A","Destination KMA ID":"D","Key IDs":[{"Key ID":"K1"}]})"},
    {0x140D, R"({"Source KMA ID":"A","Destination KMA ID":"D","Key IDs":[{"Key ID":"K1"}],"Response":0})"},
};

/// A value of a parameter as its table lists it; `variant` picks another one that may be unusual.
std::string value_of(const ParameterUse& use, unsigned variant) {
  switch (parameter(use.id).kind) {
    case ParameterKind::result: {
      constexpr const char* kResults[] = {"0", "\"success\"", "1",     "\"failure\"",
                                          "7", "\"maybe\"",   "\"0\"", "null"};
      return kResults[variant % std::size(kResults)];
    }
    case ParameterKind::count:
      return variant % 5 == 4 ? "0" : "2";
    case ParameterKind::extension:
      return "[{}]";
    case ParameterKind::identifier:
      return variant % 7 == 6 ? "\"\"" : "\"a\"";
    case ParameterKind::identifier_list:
    case ParameterKind::key_list:
      break;
  }
  if (variant % 7 == 6) return "[]";
  if (use.type == ListedType::object_array) return R"([{"Key ID":"k"}])";
  return variant % 3 == 0 ? R"(["a","b"])" : "\"a\"";
}

// A clean payload takes a way of its own. A member that is unknown makes it go the long way, where nothing
// else may be counted otherwise.
TEST(PayloadRules, ACleanPayloadKeepsWhatIsKeptOneByOne) {
  int clean = 0;
  for (const MessageSpec& spec : messages()) {
    for (unsigned subset = 0; subset < 1U << spec.parameters.size(); ++subset) {
      for (unsigned variant = 0; variant < 24; ++variant) {
        std::string members;
        for (std::size_t i = 0; i < spec.parameters.size(); ++i) {
          const ParameterUse& use = spec.parameters[i];
          if ((subset >> i & 1) == 0) continue;
          members.append(",\"").append(parameter(use.id).name).append("\":").append(value_of(use, variant));
        }
        const std::string json = "{" + (members.empty() ? members : members.substr(1)) + "}";
        const Told quick = run(spec.code(), json), slow = run(spec.code(), "{\"x\":1" + members + "}");
        clean += quick.findings.empty() ? 1 : 0;
        ASSERT_EQ(quick.kept_of(Rule::unknown_parameter), 1);
        for (std::size_t i = 0; i < kRuleCount; ++i) {
          if (static_cast<Rule>(i) == Rule::unknown_parameter) continue;
          ASSERT_EQ(quick.kept_count[i], slow.kept_count[i]) << rules()[i].slug << " in " << json;
          ASSERT_EQ(quick.broken_count[i], slow.broken_count[i]) << rules()[i].slug << " in " << json;
          ASSERT_EQ(quick.undecidable_count[i], slow.undecidable_count[i])
              << rules()[i].slug << " in " << json;
        }
      }
    }
  }
  EXPECT_GT(clean, 1000);
}

TEST(PayloadRules, WholeMessagesBreakNothing) {
  for (const Whole& whole : kWhole) {
    const Told result = run(whole.command, whole.json);
    EXPECT_EQ(result.findings, Findings{}) << whole.json;
    EXPECT_EQ(result.undecidable_count, (std::array<int, kRuleCount>{})) << whole.json;
    for (const Rule id : {Rule::malformed_payload, Rule::payload_not_object, Rule::wrong_type,
                          Rule::type_variant, Rule::duplicate_parameter, Rule::unexpected_parameter,
                          Rule::unknown_parameter, Rule::possible_key_material})
      EXPECT_EQ(result.kept_of(id), 1) << rule(id).slug << " " << whole.json;
    const bool tables_1_3 = whole.command == 0x1401 || whole.command == 0x1403;
    EXPECT_EQ(result.kept_of(Rule::missing_destination), tables_1_3 ? 1 : 0) << whole.json;
    EXPECT_EQ(result.kept_of(Rule::missing_parameter), tables_1_3 ? 0 : 1) << whole.json;
  }
}

// Each mandatory parameter, taken away and made null.
struct Mandatory {
  std::uint16_t command;
  const char* without;  // %s stands where the parameter would
  const char* parameter;
};
const Mandatory kMandatory[] = {
    {0x4102, R"({"Source KMA ID":"A"%s})", "Next KMA IDs"},
    {0x4104, R"({"Source KMA ID":"A"%s})", "Transit KMA IDs"},
    {0x1405, R"({"Key relay request ID":"R"%s})", "Response"},
    {0x1406, R"({"Application destination ID":"Y"%s})", "Application source ID"},
    {0x1406, R"({"Application source ID":"X"%s})", "Application destination ID"},
    {0x4107, R"({"Response":"ok","Destination KM ID":"M"%s})", "Session ID"},
    {0x4107, R"({"Session ID":"S","Destination KM ID":"M"%s})", "Response"},
    {0x4107, R"({"Session ID":"S","Response":"ok"%s})", "Destination KM ID"},
    {0x4108, R"({"Application destination ID":"Y","Session ID":"S","Source KM ID":"L"%s})",
     "Application source ID"},
    {0x4108, R"({"Application source ID":"X","Session ID":"S","Source KM ID":"L"%s})",
     "Application destination ID"},
    {0x4108, R"({"Application source ID":"X","Application destination ID":"Y","Source KM ID":"L"%s})",
     "Session ID"},
    {0x4108, R"({"Application source ID":"X","Application destination ID":"Y","Session ID":"S"%s})",
     "Source KM ID"},
    {0x1409, R"({"Response":"ok"%s})", "Session ID"},
    {0x1409, R"({"Session ID":"S"%s})", "Response"},
    {0x410A, R"({"Destination KMA ID":"D"%s})", "Source KMA ID"},
    {0x410A, R"({"Source KMA ID":"A"%s})", "Destination KMA ID"},
    {0x140B, R"({"Key IDs":"K"%s})", "Response"},
    {0x410C, R"({"Destination KMA ID":"D","Key IDs":[{"id":"K"}]%s})", "Source KMA ID"},
    {0x410C, R"({"Source KMA ID":"A","Key IDs":[{"id":"K"}]%s})", "Destination KMA ID"},
    {0x410C, R"({"Source KMA ID":"A","Destination KMA ID":"D"%s})", "Key IDs"},
    {0x140D, R"({"Key IDs":[{"id":"K"}]%s})", "Response"},
};

TEST(PayloadRules, MissingParameterForEveryMandatoryOneAbsentOrNull) {
  for (const Mandatory& row : kMandatory) {
    const std::string pattern = row.without;
    const std::size_t at = pattern.find("%s");
    const std::string absent = pattern.substr(0, at) + pattern.substr(at + 2);
    const std::string null =
        pattern.substr(0, at) + ",\"" + row.parameter + "\":null" + pattern.substr(at + 2);
    const Findings expected{"missing-parameter: "s + row.parameter};
    EXPECT_EQ(found(row.command, absent), expected) << absent;
    EXPECT_EQ(found(row.command, null), expected) << null;
  }
}

TEST(PayloadRules, MissingParameterIsToldForEachOne) {
  const Told result = run(0x4108, "{}");
  EXPECT_EQ(result.broken_of(Rule::missing_parameter), 4);
  EXPECT_EQ(result.kept_of(Rule::missing_parameter), 0);
  EXPECT_EQ(result.kept_of(Rule::wrong_type), 0) << "there was nothing whose type could be checked";
  EXPECT_EQ(result.kept_of(Rule::empty_identifier), 0);
}

TEST(PayloadRules, ReservationResponseWithNothingAtAll) {
  EXPECT_EQ(found(0x140B, "{}"), (Findings{"missing-parameter: Key IDs", "missing-parameter: Response"}));
}

TEST(PayloadRules, OptionalParametersMayBeAbsentOrNull) {
  EXPECT_EQ(
      found(0x410A, R"({"Source KMA ID":"A","Destination KMA ID":"D","Application destination ID":null})"),
      Findings{});
  EXPECT_EQ(found(0x140D, R"({"Response":0})"), Findings{});
  EXPECT_EQ(found(0x1405, R"({"Response":"success","Key relay request ID":null,"Extension":null})"),
            Findings{});
}

TEST(PayloadRules, ConditionalDestinationOfTables2And4) {
  for (const auto& [command, json] :
       {Whole{0x4102, R"({"Next KMA IDs":["B"]})"}, Whole{0x4104, R"({"Transit KMA IDs":["B"]})"}}) {
    const Told named = run(command, json, kNamedApplication);
    EXPECT_EQ(named.findings, Findings{"missing-parameter: Destination KMA ID"});
    const Told not_named = run(command, json, kNamedNoApplication);
    EXPECT_EQ(not_named.findings, Findings{});
    EXPECT_EQ(not_named.kept_of(Rule::missing_parameter), 1);
    const Told unknown = run(command, json, kUnknownRequest);
    EXPECT_EQ(unknown.findings, Findings{});
    EXPECT_EQ(unknown.undecidable_of(Rule::missing_parameter), 1);
    EXPECT_EQ(unknown.kept_of(Rule::missing_parameter), 0);
  }
}

TEST(PayloadRules, ConditionalDestinationThatIsThereNeedsNoRequest) {
  const Told result = run(0x4102, R"({"Destination KMA ID":"D","Next KMA IDs":["B"]})", kUnknownRequest);
  EXPECT_EQ(result.undecidable_of(Rule::missing_parameter), 0);
  EXPECT_EQ(result.kept_of(Rule::missing_parameter), 1);
}

TEST(PayloadRules, OneBrokenAndOneUndecidable) {
  const Told result = run(0x4104, "{}", kUnknownRequest);
  EXPECT_EQ(result.findings, Findings{"missing-parameter: Transit KMA IDs"});
  EXPECT_EQ(result.undecidable_of(Rule::missing_parameter), 1);
}

TEST(PayloadRules, MissingDestinationOfTables1And3) {
  for (const std::uint16_t command : {std::uint16_t{0x1401}, std::uint16_t{0x1403}}) {
    EXPECT_EQ(found(command, "{}"), Findings{"missing-destination"});
    EXPECT_EQ(found(command, R"({"Destination KMA ID":null,"Application destination ID":null})"),
              Findings{"missing-destination"});
    EXPECT_EQ(found(command, R"({"Destination KMA ID":"D"})"), Findings{});
    EXPECT_EQ(found(command, R"({"Application destination ID":"Y"})"), Findings{});
    EXPECT_EQ(found(command, R"({"Destination KMA ID":null,"Application destination ID":"Y"})"), Findings{});
  }
}

TEST(PayloadRules, SpecificRuleAloneInsteadOfMissing) {
  EXPECT_EQ(found(0x1401, R"({"Destination KMA ID":""})"), Findings{"empty-identifier: Destination KMA ID"});
  EXPECT_EQ(found(0x1401, R"({"Application destination ID":[]})"),
            Findings{"wrong-type: Application destination ID"});
  EXPECT_EQ(found(0x1409, R"({"Session ID":"","Response":"ok"})"), Findings{"empty-identifier: Session ID"});
  EXPECT_EQ(found(0x1409, R"({"Session ID":{},"Response":"ok"})"), Findings{"wrong-type: Session ID"});
  EXPECT_EQ(found(0x1409, R"({"Session ID":"S","Response":true})"), Findings{"wrong-type: Response"});
  EXPECT_EQ(found(0x4102, R"({"Next KMA IDs":false})"), Findings{"wrong-type: Next KMA IDs"});
  EXPECT_EQ(found(0x140B, R"({"Response":0,"Key IDs":true})"), Findings{"wrong-type: Key IDs"});
}

TEST(PayloadRules, FailedResponseLeavesOutMandatoryParameters) {
  const Told both = run(0x4107, R"({"Response":"failure"})");
  EXPECT_EQ(both.findings, Findings{"incomplete-failure-response"}) << "once a message";
  EXPECT_TRUE(holds(both.texts[0], "Session ID and Destination KM ID")) << both.texts[0];
  EXPECT_EQ(both.kept_of(Rule::missing_parameter), 1) << "Response itself is there";
  EXPECT_EQ(found(0x4107, R"({"Response":1,"Session ID":"S"})"),
            (Findings{"incomplete-failure-response: Destination KM ID", "type-variant: Response"}));
  EXPECT_EQ(found(0x1409, R"({"Response":"rejected"})"), Findings{"incomplete-failure-response: Session ID"});
  EXPECT_EQ(found(0x1409, R"({"Response":"rejected","Session ID":null})"),
            Findings{"incomplete-failure-response: Session ID"});
}

TEST(PayloadRules, FailureExcusesAbsenceOnly) {
  EXPECT_EQ(found(0x1409, R"({"Response":"failed","Session ID":""})"),
            Findings{"empty-identifier: Session ID"});
  EXPECT_EQ(
      run(0x1409, R"({"Response":"failed","Session ID":"S"})").kept_of(Rule::incomplete_failure_response), 1);
  EXPECT_EQ(run(0x1409, R"({"Response":"ok","Session ID":"S"})").kept_of(Rule::incomplete_failure_response),
            0);
}

TEST(PayloadRules, ResultThatIsNeitherExcusesNothing) {
  EXPECT_EQ(found(0x1409, R"({"Response":"perhaps"})"), Findings{"missing-parameter: Session ID"});
}

TEST(PayloadRules, FailedReservationNeedsNoKeys) {
  for (const char* json : {R"({"Response":1})", R"({"Response":1,"Key IDs":null})",
                           R"({"Response":1,"Key IDs":""})", R"({"Response":1,"Key IDs":[]})"}) {
    const Told result = run(0x140B, json);
    EXPECT_EQ(result.findings, Findings{}) << json;
    EXPECT_EQ(result.kept_of(Rule::failed_reservation_with_keys), 1) << json;
    EXPECT_EQ(result.kept_of(Rule::reservation_without_keys), 0) << json;
    EXPECT_EQ(result.kept_of(Rule::incomplete_failure_response), 0) << json;
  }
}

TEST(PayloadRules, FailedReservationWithKeys) {
  EXPECT_EQ(found(0x140B, R"({"Response":1,"Key IDs":"K1"})"),
            Findings{"failed-reservation-with-keys: Key IDs"});
  EXPECT_EQ(found(0x140B, R"({"Response":1,"Key IDs":["K1"]})"),
            (Findings{"failed-reservation-with-keys: Key IDs", "type-variant: Key IDs"}));
  EXPECT_EQ(found(0x140B, R"({"Response":"failure","Key IDs":"K1 K2"})"),
            (Findings{"failed-reservation-with-keys: Key IDs", "type-variant: Response"}));
}

TEST(PayloadRules, SuccessfulReservationWithoutKeysIsOneFinding) {
  for (const char* json :
       {R"({"Response":0})", R"({"Response":0,"Key IDs":null})", R"({"Response":0,"Key IDs":""})",
        R"({"Response":0,"Key IDs":[]})", R"({"Response":0,"Key IDs":" , "})"}) {
    EXPECT_EQ(found(0x140B, json), Findings{"reservation-without-keys: Key IDs"}) << json;
  }
  const Told kept = run(0x140B, R"({"Response":0,"Key IDs":"K1"})");
  EXPECT_EQ(kept.kept_of(Rule::reservation_without_keys), 1);
  EXPECT_EQ(kept.kept_of(Rule::failed_reservation_with_keys), 0);
}

TEST(PayloadRules, ReservationWhoseResultIsNotUnderstood) {
  const Told result = run(0x140B, R"({"Response":"perhaps","Key IDs":[]})");
  EXPECT_EQ(result.findings, Findings{"type-variant: Response"});
  EXPECT_EQ(result.undecidable_of(Rule::reservation_without_keys), 1);
  EXPECT_EQ(result.undecidable_of(Rule::failed_reservation_with_keys), 1);
}

TEST(PayloadRules, NoNextHopAlone) {
  EXPECT_EQ(found(0x4102, R"({"Next KMA IDs":[]})"), Findings{"no-next-hop: Next KMA IDs"});
  EXPECT_EQ(found(0x4102, R"({"Next KMA IDs":""})"), Findings{"no-next-hop: Next KMA IDs"});
  EXPECT_EQ(found(0x4102, R"({"Next KMA IDs":[""]})"), Findings{"empty-identifier: Next KMA IDs"});
  EXPECT_EQ(run(0x4102, "{}").broken_of(Rule::no_next_hop), 0);
  EXPECT_EQ(run(0x4102, "{}").kept_of(Rule::no_next_hop), 0);
  EXPECT_EQ(run(0x4102, R"({"Next KMA IDs":["B"]})").kept_of(Rule::no_next_hop), 1);
}

TEST(PayloadRules, EmptyTransitIsADirectRoute) {
  EXPECT_EQ(found(0x4104, R"({"Transit KMA IDs":[]})"), Findings{});
  EXPECT_EQ(found(0x4104, R"({"Transit KMA IDs":""})"), Findings{});
  EXPECT_EQ(found(0x4104, R"({"Transit KMA IDs":["B",""]})"), Findings{"empty-identifier: Transit KMA IDs"});
}

TEST(PayloadRules, AllocationOfNoKeys) {
  const std::string start = R"({"Source KMA ID":"A","Destination KMA ID":"D","Key IDs":)";
  EXPECT_EQ(found(0x410C, start + "[]}"), Findings{"missing-parameter: Key IDs"});
  EXPECT_EQ(found(0x410C, start + "\"\"}"), Findings{"empty-identifier: Key IDs"});
  EXPECT_EQ(found(0x140D, R"({"Response":0,"Key IDs":[]})"), Findings{});
}

}  // namespace
}  // namespace ck::audit
