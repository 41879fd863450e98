// Preferences and the table of additional names.
#include <gtest/gtest.h>

#include "audit/rules.h"
#include "filters.h"
#include "generator/sample.h"
#include "tshark.h"

namespace ck::plugin {
namespace {

using namespace samples;

Buffer one_message(std::string_view payload) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.km(1, kRelayNotification, payload);
  return recording.pcap();
}

TEST(Settings, TakeAdditionalParameterNames) {
  const Buffer capture = one_message(R"({"zielKma":"B","Source KMA ID":"A"})");
  const std::vector<std::string> fields{"ck.destination_kma_id", "ck.unknown_parameter"};
  EXPECT_EQ(tshark_fields(capture, fields).at(3), (std::vector<std::string>{"", "zielKma"}));
  EXPECT_EQ(
      tshark_fields(capture, fields, {}, {{"ck_parameter_names", "\"zielKma\",\"Destination KMA ID\"\n"}})
          .at(3),
      (std::vector<std::string>{"B", ""}));
  EXPECT_EQ(
      tshark_fields(capture, fields, {"-o", "uat:ck_parameter_names:\"ziel kma\",\"Destination KMA ID\""})
          .at(3),
      (std::vector<std::string>{"B", ""}));
}

TEST(Settings, ExpectAVersion) {
  const Buffer capture = one_message(R"({"Destination KMA ID":"B"})");
  EXPECT_EQ(tshark_fields(capture, {"ck.violation"}).at(3).at(0), "plaintext-transport");
  EXPECT_NE(tshark_fields(capture, {"ck.violation"}, {"-o", "ck.expected_version:2"})
                .at(3)
                .at(0)
                .find("unexpected-version"),
            std::string::npos);
}

/// Wireshark itself takes any text for the one, and any number for the other.
TEST(Settings, ThatCannotBeUsedAreSaidToBeSo) {
  const auto said = [](const std::string& setting) { return tshark({"-r", "/dev/null", "-o", setting}).err; };
  for (const char* version : {"70000", "-1", "two"}) {
    const std::string errors = said("ck.expected_version:" + std::string(version));
    EXPECT_NE(errors.find("Expected Version is no number from 0 to 65535"), std::string::npos) << errors;
  }
  EXPECT_NE(said("ck.response_timeout:0").find("Response timeout is 0 seconds"), std::string::npos);
  EXPECT_EQ(said("ck.expected_version:65535").find("Expected Version"), std::string::npos);
  EXPECT_EQ(said("ck.response_timeout:1").find("Response timeout"), std::string::npos);
}

TEST(Settings, WaitForAnswersAsLongAsTold) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.km(1, kRelayNotification, R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
  recording.wait_ms(5000);
  talk.ctl(1, kRelayRequest, R"({"Transit KMA IDs":["C"]})");
  const auto found = [&](const std::vector<std::string>& options) {
    std::vector<std::string> all = as_ck_audit();
    all.insert(all.end(), options.begin(), options.end());
    const std::string rules = tshark_fields(recording.pcap(), {"ck.violation"}, all).at(3).at(0);
    return rules.find("unanswered-request") != std::string::npos;
  };
  EXPECT_FALSE(found({}));
  EXPECT_TRUE(found({"-o", "ck.response_timeout:4"}));
}

TEST(Settings, ShowThePayloadAsJsonToo) {
  const Buffer capture = one_message(R"({"Destination KMA ID":"B"})");
  const std::vector<std::string> fields{"json.key", "_ws.col.Protocol"};
  EXPECT_EQ(tshark_fields(capture, fields).at(3), (std::vector<std::string>{"", "Ck"}));
  EXPECT_EQ(tshark_fields(capture, fields, {"-o", "ck.show_json:TRUE"}).at(3),
            (std::vector<std::string>{"Destination KMA ID", "Ck"}));
}

TEST(Settings, LeaveSegmentsAlone) {
  Recording recording;
  CkTalk talk = opened(recording);
  const Buffer bytes = frame(1, 3, kRelayNotification, R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
  talk.client({bytes.begin(), bytes.begin() + 20});
  talk.client({bytes.begin() + 20, bytes.end()});
  const auto ids = [&](const std::string& value) {
    std::string all;
    for (const auto& row :
         tshark_fields(recording.pcap(), {"ck.message_id"}, {"-o", "ck.desegment:" + value})) {
      all += row[0] + ",";
    }
    return all;
  };
  EXPECT_EQ(ids("TRUE"), ",,,,3,");
  EXPECT_EQ(ids("FALSE"), ",,,,,");
}

/// The counterpart of --rule: the expert info follows, so that colours and the dialog do.
TEST(Settings, GiveARuleAnotherSeverityOrNone) {
  const std::string capture = read_source("captures/violations.pcap");
  const Buffer bytes(capture.begin(), capture.end());
  const std::vector<std::string> fields{"ck.violation", "ck.violation.severity",
                                        "ck.expert.missing_destination", "_ws.expert.severity"};
  const auto row = [&](const std::vector<std::string>& options) {
    return tshark_fields(bytes, fields, options).at(3);
  };
  EXPECT_EQ(row({})[1], "warning|error");
  const auto note = row({"-o", "uat:ck_rules:\"missing-destination\",\"note\""});
  EXPECT_EQ(note[0], "plaintext-transport|missing-destination");
  EXPECT_EQ(note[1], "warning|note");
  EXPECT_NE(note[2], "");
  EXPECT_EQ(note[3], "6291456|4194304");  // PI_WARN and PI_NOTE
  const auto off = row({"-o", "uat:ck_rules:\"missing-destination\",\"off\""});
  EXPECT_EQ(off[0], "plaintext-transport");
  EXPECT_EQ(off[2], "");
}

TEST(Settings, KnowEveryRuleAndNoOther) {
  for (const RuleSpec& rule : rules()) {
    const Output read =
        tshark({"-r", "/dev/null", "-o", "uat:ck_rules:\"" + std::string(rule.slug) + "\",\"off\""});
    EXPECT_EQ(read.err.find("Invalid"), std::string::npos) << rule.slug << read.err;
  }
  EXPECT_NE(tshark({"-r", "/dev/null", "-o", "uat:ck_rules:\"missing\",\"off\""}).err.find("Invalid -o flag"),
            std::string::npos);
}

}  // namespace
}  // namespace ck::plugin
