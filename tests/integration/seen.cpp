// ck-audit's JSON report, read with jsoncpp.
#include "seen.h"

#include <json/json.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <memory>

#include "command.h"

namespace ck::integration {
namespace {

/// A response, whatever it is as a request; a swapped code is handled as its low byte says.
bool answers(std::uint64_t command) {
  const std::uint64_t digits = command >> 8;
  if (digits != 0x14 && digits != 0x41) return false;
  using namespace samples;
  for (const std::uint64_t code : {kNextHopResponse, kRelayRequest, kRelayResponse, kSessionResponse,
                                   kSessionNotificationResponse, kReservationResponse, kAllocationResponse}) {
    if ((command & 0xFF) == (code & 0xFF)) return true;
  }
  return false;
}

void read_messages(const Json::Value& list, Seen& seen) {
  for (const Json::Value& message : list) {
    const std::uint64_t frame = message["frame"].asUInt64();
    const std::uint64_t command = std::strtoull(message["command"].asString().c_str(), nullptr, 16);
    seen.messages.emplace(frame, command, message["message_id"].asUInt64());
    const Json::Value& other = message["paired_with"];
    if (answers(command) && !other.isNull() && other.asUInt64() <= frame)
      seen.pairs.emplace(frame, other.asUInt64());
  }
}

void read_procedures(const Json::Value& list, const char* kind, Seen& seen) {
  for (const Json::Value& procedure : list) {
    const std::uint64_t id = procedure["id"].asUInt64();
    SeenProcedure& out = seen.procedures[id];
    out.kind = kind;
    out.state = procedure["state"].asString();
    for (const Json::Value& event : procedure["events"]) {
      out.frames.push_back(event["frame"].asUInt64());
      seen.procedure_frames.emplace(id, out.frames.back());
    }
  }
}

void read_audit(const Json::Value& report, Seen& seen) {
  read_messages(report["messages"], seen);
  read_procedures(report["relays"], "relay", seen);
  read_procedures(report["sessions"], "session", seen);
  read_procedures(report["reservations"], "reservation", seen);
  for (const Json::Value& finding : report["findings"]) {
    seen.findings.emplace(finding["frame"].asUInt64(), finding["rule"].asString());
    if (finding["severity"].asString() != samples::severity_of(finding["rule"].asString())) {
      seen.trouble = "severity of " + finding["rule"].asString() + " is " + finding["severity"].asString();
    }
  }
  const Json::Value& rules = report["summary"]["rules"];
  for (const std::string& slug : rules.getMemberNames())
    seen.violated[slug] = rules[slug]["violated"].asUInt64();
}

}  // namespace

std::string path_of(const samples::Sample& sample) {
  return std::string(CK_CAPTURES) + "/" + sample.path;
}

Seen audit(const samples::Sample& sample) {
  return audit_as({CK_AUDIT}, sample, path_of(sample));
}

Seen audit_as(std::vector<std::string> arguments, const samples::Sample& sample, const std::string& capture) {
  arguments.insert(arguments.end(), {"--format", "json", "--messages"});
  for (const std::string& option : sample.options)
    arguments.push_back(option.ends_with(".proto") ? std::string(CK_CAPTURES) + "/" + option : option);
  arguments.push_back(capture);
  const ProgramResult outcome = run(arguments);
  Seen seen;
  seen.status = outcome.status;
  Json::Value report;
  std::string problem;
  const std::unique_ptr<Json::CharReader> reader(Json::CharReaderBuilder().newCharReader());
  const char* begin = outcome.output.data();
  if (!reader->parse(begin, begin + outcome.output.size(), &report, &problem)) {
    seen.trouble = "no JSON report: " + problem + outcome.errors;
  } else if (report["audits"].size() != 1) {
    seen.trouble = "not one audit but " + std::to_string(report["audits"].size());
  } else {
    read_audit(report["audits"][0], seen);
  }
  return seen;
}

std::string sample_test_name(const testing::TestParamInfo<samples::Sample>& info) {
  std::string out = info.param.path;
  for (char& c : out) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return out;
}

std::multiset<std::pair<std::uint64_t, std::string>> expected_findings(const samples::Sample& sample) {
  std::multiset<std::pair<std::uint64_t, std::string>> out;
  for (const samples::Found& found : sample.expected.findings) out.emplace(found.frame, found.rule);
  return out;
}

std::string text(const std::multiset<std::pair<std::uint64_t, std::string>>& findings) {
  std::string out;
  for (const auto& [frame, rule] : findings) out += "  " + std::to_string(frame) + " " + rule + "\n";
  return out;
}

std::string text(const std::multiset<std::pair<std::uint64_t, std::uint64_t>>& pairs) {
  std::string out;
  for (const auto& [response, request] : pairs) {
    out += "  " + std::to_string(response) + " answers " + std::to_string(request) + "\n";
  }
  return out;
}

}  // namespace ck::integration
