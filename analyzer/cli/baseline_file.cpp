// Findings out of a JSON report.
#include "cli/baseline_file.h"

#include <fmt/format.h>
#include <json/json.h>

#include <exception>
#include <memory>

#include "cli/options.h"
#include "report/escape.h"

namespace ck::cli {
namespace {

[[noreturn]] void refuse_baseline(const std::string& path, std::string_view why) {
  throw UsageError(
      fmt::format("--baseline: {} {}; give a report that ck-audit -f json wrote", terminal_text(path), why));
}

Json::Value parse_document(const std::string& path, const std::string& text) {
  Json::Value document;
  std::string errors;
  const std::unique_ptr<Json::CharReader> reader(Json::CharReaderBuilder().newCharReader());
  bool parsed = false;
  try {
    parsed = reader->parse(text.data(), text.data() + text.size(), &document, &errors);
  } catch (const std::exception&) {  // jsoncpp throws where values are nested deeply
    parsed = false;
  }
  if (!parsed) refuse_baseline(path, "is not JSON");
  return document;
}

std::optional<std::string> text_at(const Json::Value& object, const char* name) {
  const Json::Value& value = object[name];
  return value.isString() ? std::optional(value.asString()) : std::nullopt;
}

/// The name, else the first address, of the audit's peer with this id.
std::optional<std::string> peer_text(const Json::Value& peers, const Json::Value& id) {
  if (!peers.isArray() || !id.isUInt() || id.asUInt() == 0 || id.asUInt() > peers.size()) return std::nullopt;
  const Json::Value& peer = peers[id.asUInt() - 1];
  if (!peer.isObject()) return std::nullopt;
  if (auto name = text_at(peer, "name")) return name;
  const Json::Value& addresses = peer["addresses"];
  const bool has_one = addresses.isArray() && !addresses.empty() && addresses[0].isString();
  return has_one ? std::optional(addresses[0].asString()) : std::nullopt;
}

void add_findings(const std::string& path, const Json::Value& audit, Baseline& baseline) {
  if (!audit.isObject() || !audit["findings"].isArray())
    refuse_baseline(path, "has an audit without findings");
  for (const Json::Value& finding : audit["findings"]) {
    const auto fingerprint = finding.isObject() ? text_at(finding, "fingerprint") : std::nullopt;
    if (!fingerprint)
      refuse_baseline(path, "has findings without fingerprints, as an earlier version wrote them");
    BaselineEntry& entry = baseline[*fingerprint];
    if (++entry.count != 1) continue;
    entry.rule = text_at(finding, "rule").value_or("");
    entry.peer = peer_text(audit["peers"], finding["peer"]);
    entry.command = text_at(finding, "command");
    entry.parameter = text_at(finding, "parameter");
    entry.message = text_at(finding, "message").value_or("");
  }
}

}  // namespace

Baseline parse_baseline(const std::string& path, const std::string& text) {
  const Json::Value document = parse_document(path, text);
  const bool ours = document.isObject() && document["schema_version"].isInt() &&
                    document["tool"].isObject() && document["tool"]["name"] == "ck-audit" &&
                    document["audits"].isArray();
  if (!ours) refuse_baseline(path, "is no report of ck-audit");
  if (document["schema_version"].asInt() != 1)
    refuse_baseline(path, "is a report of a version that is not known here");
  Baseline baseline;
  for (const Json::Value& audit : document["audits"]) add_findings(path, audit, baseline);
  return baseline;
}

std::optional<std::vector<BaselineEntry>> gone_from(const Baseline* baseline,
                                                    const std::set<std::string>& found_again) {
  if (baseline == nullptr) return std::nullopt;
  std::vector<BaselineEntry> gone;
  for (const auto& [fingerprint, entry] : *baseline) {
    if (found_again.count(fingerprint) == 0) gone.push_back(entry);
  }
  return gone;
}

}  // namespace ck::cli
