// Peers side by side: what each does otherwise than most.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "report/html_parts.h"
#include "report/html_sections.h"
#include "report/text_style.h"
#include "report/value_text.h"

namespace ck::report {
namespace {

constexpr std::size_t kPeersInTable = 100, kDialectsShown = 40, kWaysShown = 4, kWhoShown = 6;
constexpr std::size_t kSentShown = 50, kNamesShown = 8, kLinesShown = 24;

/// The columns of habits, in the table's order.
struct Column {
  enum : std::size_t { transport, version, message_ids, spelling, own_names, extensions, count };
};
constexpr std::size_t kHabitColumns = Column::count;
constexpr std::array<std::string_view, kHabitColumns> kHabitTitles = {
    "transport", "Version", "MessageIDs", "names written in", "names of its own", "extensions"};
using Habits = std::array<std::string, kHabitColumns>;

/// Names by how often they come, the most frequent first.
template <typename Counts>
std::string names_in(const Counts& counts, bool with_counts) {
  std::vector<std::pair<std::uint64_t, std::string_view>> sorted;
  for (const auto& [name, count] : counts) sorted.emplace_back(count, name);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string text;
  for (std::size_t i = 0; i < std::min(sorted.size(), kNamesShown); ++i) {
    text += (i == 0 ? "" : ", ") + clipped(sorted[i].second, 40);
    if (with_counts) text += fmt::format(" ({})", grouped(sorted[i].first));
  }
  if (sorted.size() > kNamesShown) text += fmt::format(" and {} more", sorted.size() - kNamesShown);
  return text;
}

template <typename Counts>
std::string sorted_names(const Counts& counts) {
  std::string text;
  for (const auto& [name, count] : counts) text += fmt::format("{}{}", text.empty() ? "" : ", ", name);
  return text;
}

Habits habits_of(const PeerRecord& peer) {
  Habits habits;
  habits[Column::transport] = sorted_names(peer.transports);
  for (std::size_t i = 0; i < std::min(peer.versions.size(), kNamesShown); ++i)
    habits[Column::version] += fmt::format("{}{}", i == 0 ? "" : ", ", peer.versions[i]);
  if (peer.versions.size() > kNamesShown) habits[Column::version] += ", …";
  habits[Column::message_ids] = peer.message_ids;
  habits[Column::spelling] = sorted_names(peer.spellings);
  habits[Column::own_names] = names_in(peer.unknown_members, false);
  habits[Column::extensions] = names_in(peer.extensions, false);
  return habits;
}

/// How many peers have which habit; none of those that a peer shows nothing of. Whether a peer echoes
/// MessageIDs is compared among its like alone.
class Norms {
 public:
  void note(Role role, const Habits& habits) {
    for (std::size_t i = 0; i < kHabitColumns; ++i) {
      if (!habits[i].empty()) ++counts_[place(role, i)][habits[i]];
    }
  }
  /// Whether any peer has such a habit.
  [[nodiscard]] bool is_shown(std::size_t column) const {
    return !counts_[place(Role::km, column)].empty() || !counts_[place(Role::controller, column)].empty();
  }
  [[nodiscard]] bool differs(Role role, std::size_t column, const std::string& habit) const {
    if (habit.empty() || column == Column::own_names || column == Column::extensions) return false;
    const auto& counts = counts_[place(role, column)];
    const std::uint64_t mine = counts.at(habit);
    return std::any_of(counts.begin(), counts.end(),
                       [&](const auto& other) { return other.first != habit && other.second >= mine; });
  }

 private:
  static std::size_t place(Role role, std::size_t column) {
    return column + (column == Column::message_ids && role == Role::controller ? kHabitColumns : 0);
  }
  std::array<std::map<std::string, std::uint64_t>, 2 * kHabitColumns> counts_;
};

/// Who sends a parameter in one of several ways.
struct Way {
  std::uint64_t peers = 0;
  std::vector<std::uint32_t> first;
};
using Dialects = std::map<std::pair<std::uint16_t, std::string>, std::map<std::string, Way>>;

/// A parameter that comes at times says nothing by its absence.
std::string way_of(const ParameterHabit& habit) {
  if (habit.present == 0) return "left out";
  std::string types;
  for (const JsonTypeName& one : kJsonTypeNames) {
    if (habit.types[static_cast<std::size_t>(one.type)] == 0) continue;
    types += fmt::format("{}{}", types.empty() ? "" : ", ", one.name);
  }
  return "as " + types;
}

void note_dialects(const PeerRecord& peer, Dialects& dialects) {
  for (const auto& [command, parameters] : peer.parameters) {
    for (const ParameterHabit& habit : parameters) {
      Way& way = dialects[{command, std::string(parameter(habit.id).name)}][way_of(habit)];
      if (++way.peers <= kWhoShown) way.first.push_back(peer.id);
    }
  }
}

void set_dialects(const HtmlAudit& audit, const Dialects& dialects, Fields& page) {
  Fields rows = empty_list();
  std::size_t found = 0;
  for (const auto& [place, ways] : dialects) {
    if (ways.size() < 2 || ++found > kDialectsShown) continue;
    std::vector<std::pair<std::string, Way>> sorted(ways.begin(), ways.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second.peers > b.second.peers; });
    Fields list = empty_list();
    for (std::size_t i = 0; i < std::min(sorted.size(), kWaysShown); ++i) {
      const Way& way = sorted[i].second;
      std::string who;
      for (const std::uint32_t peer : way.first)
        who += (who.empty() ? "" : ", ") + clipped(audit.peer_name(peer), 40);
      if (way.peers > way.first.size())
        who += fmt::format(" and {} more", grouped(way.peers - way.first.size()));
      Fields row;
      set_text(row, "way", sorted[i].first);
      set_text(row, "who", who, 400);
      list.push_back(row);
    }
    Fields row;
    set_text(row, "message",
             fmt::format("{} ({})", message_name(place.first), std::string_view(command_text(place.first))));
    set_text(row, "parameter", place.second);
    row.set("ways", list);
    rows.push_back(row);
  }
  page.set("dialects", rows);
  set_flag(page, "has_dialects", found != 0);
  set_text(page, "dialects_hidden",
           found > kDialectsShown ? fmt::format("and {}; --format json lists all",
                                                counted(found - kDialectsShown, "more parameter"))
                                  : "");
}

Fields sent_by(const HtmlAudit& audit, const PeerRecord& peer) {
  Fields lines = empty_list();
  std::size_t count = 0;
  const auto add = [&](const std::string& name, const std::string& text) {
    if (text.empty() || ++count > kLinesShown) return;
    Fields line;
    set_text(line, "line_name", name, 80);
    set_text(line, "line", text, 800);
    lines.push_back(line);
  };
  std::uint64_t sum = 0;
  for (const auto& [command, sent] : peer.messages) {
    sum += sent;
    const auto results = peer.results.find(command);
    const std::string told =
        results == peer.results.end() ? "" : "; results: " + names_in(results->second, true);
    add(fmt::format("{} {}", std::string_view(command_text(command)), message_name(command)),
        grouped(sent) + told);
  }
  if (count > kLinesShown) count = kLinesShown - 1;  // the rest is no message
  add("names of its own", names_in(peer.unknown_members, true));
  add("extensions", names_in(peer.extensions, true));
  std::string addresses;
  for (const std::string& address : peer.addresses) addresses += (addresses.empty() ? "" : ", ") + address;
  add("addresses", addresses);
  Fields entry;
  set_text(entry, "peer_name", audit.peer_name(peer.id), 80);
  set_text(entry, "sum", counted(sum, "message"));
  entry.set("lines", lines);
  return entry;
}

Fields peer_row(const HtmlAudit& audit, const PeerRecord& peer, const Norms& norms) {
  Fields row;
  const std::string name = audit.peer_name(peer.id);
  const std::string address = peer.addresses.empty() ? "" : peer.addresses.front();
  set_text(row, "row_id", fmt::format("{}-peer-{}", audit.id, peer.id));
  set_text(row, "peer_name", name, 80);
  set_text(row, "address", address == name ? "" : address);
  set_text(row, "role", role_text(peer.role));
  Fields counts = empty_list();
  const auto add = [&](std::uint64_t count, std::string_view name_of_class) {
    Fields cell;
    set_number(cell, "count", "raw", count);
    set_text(cell, "count_class", count == 0 ? std::string_view() : name_of_class);
    counts.push_back(cell);
  };
  const auto badness = audit.badness_of(peer.id);
  for (const Severity severity : {Severity::error, Severity::warning, Severity::note})
    add(badness[static_cast<std::size_t>(severity)], name_of(severity));
  std::uint64_t messages = 0;
  for (const auto& [command, count] : peer.messages) messages += count;
  add(messages, {});
  add(peer.connections, {});
  row.set("counts", counts);
  Fields cells = empty_list();
  const Habits habits = habits_of(peer);
  for (std::size_t i = 0; i < kHabitColumns; ++i) {
    if (!norms.is_shown(i)) continue;
    Fields cell;
    set_text(cell, "habit", habits[i].empty() ? "–" : habits[i]);
    set_flag(cell, "differs", norms.differs(peer.role, i, habits[i]));
    cells.push_back(cell);
  }
  row.set("habits", cells);
  return row;
}

/// Rows that are made in the records' order and shown in the ranking's.
Fields in_order(const std::map<std::size_t, Fields>& by_rank) {
  Fields list = empty_list();
  for (const auto& [rank, row] : by_rank) list.push_back(row);
  return list;
}

}  // namespace

std::string_view message_name(std::uint16_t command) {
  const MessageSpec* spec = find_meant(command);
  return spec == nullptr ? "unknown command" : spec->name;
}

void write_peers(HtmlAudit& audit, Output& out) {
  if (audit.ranking.empty()) return;
  std::map<std::uint32_t, std::size_t> ranks;
  for (std::size_t i = 0; i < std::min(audit.ranking.size(), kPeersInTable); ++i)
    ranks.emplace(audit.ranking[i], i);
  Norms norms;
  Dialects dialects;
  audit.records.for_each_peer([&](const PeerRecord& peer) {
    norms.note(peer.role, habits_of(peer));
    note_dialects(peer, dialects);
  });
  std::map<std::size_t, Fields> rows, sent;
  audit.records.for_each_peer([&](const PeerRecord& peer) {
    const auto rank = ranks.find(peer.id);
    if (rank == ranks.end()) return;
    rows.emplace(rank->second, peer_row(audit, peer, norms));
    if (rank->second < kSentShown) sent.emplace(rank->second, sent_by(audit, peer));
  });
  Fields page;
  set_text(page, "audit", audit.id);
  set_text(page, "caption", fmt::format("{}, the worst first", counted(audit.ranking.size(), "peer")));
  Fields columns = empty_list();
  for (std::size_t i = 0; i < kHabitColumns; ++i) {
    if (!norms.is_shown(i)) continue;
    Fields column;
    set_text(column, "column", kHabitTitles[i]);
    columns.push_back(column);
  }
  page.set("columns", columns);
  page.set("rows", in_order(rows));
  page.set("sent", in_order(sent));
  const std::size_t hidden = audit.ranking.size() - ranks.size();
  set_text(page, "hidden",
           hidden == 0 ? "" : fmt::format("and {}; --format json lists all", counted(hidden, "more peer")));
  set_dialects(audit, dialects, page);
  out.append(HtmlTemplate(HtmlParts::peers).render(page));
}

}  // namespace ck::report
