// Who must fix what, and the findings by rule.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "report/describe.h"
#include "report/html_parts.h"
#include "report/html_sections.h"
#include "report/text_style.h"
#include "report/value_text.h"

namespace ck::report {
namespace {

constexpr std::size_t kPlacesPerRule = 20, kParametersOnCard = 3, kMostFirstPlaces = 16'384;
constexpr std::size_t kCards = 24, kRulesOnCard = 3, kCapturesShown = 50, kPeersOfRule = 8;

constexpr std::size_t index_of(Rule rule) {
  return static_cast<std::size_t>(rule);
}

/// A rule that somebody must fix, on that one's card.
struct CardRule {
  Rule rule{};
  std::uint64_t count = 0;
};

/// Errors first, then what is found most often.
void sort_by_weight(const HtmlAudit& audit, std::vector<CardRule>& rules) {
  std::stable_sort(rules.begin(), rules.end(), [&](const CardRule& a, const CardRule& b) {
    return std::pair(audit.rules[index_of(a.rule)].severity, b.count) <
           std::pair(audit.rules[index_of(b.rule)].severity, a.count);
  });
}

/// "first in frame 4 of a.pcap, Source KMA ID": as the text report names the first frame.
std::string where_text(const HtmlAudit& audit, std::uint32_t peer, const CardRule& one) {
  const auto found = audit.first_places.find({peer, one.rule});
  if (found == audit.first_places.end())
    return peer == 0 ? std::string()
                     : fmt::format("frame {}", audit.records.peers()[peer - 1].first_frames.at(one.rule));
  const HtmlPlace& place = found->second;
  const auto& paths = audit.records.paths();
  std::string text = fmt::format("{}frame {}", one.count == 1 ? "" : "first in ", place.frame);
  if (paths.size() > 1 && place.capture < paths.size()) text += " of " + clipped(paths[place.capture], 60);
  for (const std::string& parameter : place.parameters) text += ", " + parameter;
  return place.more_parameters ? text + ", …" : text;
}

void note_place(HtmlAudit& audit, const Finding& finding) {
  const std::pair key(finding.peer.value_or(0), finding.rule);
  if (audit.first_places.size() >= kMostFirstPlaces && audit.first_places.count(key) == 0) return;
  const auto [entry, is_new] = audit.first_places.try_emplace(key);
  HtmlPlace& place = entry->second;
  if (is_new) {
    place.capture = finding.at.capture;
    place.frame = finding.at.frame;
  }
  if (finding.parameter.empty() || place.more_parameters) return;
  std::string parameter = clipped(finding.parameter, 60);
  if (std::find(place.parameters.begin(), place.parameters.end(), parameter) != place.parameters.end())
    return;
  place.more_parameters = place.parameters.size() == kParametersOnCard;
  if (!place.more_parameters) place.parameters.push_back(std::move(parameter));
}

/// `peer`: whose card it is; 0: nobody's.
void set_rules(const HtmlAudit& audit, std::uint32_t peer, std::vector<CardRule>& rules, Fields& card) {
  sort_by_weight(audit, rules);
  Fields first = empty_list(), rest = empty_list();
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const RuleSpec& spec = rule(rules[i].rule);
    Fields row;
    set_text(row, "slug", spec.slug);
    set_text(row, "summary", spec.summary);
    set_text(row, "hint", hint_of(spec.rule), 400);
    set_text(row, "times", times_text(rules[i].count));
    set_text(row, "where", where_text(audit, peer, rules[i]));
    set_text(row, "rule_severity", name_of(audit.rules[index_of(spec.rule)].severity));
    (i < kRulesOnCard ? first : rest).push_back(row);
  }
  card.set("first", first);
  card.set("rest", rest);
  set_text(card, "more",
           rules.size() > kRulesOnCard
               ? fmt::format("and {}", counted(rules.size() - kRulesOnCard, "more rule"))
               : "");
}

void set_tags(const std::array<std::uint64_t, 3>& counts, Fields& card) {
  Fields tags = empty_list();
  std::string_view worst;
  for (const Severity severity : {Severity::error, Severity::warning, Severity::note}) {
    const std::uint64_t count = counts[static_cast<std::size_t>(severity)];
    if (count == 0) continue;
    if (worst.empty()) worst = name_of(severity);
    Fields tag;
    set_text(tag, "tag_class", name_of(severity));
    set_text(tag, "tag", counted(count, name_of(severity)));
    tags.push_back(tag);
  }
  card.set("tags", tags);
  set_text(card, "worst", worst);
}

Fields peer_card(const HtmlAudit& audit, std::uint32_t peer) {
  const PeerBrief& brief = audit.records.peers()[peer - 1];
  std::vector<CardRule> rules;
  for (const auto& [id, count] : brief.findings) rules.push_back({id, count});
  Fields card;
  set_text(card, "card_id", fmt::format("{}-fix-{}", audit.id, peer));
  set_text(card, "peer_name", audit.peer_name(peer), 80);
  set_text(card, "peer_what",
           brief.address.empty() || brief.address == brief.name
               ? std::string(role_text(brief.role))
               : fmt::format("{} at {}", role_text(brief.role), brief.address));
  set_tags(audit.badness_of(peer), card);
  set_rules(audit, peer, rules, card);
  return card;
}

/// What is no peer's to fix, or nobody can tell whose.
void add_nobodys_card(const HtmlAudit& audit, Fields& cards) {
  std::vector<CardRule> rules;
  std::array<std::uint64_t, 3> counts{};
  for (const RuleSpec& spec : report::rules()) {
    const HtmlRule& one = audit.rules[index_of(spec.rule)];
    if (one.nobodys == 0) continue;
    rules.push_back({spec.rule, one.nobodys});
    counts[static_cast<std::size_t>(one.severity)] += one.nobodys;
  }
  if (rules.empty()) return;
  Fields card;
  set_text(card, "card_id", audit.id + "-fix-nobody");
  set_text(card, "peer_name", "No single peer");
  set_text(card, "peer_what", "the network, the capture, or nobody can tell");
  set_tags(counts, card);
  set_rules(audit, 0, rules, card);
  cards.push_back(card);
}

void set_captures(const HtmlAudit& audit, Fields& page) {
  Fields captures = empty_list();
  const auto& all = audit.records.captures();
  for (std::size_t i = 0; i < std::min(all.size(), kCapturesShown); ++i) {
    const CaptureFacts& one = all[i];
    Fields row;
    set_text(row, "path", one.path);
    set_text(row, "trouble", one.error_of_all ? "" : one.error, 600);  // the notices have it
    set_text(row, "packets", grouped(one.packets));
    set_text(row, "bytes", grouped(one.bytes));
    set_text(row, "messages", grouped(one.messages));
    const bool timed = one.first_time_ns != kNoTime;
    set_text(row, "first_time", timed ? std::string(time_text(one.first_time_ns)) : "");
    set_text(row, "last_time", timed ? std::string(time_text(one.last_time_ns)) : "");
    std::string links;
    for (const std::string& link : one.link_types) links += (links.empty() ? "" : ", ") + link;
    set_text(row, "link_types", links);
    captures.push_back(row);
  }
  page.set("captures", captures);
  set_text(page, "captures_hidden",
           all.size() > kCapturesShown
               ? fmt::format("and {} more; --format json lists all", grouped(all.size() - kCapturesShown))
               : "");
}

/// Of those whose findings they are, the ones with the most first.
std::string who_must_fix(const HtmlAudit& audit, Rule rule, const HtmlRule& counts) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> peers;
  for (const std::uint32_t peer : audit.ranking) {
    const auto& findings = audit.records.peers()[peer - 1].findings;
    if (const auto found = findings.find(rule); found != findings.end())
      peers.emplace_back(found->second, peer);
  }
  std::stable_sort(peers.begin(), peers.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string who;
  for (std::size_t i = 0; i < std::min(peers.size(), kPeersOfRule); ++i)
    who += fmt::format("{}{} ({})", i == 0 ? "" : ", ", clipped(audit.peer_name(peers[i].second), 60),
                       grouped(peers[i].first));
  if (peers.size() > kPeersOfRule)
    who += fmt::format(", and {}", counted(peers.size() - kPeersOfRule, "more peer"));
  if (counts.nobodys != 0)
    who += fmt::format("{}no single peer ({})", who.empty() ? "" : ", ", grouped(counts.nobodys));
  return who;
}

Fields place_fields(const HtmlAudit& audit, const HtmlLadders& ladders, const Finding& finding) {
  Fields row;
  const auto& paths = audit.records.paths();
  set_text(row, "capture", finding.at.capture < paths.size() ? paths[finding.at.capture] : "");
  set_text(row, "frame", std::to_string(finding.at.frame));
  const bool timed = finding.at.time_ns != kNoTime;
  const std::string stamp = timed ? std::string(time_text(finding.at.time_ns)) : "";
  const std::string since = audit.since_start(finding.at.time_ns);
  set_text(row, "stamp", stamp);
  set_text(row, "time", since.empty() ? stamp : since);
  set_text(row, "time_raw", std::to_string(timed ? finding.at.time_ns / 1000 : 0));
  set_text(row, "peer", finding.peer ? audit.peer_name(*finding.peer) : "no single peer", 60);
  set_text(row, "message", message_name_of(finding.command).value_or("–"));
  set_text(row, "code",
           finding.command ? std::string_view(command_text(*finding.command)) : std::string_view());
  set_text(row, "message_id", finding.message_id ? std::to_string(*finding.message_id) : "");
  set_text(row, "parameter", finding.parameter, 80);
  set_text(row, "text", finding.text);
  set_flag(row, "values", finding.found.has_value());
  set_text(row, "found", finding.found.value_or(""), 80);
  set_text(row, "expected", finding.expected.value_or(""), 80);
  const bool drawn = finding.procedure && ladders.has(*finding.procedure);
  set_text(row, "ladder", drawn ? std::to_string(*finding.procedure) : "");
  set_text(row, "procedure", finding.procedure ? std::to_string(*finding.procedure) : "–");
  return row;
}

Fields rule_fields(const HtmlAudit& audit, const HtmlLadders& ladders, const RuleSpec& spec) {
  const HtmlRule& one = audit.rules[index_of(spec.rule)];
  Fields section;
  set_text(section, "audit", audit.id);
  set_text(section, "slug", spec.slug);
  set_text(section, "severity", name_of(one.severity));
  set_text(section, "clause", spec.clause);
  set_text(section, "summary", spec.summary);
  set_text(section, "explanation", spec.explanation, 4000);
  set_text(section, "right", spec.right, 1000);
  set_text(section, "wrong", spec.wrong, 1000);
  set_text(section, "hint", hint_of(spec.rule), 400);
  set_text(section, "who", who_must_fix(audit, spec.rule, one), 1000);
  set_text(
      section, "times",
      times_text(one.count) + (one.known == 0 ? "" : fmt::format(", {} of them known", grouped(one.known))));
  Fields places = empty_list();
  for (const Finding& finding : one.places) places.push_back(place_fields(audit, ladders, finding));
  section.set("places", places);
  set_flag(section, "has_places", !one.places.empty());
  set_flag(section, "merged", audit.records.paths().size() > 1);
  set_text(section, "caption",
           one.places.size() == 1 ? "Where" : fmt::format("The first {} places", one.places.size()));
  const std::uint64_t hidden = one.count - one.known - one.places.size();
  set_text(section, "hidden",
           hidden == 0 ? ""
                       : fmt::format("and {}; --format json, ndjson or csv lists all",
                                     counted(hidden, "more place")));
  return section;
}

}  // namespace

std::string times_text(std::uint64_t count) {
  return count == 1 ? "once" : grouped(count) + " times";
}

std::string_view role_text(Role role) {
  return role == Role::km ? "KM" : "controller";
}

std::string HtmlAudit::since_start(std::int64_t time_ns) const {
  const auto since = elapsed(start_ns, time_ns);
  if (start_ns == kLastTime || !since) return {};
  return fmt::format("{:.3f} s", static_cast<double>(*since) / 1e9);
}

std::string HtmlAudit::peer_name(std::uint32_t peer) const {
  const std::string& name = records.peers()[peer - 1].name;
  return name.empty() ? "unknown" : name;
}

std::array<std::uint64_t, 3> HtmlAudit::badness_of(std::uint32_t peer) const {
  std::array<std::uint64_t, 3> sums{};
  for (const auto& [broken, count] : records.peers()[peer - 1].findings)
    sums[static_cast<std::size_t>(rules[index_of(broken)].severity)] += count;
  return sums;
}

void gather_findings(HtmlAudit& audit, HtmlLadders& ladders, std::size_t& most_places) {
  audit.records.for_each_finding([&](const Finding& finding) {
    HtmlRule& one = audit.rules[index_of(finding.rule)];
    ++one.count;
    one.severity = finding.severity;
    if (!finding.peer) ++one.nobodys;
    if (!finding.peer || !finding.known.value_or(false)) note_place(audit, finding);
    if (finding.known.value_or(false)) {
      ++one.known;
    } else if (one.places.size() < kPlacesPerRule && most_places > 0) {
      --most_places;
      one.places.push_back(finding);
      one.places.back().text = clipped(finding.text, kHtmlClip);
    }
    ladders.note(finding);
  });
  audit.ranking.resize(audit.records.peers().size());
  std::iota(audit.ranking.begin(), audit.ranking.end(), 1U);
  std::vector<std::array<std::uint64_t, 3>> badness;
  for (const std::uint32_t peer : audit.ranking) badness.push_back(audit.badness_of(peer));
  std::stable_sort(audit.ranking.begin(), audit.ranking.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return badness[a - 1] > badness[b - 1]; });
}

namespace {

void set_rules_of_all(const AllPeers& peers, const AllPeers::Rules& rules, Fields& card) {
  Fields first = empty_list(), rest = empty_list();
  const std::vector<AllPeers::Entry> entries = peers.entries(rules);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& [id, severity, count] = entries[i];
    Fields row;
    set_text(row, "link", count->link);
    set_text(row, "summary", rule(id).summary);
    set_text(row, "hint", hint_of(id), 400);
    set_text(row, "times",
             fmt::format("{} in {}", times_text(count->findings), counted(count->captures, "capture")));
    set_text(row, "rule_severity", name_of(severity));
    (i < kRulesOnCard ? first : rest).push_back(row);
  }
  card.set("first", first);
  card.set("rest", rest);
  set_text(card, "more",
           entries.size() > kRulesOnCard
               ? fmt::format("and {}", counted(entries.size() - kRulesOnCard, "more rule"))
               : "");
  set_tags(peers.badness(rules), card);
}

}  // namespace

void set_all_peers(const AllPeers& peers, Fields& page) {
  Fields cards = empty_list();
  const auto add = [&](std::string_view name, std::string_view what, const AllPeers::Rules& rules) {
    Fields card;
    set_text(card, "card_id", fmt::format("fix-{}", cards.list_value().size() + 1));
    set_text(card, "peer_name", name, 80);
    set_text(card, "peer_what", what);
    set_rules_of_all(peers, rules, card);
    cards.push_back(card);
  };
  const std::vector<const AllPeers::Peer*> order = peers.ranking();
  for (std::size_t i = 0; i < std::min(order.size(), kCards); ++i) {
    const AllPeers::Peer& peer = *order[i];
    add(peer.name.empty() ? "unknown" : peer.name,
        fmt::format("{}, in {}", where_met(peer), counted(peer.captures, "capture")), peer.rules);
  }
  if (!peers.nobodys().empty())
    add("No single peer", "the network, the capture, or nobody can tell", peers.nobodys());
  page.set("all_cards", cards);
  set_flag(page, "all_peers", !peers.empty());
  std::string hidden;
  if (order.size() > kCards)
    hidden = fmt::format("and {} with findings", counted(order.size() - kCards, "more peer"));
  if (peers.left_out() != 0)
    hidden += fmt::format("{}{} of further peers", hidden.empty() ? "and " : ", and ",
                          counted(peers.left_out(), "finding"));
  set_text(page, "all_hidden", hidden.empty() ? hidden : hidden + "; each capture's own sections have them");
}

void write_cards(HtmlAudit& audit, Output& out) {
  Fields page;
  set_text(page, "audit", audit.id);
  Fields cards = empty_list();
  std::size_t bad = 0;
  for (const std::uint32_t peer : audit.ranking) {
    if (audit.records.peers()[peer - 1].findings.empty()) break;
    if (++bad <= kCards) cards.push_back(peer_card(audit, peer));
  }
  add_nobodys_card(audit, cards);
  set_text(page, "nothing",
           !cards.is_empty_list() ? ""
           : audit.records.message_count() == 0
               ? "No message of Ck was seen, so nothing is known of any peer."
               : "Nobody: no rule that could be checked was broken.");
  page.set("cards", cards);
  set_text(page, "hidden",
           bad > kCards ? fmt::format("and {} with findings; --format json lists all",
                                      counted(bad - kCards, "more peer"))
                        : "");
  set_captures(audit, page);
  out.append(HtmlTemplate(HtmlParts::cards).render(page));
}

void write_findings(HtmlAudit& audit, const HtmlLadders& ladders, Output& out) {
  std::vector<CardRule> broken;
  for (const RuleSpec& spec : rules()) {
    if (const std::uint64_t count = audit.rules[index_of(spec.rule)].count; count != 0)
      broken.push_back({spec.rule, count});
  }
  sort_by_weight(audit, broken);
  out.append(fmt::format(
      "<section aria-labelledby=\"{0}-findings\">\n<h2 id=\"{0}-findings\">Findings by rule</h2>\n",
      audit.id));
  HtmlTemplate section(HtmlParts::rule);
  for (const CardRule& one : broken) out.append(section.render(rule_fields(audit, ladders, rule(one.rule))));
  Fields end;
  set_text(end, "empty", broken.empty() ? "None." : "");
  out.append(HtmlTemplate(HtmlParts::findings_end).render(end));
}

}  // namespace ck::report
