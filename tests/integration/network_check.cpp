// Procedures are found again by the frame of their first message.
#include "network_check.h"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "command.h"

namespace ck::integration {
namespace {

constexpr std::size_t kMostLines = 20;

class Differences {
 public:
  void add(const std::string& line) {
    if (++count_ <= kMostLines) text_ += "  " + line + "\n";
  }
  [[nodiscard]] std::string text() const {
    return count_ > kMostLines ? text_ + "  ... " + std::to_string(count_) + " in all\n" : text_;
  }

 private:
  std::size_t count_ = 0;
  std::string text_;
};

std::string text_of(const Json::Value& value) {
  return value.isNull() ? std::string() : value.asString();
}

std::string text_of(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& text : list) out += text + " ";
  return out;
}

std::vector<std::string> texts_of(const Json::Value& list) {
  std::vector<std::string> out;
  for (const Json::Value& text : list) out.push_back(text.asString());
  return out;
}

struct Rebuilt {
  std::string kind;
  const Json::Value* report = nullptr;
  std::vector<std::uint64_t> frames;
};

std::map<std::uint64_t, Rebuilt> rebuilt_in(const Json::Value& audit, Differences& differences) {
  std::map<std::uint64_t, Rebuilt> out;
  std::set<std::uint64_t> ids;
  for (const auto& [list, kind] : {std::pair("relays", "relay"), std::pair("sessions", "session"),
                                   std::pair("reservations", "reservation")}) {
    for (const Json::Value& procedure : audit[list]) {
      Rebuilt one{kind, &procedure, {}};
      for (const Json::Value& event : procedure["events"]) one.frames.push_back(event["frame"].asUInt64());
      if (!ids.insert(procedure["id"].asUInt64()).second)
        differences.add("an id twice: " + text_of(procedure["id"]));
      if (one.frames.empty()) {
        differences.add("a procedure without events: " + text_of(procedure["id"]));
      } else if (!out.emplace(one.frames.front(), one).second) {
        differences.add("two procedures that start in frame " + std::to_string(one.frames.front()));
      }
    }
  }
  return out;
}

void compare_list(const std::string& where, const std::vector<std::string>& expected, const Json::Value& list,
                  bool in_order, Differences& differences) {
  std::vector<std::string> wanted = expected, found = texts_of(list);
  if (!in_order) {
    std::sort(wanted.begin(), wanted.end());
    std::sort(found.begin(), found.end());
  }
  if (wanted != found) differences.add(where + " expected " + text_of(wanted) + "found " + text_of(found));
}

void compare_one(const Script& script, const Rebuilt& rebuilt, Differences& differences) {
  const Truth& truth = script.truth;
  const std::string where = truth.kind + " from frame " + std::to_string(rebuilt.frames.front()) + ":";
  const Json::Value& report = *rebuilt.report;
  if (rebuilt.kind != truth.kind) differences.add(where + " is a " + rebuilt.kind);
  const std::string state = report["state"].asString();
  if (std::find(truth.states.begin(), truth.states.end(), state) == truth.states.end())
    differences.add(where + " state expected " + text_of(truth.states) + "found " + state);
  if (!truth.exact || rebuilt.kind != truth.kind) return;
  for (const Member& member : truth.members) {
    if (text_of(report[member.name]) != member.json)
      differences.add(where + " " + member.name + " expected " + member.json + " found " +
                      text_of(report[member.name]));
  }
  if (truth.kind == "relay") compare_list(where + " route", truth.route, report["route"], true, differences);
  if (truth.kind != "reservation") return;
  compare_list(where + " reserved", truth.reserved, report["reserved_key_ids"], false, differences);
  compare_list(where + " allocated", truth.allocated, report["allocated_key_ids"], false, differences);
}

/// Every message that belongs to it, in order; a stray one may be among them.
void compare_frames(const Script& script, const std::vector<std::uint64_t>& frames, const Rebuilt& rebuilt,
                    Differences& differences) {
  std::vector<std::uint64_t> wanted, found = rebuilt.frames;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (!script.says[i].stray) {
      wanted.push_back(frames[i]);
    } else {
      std::erase(found, frames[i]);
    }
  }
  const auto text = [](const std::vector<std::uint64_t>& list) {
    std::string out;
    for (const std::uint64_t frame : list) out += std::to_string(frame) + " ";
    return out;
  };
  if (wanted != found)
    differences.add(script.truth.kind + " frames expected " + text(wanted) + "found " + text(found));
}

}  // namespace

Json::Value audit_files(const std::vector<std::filesystem::path>& files) {
  std::vector<std::string> arguments{CK_AUDIT, "--format", "json", "--messages"};
  for (const std::filesystem::path& file : files) arguments.push_back(file);
  const ProgramResult outcome = run(arguments);
  Json::Value report;
  std::string problem;
  const std::unique_ptr<Json::CharReader> reader(Json::CharReaderBuilder().newCharReader());
  const char* begin = outcome.output.data();
  if (!reader->parse(begin, begin + outcome.output.size(), &report, &problem))
    throw std::runtime_error("no JSON report: " + problem + outcome.errors);
  if (report["audits"].size() != files.size()) throw std::runtime_error("not one audit a file");
  for (Json::ArrayIndex i = 0; i < report["audits"].size(); ++i) {
    if (report["audits"][i]["captures"][0]["path"].asString() != files[i].string())
      throw std::runtime_error("audits in another order than the files");
  }
  return report;
}

std::multiset<std::pair<std::uint64_t, std::string>> findings_of(const Json::Value& audit) {
  std::multiset<std::pair<std::uint64_t, std::string>> out;
  for (const Json::Value& finding : audit["findings"])
    out.emplace(finding["frame"].asUInt64(), finding["rule"].asString());
  return out;
}

std::string compare_findings(const Played& truth, const Json::Value& audit) {
  Differences differences;
  const auto found = findings_of(audit);
  std::vector<std::pair<std::uint64_t, std::string>> missed, extra;
  std::set_difference(truth.findings.begin(), truth.findings.end(), found.begin(), found.end(),
                      std::back_inserter(missed));
  std::set_difference(found.begin(), found.end(), truth.findings.begin(), truth.findings.end(),
                      std::back_inserter(extra));
  for (const auto& [frame, rule] : missed)
    differences.add("not found: " + std::to_string(frame) + " " + rule);
  for (const auto& [frame, rule] : extra) differences.add("not there: " + std::to_string(frame) + " " + rule);
  return differences.text();
}

std::string compare_pairs(const Played& truth, const Json::Value& audit) {
  Differences differences;
  std::map<std::uint64_t, std::uint64_t> asked, answered;  // requests' view, responses' view
  for (const Json::Value& message : audit["messages"]) {
    const std::uint64_t frame = message["frame"].asUInt64();
    if (message["paired_with"].isNull()) continue;
    const std::uint64_t other = message["paired_with"].asUInt64();
    (other < frame ? answered : asked)[frame] = other;
  }
  if (audit["messages"].size() != truth.messages)
    differences.add(std::to_string(audit["messages"].size()) + " messages of " +
                    std::to_string(truth.messages));
  for (const auto& [response, request] : truth.pairs) {
    const auto found = answered.find(response);
    if (found == answered.end()) {
      differences.add(std::to_string(response) + " answers " + std::to_string(request) + ", found nothing");
    } else if (found->second != request) {
      differences.add(std::to_string(response) + " answers " + std::to_string(request) + ", found " +
                      std::to_string(found->second));
    }
    answered.erase(response);
  }
  std::set<std::uint64_t> again;  // whether a second answer counts as a pair is left open
  for (std::size_t i = 0; i < truth.scripts.size(); ++i) {
    for (std::size_t k = 0; k < truth.frames[i].size(); ++k)
      if (truth.scripts[i].says[k].again) again.insert(truth.frames[i][k]);
  }
  for (const auto& [response, request] : answered) {
    if (again.count(response) == 0)
      differences.add(std::to_string(response) + " answers nothing, found " + std::to_string(request));
  }
  return differences.text();
}

std::string compare_procedures(const Played& truth, const Json::Value& audit) {
  Differences differences;
  std::map<std::uint64_t, Rebuilt> rebuilt = rebuilt_in(audit, differences);
  std::set<std::uint64_t> strays;
  for (std::size_t i = 0; i < truth.scripts.size(); ++i) {
    const Script& script = truth.scripts[i];
    for (std::size_t k = 0; k < script.says.size(); ++k) {
      if (script.says[k].stray) strays.insert(truth.frames[i][k]);
    }
    if (script.truth.kind.empty()) continue;
    const auto found = rebuilt.find(truth.frames[i].front());
    if (found == rebuilt.end()) {
      differences.add("no " + script.truth.kind + " from frame " + std::to_string(truth.frames[i].front()));
      continue;
    }
    compare_one(script, found->second, differences);
    compare_frames(script, truth.frames[i], found->second, differences);
    rebuilt.erase(found);
  }
  for (const auto& [frame, one] : rebuilt) {
    if (!std::all_of(one.frames.begin(), one.frames.end(),
                     [&](std::uint64_t at) { return strays.count(at) != 0; }))
      differences.add("a " + one.kind + " from frame " + std::to_string(frame) + " that nobody made");
  }
  return differences.text();
}

std::uint64_t undecidable_in(const Json::Value& audit) {
  std::uint64_t out = 0;
  for (const Json::Value& rule : audit["summary"]["rules"]) out += rule["undecidable"].asUInt64();
  return out;
}

}  // namespace ck::integration
