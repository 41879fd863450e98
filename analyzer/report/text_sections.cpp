// Short sections of the text report.
#include "report/text_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <vector>

#include "report/baseline.h"
#include "report/escape.h"
#include "report/value_text.h"

namespace ck::report {
namespace {

constexpr std::size_t kRulesShown = 6;
constexpr std::size_t kPeersShown = 10, kQuietPeersShown = 5, kVersionsShown = 4;
constexpr std::size_t kGoneShown = 10;
constexpr std::size_t kFewRules = 10, kGroupsPerRule = 3, kFramesPerGroup = 5, kMostGroups = 65'536;

std::string times(std::uint64_t count) {
  return count == 1 ? "once" : grouped(count) + " times";
}

/// Worse peers have more errors, then more warnings, then more notes.
std::array<std::uint64_t, 3> badness(const std::map<Rule, std::uint64_t>& findings) {
  std::array<std::uint64_t, 3> sums{};
  for (const auto& [id, count] : findings) sums[static_cast<std::size_t>(rule(id).severity)] += count;
  return sums;
}

std::string joined_names(const SortedMap<std::string_view, std::uint64_t>& counts) {
  std::string names;
  for (const auto& [name, count] : counts) names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
  return names;
}

/// By severity and rule, then by peer (0: nobody's) and by what the text says.
using GroupKey = std::tuple<Severity, Rule, std::uint32_t, std::string>;
using FindingGroups = std::map<GroupKey, FindingGroup>;

struct RuleGroups {
  std::uint64_t count = 0;
  std::vector<FindingGroups::const_iterator> groups;
};

}  // namespace

void TextSections::heading(std::string_view title) {
  out_.append(fmt::format("\n{}\n", style_.bold(title)));
}

std::string TextSections::shown(std::string_view text) const {
  return terminal_text(text, clip_);
}

void TextSections::peers(AuditRecords& audit, bool all) {
  std::vector<std::size_t> order(audit.peers().size());
  if (order.empty()) return;
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return badness(audit.peers()[a].findings) > badness(audit.peers()[b].findings);
  });
  const auto with_findings = static_cast<std::size_t>(std::count_if(
      order.begin(), order.end(), [&](std::size_t i) { return !audit.peers()[i].findings.empty(); }));
  const std::size_t blocks =
      all ? order.size()
          : std::min(with_findings, kPeersShown) + std::min(order.size() - with_findings, kQuietPeersShown);
  // Records come by their ids, and are shown in another order.
  std::map<std::uint32_t, std::size_t> rank;
  for (std::size_t i = 0; i < order.size() && rank.size() < blocks; ++i) {
    if (all || i < kPeersShown || i >= with_findings)
      rank.emplace(static_cast<std::uint32_t>(order[i] + 1), rank.size());
  }
  heading("Peers");
  std::vector<std::string> texts(all ? 0 : blocks);
  audit.for_each_peer([&](const PeerRecord& peer) {
    if (all) {
      out_.append(peer_text(peer, audit.peers()[peer.id - 1]));
    } else if (const auto place = rank.find(peer.id); place != rank.end()) {
      texts[place->second] = peer_text(peer, audit.peers()[peer.id - 1]);
    }
  });
  for (const std::string& text : texts) out_.append(text);
  const std::size_t hidden = order.size() - blocks;
  if (hidden == 0) return;
  const std::size_t hidden_bad = with_findings - std::min(with_findings, kPeersShown);
  out_.append(fmt::format("  … and {}{}; --verbose shows all\n", counted(hidden, "more peer"),
                          hidden_bad == 0 ? " without findings"
                                          : fmt::format(", {} of them with findings", grouped(hidden_bad))));
}

std::string TextSections::peer_text(const PeerRecord& peer, const PeerBrief& brief) const {
  std::uint64_t messages = 0;
  for (const auto& [command, count] : peer.messages) messages += count;
  const std::string address = peer.addresses.empty() ? "unknown" : peer.addresses.front();
  const std::string_view role = peer.role == Role::km ? "KM" : "controller";
  std::string text = peer.name ? fmt::format("  {} ({} {})", style_.bold(shown(*peer.name)), role, address)
                               : fmt::format("  {} {}", role, style_.bold(address));
  text += fmt::format(": {}, {}", counted(messages, "message"), counted(peer.connections, "connection"));
  for (const auto& [transport, count] : peer.transports) text += ", " + transport;
  for (std::size_t i = 0; i < peer.versions.size() && i < kVersionsShown; ++i)
    text += fmt::format(", Version {}", peer.versions[i]);
  if (peer.versions.size() > kVersionsShown) text += ", …";
  if (!peer.message_ids.empty()) text += fmt::format(", MessageIDs {}", peer.message_ids);
  const std::string spellings = joined_names(peer.spellings);
  if (!spellings.empty()) text += ", names in " + spellings;
  text += '\n';
  std::vector<std::pair<Rule, std::uint64_t>> rules(peer.findings.begin(), peer.findings.end());
  std::stable_sort(rules.begin(), rules.end(), [](const auto& a, const auto& b) {
    return std::pair(rule(a.first).severity, b.second) < std::pair(rule(b.first).severity, a.second);
  });
  std::string must;
  for (std::size_t i = 0; i < std::min(rules.size(), kRulesShown); ++i) {
    const auto& [id, count] = rules[i];
    const Severity severity = rule(id).severity;
    must += fmt::format("{}{} {} ({}frame {}{})", must.empty() ? "" : ", ",
                        style_.severity_text(severity, rule(id).slug), times(count),
                        severity == Severity::error ? "" : fmt::format("{}; ", name_of(severity)),
                        brief.first_frames.at(id), count == 1 ? "" : ", …");
  }
  if (rules.size() > kRulesShown)
    must += fmt::format(", and {}", counted(rules.size() - kRulesShown, "more rule"));
  if (!must.empty()) text += fmt::format("    must fix: {}\n", must);
  return text;
}

std::string TextSections::must_fix(const AllPeers& peers, const AllPeers::Rules& rules, bool all) const {
  const std::vector<AllPeers::Entry> entries = peers.entries(rules);
  const std::size_t most = all ? entries.size() : std::min(entries.size(), kRulesShown);
  std::string text;
  for (std::size_t i = 0; i < most; ++i) {
    const auto& [id, severity, count] = entries[i];
    text += fmt::format("{}{} {} ({}in {})", text.empty() ? "" : ", ",
                        style_.severity_text(severity, rule(id).slug), times(count->findings),
                        severity == Severity::error ? "" : fmt::format("{}; ", name_of(severity)),
                        counted(count->captures, "capture"));
  }
  if (entries.size() > most) text += fmt::format(", and {}", counted(entries.size() - most, "more rule"));
  return text;
}

void TextSections::all_peers(const AllPeers& peers, bool all) {
  if (peers.empty()) return;
  heading("Who must fix what, over all captures");
  const std::vector<const AllPeers::Peer*> order = peers.ranking();
  const std::size_t most = all ? order.size() : std::min(order.size(), kPeersShown);
  for (std::size_t i = 0; i < most; ++i) {
    const AllPeers::Peer& peer = *order[i];
    const std::string where = shown(where_met(peer));
    const bool named = !peer.name.empty() && peer.name != peer.address;
    out_.append(
        named ? fmt::format("  {} ({})", style_.bold(shown(peer.name)), where)
              : fmt::format("  {} {}", where, style_.bold(peer.name.empty() ? "unknown" : shown(peer.name))));
    out_.append(fmt::format(": {}\n    must fix: {}\n", counted(peer.captures, "capture"),
                            must_fix(peers, peer.rules, all)));
  }
  if (order.size() > most)
    out_.append(fmt::format("  … and {} with findings; --verbose shows all\n",
                            counted(order.size() - most, "more peer")));
  if (peers.left_out() != 0)
    out_.append(fmt::format("  … and {} of further peers; each capture's own list has them\n",
                            counted(peers.left_out(), "finding")));
  if (!peers.nobodys().empty())
    out_.append(fmt::format("  no single peer's to fix: {}\n", must_fix(peers, peers.nobodys(), all)));
}

std::string TextSections::group_text(const FindingGroup& group) const {
  std::string frames;
  for (const std::uint64_t frame : group.frames)
    frames += fmt::format("{}{}", frames.empty() ? "" : ", ", frame);
  return fmt::format("{}{}; frame{} {}{}", shown(group.text), group.alike ? " (and alike)" : "",
                     group.count == 1 ? "" : "s", frames, group.count > group.frames.size() ? ", …" : "");
}

void TextSections::findings(AuditRecords& audit) {
  FindingGroups groups;
  std::map<std::pair<Severity, Rule>, RuleGroups> by_rule;
  std::uint64_t known = 0;
  audit.for_each_finding([&](const Finding& finding) {
    if (finding.known.value_or(false)) {
      ++known;
      return;
    }
    ++by_rule[{finding.severity, finding.rule}].count;
    GroupKey key{finding.severity, finding.rule, finding.peer.value_or(0), folded_text(finding)};
    auto group = groups.find(key);
    if (group == groups.end()) {
      if (groups.size() >= kMostGroups) return;
      group = groups.emplace(std::move(key), FindingGroup{0, false, finding.text, {}}).first;
    }
    ++group->second.count;
    group->second.alike = group->second.alike || group->second.text != finding.text;
    if (group->second.frames.size() < kFramesPerGroup) group->second.frames.push_back(finding.at.frame);
  });
  for (auto group = groups.cbegin(); group != groups.cend(); ++group)
    by_rule[{std::get<Severity>(group->first), std::get<Rule>(group->first)}].groups.push_back(group);
  heading("Findings");
  if (by_rule.empty()) out_.append(known == 0 ? "  none\n" : "  none that the baseline does not have\n");
  for (auto& [which, of_rule] : by_rule) {
    const RuleSpec& spec = rule(which.second);
    out_.append(fmt::format("  {} {} ({}), {}\n", style_.severity(which.first),
                            style_.bold(std::string(spec.slug)), spec.clause, times(of_rule.count)));
    std::stable_sort(of_rule.groups.begin(), of_rule.groups.end(),
                     [](const auto& a, const auto& b) { return a->second.count > b->second.count; });
    const std::size_t shown_groups =
        std::min(by_rule.size() > kFewRules ? 1 : kGroupsPerRule, of_rule.groups.size());
    for (std::size_t i = 0; i < shown_groups; ++i) {
      const FindingGroup& group = of_rule.groups[i]->second;
      const std::uint32_t peer = std::get<std::uint32_t>(of_rule.groups[i]->first);
      std::string who = of_rule.groups.size() == 1 ? std::string() : times(group.count);
      if (peer != 0) who += (who.empty() ? "" : " ") + shown(audit.peers()[peer - 1].name);
      out_.append(fmt::format("    {}{}{}\n", who, who.empty() ? "" : ": ", group_text(group)));
    }
    if (const std::size_t hidden = of_rule.groups.size() - shown_groups; hidden != 0)
      out_.append(fmt::format(
          "    … and {} like these, of other peers or with other texts; --verbose shows every finding\n",
          grouped(hidden)));
    out_.append(fmt::format("    To fix: {}\n", hint_of(which.second)));
  }
}

void TextSections::gone(const std::vector<BaselineEntry>& entries) {
  out_.append(fmt::format("\n{}: {} of the baseline did not occur again\n", style_.bold("Gone"),
                          counted(entries.size(), "finding")));
  for (std::size_t i = 0; i < std::min(entries.size(), kGoneShown); ++i) {
    const BaselineEntry& one = entries[i];
    out_.append(fmt::format("  {}{}: {}\n", shown(one.rule), one.peer ? ", " + shown(*one.peer) : "",
                            shown(one.message)));
  }
  if (entries.size() > kGoneShown)
    out_.append(
        fmt::format("  … and {} more, which the JSON report lists\n", grouped(entries.size() - kGoneShown)));
}

void TextSections::procedure_counts(const Totals& totals) {
  const auto row = [this](std::string_view kind, const auto& states) {
    if (states.empty()) return;
    std::string line;
    for (const auto& [state, count] : states)
      line += fmt::format("{}{} {}", line.empty() ? "" : ", ", grouped(count), style_.state(state));
    out_.append(fmt::format("  {}: {}\n", kind, line));
  };
  row("relays", totals.relays);
  row("sessions", totals.sessions);
  row("reservations", totals.reservations);
}

void TextSections::response_times(AuditRecords& audit) {
  struct Row {
    std::uint64_t count = 0;
    std::int64_t max_ns = 0;
    std::string slowest;
    ResponseTimes of_slowest;
  };
  std::map<Exchange, Row> rows;
  audit.for_each_peer([&](const PeerRecord& peer) {
    for (const ResponseTimes& one : peer.response_times) {
      Row& row = rows[one.exchange];
      row.max_ns = row.count == 0 ? one.max_ns : std::max(row.max_ns, one.max_ns);
      if (row.count == 0 || one.p50_ns > row.of_slowest.p50_ns) {
        row.slowest = peer.name ? *peer.name : peer.addresses.empty() ? "" : peer.addresses.front();
        row.of_slowest = one;
      }
      row.count += one.count;
    }
  });
  if (rows.empty()) return;
  heading("Response times");
  for (const auto& [exchange, row] : rows) {
    out_.append(fmt::format("  {:<22} {:>17}, the longest {}; slowest {} (median {}, 99 % {})\n",
                            name_of(exchange), counted(row.count, "answer"), duration_text(row.max_ns),
                            shown(row.slowest), duration_text(row.of_slowest.p50_ns),
                            duration_text(row.of_slowest.p99_ns)));
  }
}

void TextSections::coverage(const Totals& totals) {
  std::size_t kept = 0, broken = 0, undecidable = 0, never = 0, off = 0;
  for (const RuleCount& count : totals.rules) {
    if (count.off) {
      ++off;
    } else if (count.violated != 0) {
      ++broken;
    } else if (count.checked != 0) {
      ++kept;
    } else {
      ++(count.undecidable != 0 ? undecidable : never);
    }
  }
  out_.append(
      fmt::format("\n{}: {} broken, {} kept, {} undecidable throughout, {} never checked{}; --verbose "
                  "lists them\n",
                  style_.bold("Rules"), broken, kept, undecidable, never,
                  off == 0 ? std::string() : fmt::format(", {} switched off", off)));
}

}  // namespace ck::report
