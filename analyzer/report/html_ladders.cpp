// Procedures as ladder diagrams: a line for each peer, an arrow for each message.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <queue>

#include "report/html_parts.h"
#include "report/html_sections.h"
#include "report/text_style.h"
#include "report/value_text.h"

namespace ck::report {
namespace {

constexpr std::size_t kMostArrows = 60, kMostLifelines = 10, kMostMarks = 4;
constexpr std::size_t kMarksOfProcedure = 256, kMostPaired = 256;
constexpr int kFirstLine = 190, kBetween = 264, kMargin = 112, kTop = 70;

/// How a procedure stands, for those who look for trouble.
enum class Ending : std::uint8_t { bad, open, good };

Ending ending_of(const RelayRecord& one) {
  if (one.state == RelayState::failed) return Ending::bad;
  // Of a distributed relay nobody tells the end.
  const bool well =
      one.state == RelayState::completed || (one.distributed && one.state == RelayState::routed);
  return well ? Ending::good : Ending::open;
}
Ending ending_of(const SessionRecord& one) {
  if (one.state == SessionState::failed) return Ending::bad;
  return one.state == SessionState::established ? Ending::good : Ending::open;
}
Ending ending_of(const ReservationRecord& one) {
  const bool bad =
      one.state == ReservationState::rejected || one.state == ReservationState::allocation_failed;
  if (bad) return Ending::bad;
  return one.state == ReservationState::allocated ? Ending::good : Ending::open;
}

/// The smaller, the sooner it is shown; findings and states take turns.
constexpr unsigned kWorstRank = 5;
unsigned rank_of(Ending ending) {
  return ending == Ending::bad ? 1 : ending == Ending::open ? 3 : kWorstRank;
}
unsigned rank_of(Severity severity) {
  return severity == Severity::error ? 0 : severity == Severity::warning ? 2 : 4;
}

/// Keeps the smallest ones of many.
template <typename Value>
class Smallest {
 public:
  explicit Smallest(std::size_t most) : most_(most) {}
  void add(const Value& value) {
    if (most_ == 0 || (heap_.size() == most_ && !(value < heap_.top()))) return;
    if (heap_.size() == most_) heap_.pop();
    heap_.push(value);
  }
  template <typename Visit>
  void take(const Visit& visit) {
    for (; !heap_.empty(); heap_.pop()) visit(heap_.top());
  }

 private:
  std::size_t most_;
  std::priority_queue<Value> heap_;
};

/// A finding on an arrow.
struct Mark {
  std::optional<std::uint64_t> message;
  Rule rule{};
  Severity severity{};
  std::optional<Endpoint> sender;
};
using Marks = std::vector<Mark>;

struct Lifeline {
  std::string key, name, role;
};

/// What a procedure is, whatever its kind.
struct Drawn {
  std::uint32_t id = 0;
  std::string_view kind, state;
  Ending ending{};
  std::string title;
  std::vector<std::pair<std::string_view, std::string>> values;
  std::vector<std::pair<Command, std::string>> results;  ///< by the message that tells it
  const std::vector<MessageRef>* events = nullptr;
  std::optional<std::int64_t> duration_ns;
};

std::string ends_text(const std::optional<std::string>& from, const std::optional<std::string>& to) {
  return fmt::format("{} → {}", clipped(from.value_or("?"), 60), clipped(to.value_or("?"), 60));
}

template <typename Value>
void add_value(Drawn& drawn, std::string_view name, const std::optional<Value>& value) {
  if (value) drawn.values.emplace_back(name, fmt::format("{}", *value));
}

void add_list(Drawn& drawn, std::string_view name, std::string_view between,
              const std::vector<std::string>& list) {
  constexpr std::size_t kShown = 12;
  std::string text;
  for (std::size_t i = 0; i < std::min(list.size(), kShown); ++i) {
    if (i != 0) text += between;
    text += clipped(list[i], 60);
  }
  if (list.size() > kShown) text += fmt::format(" … and {} more", grouped(list.size() - kShown));
  if (!list.empty()) drawn.values.emplace_back(name, text);
}

Drawn drawn_of(const RelayRecord& one) {
  Drawn drawn{one.id, "relay", name_of(one.state), ending_of(one), {}, {}, {}, &one.events, one.duration_ns};
  drawn.title =
      fmt::format("Relay {} ({}): {}", one.id, one.distributed ? "distributed" : "centralized",
                  ends_text(one.source_kma_id, one.destination_kma_id ? one.destination_kma_id
                                                                      : one.application_destination_id));
  add_value(drawn, "Application destination ID", one.application_destination_id);
  add_value(drawn, "Key relay request ID", one.key_relay_request_id);
  add_list(drawn, "route", " → ", one.route);
  add_value(drawn, "result", one.result);
  if (one.result) drawn.results.emplace_back(Command::relay_response, *one.result);
  return drawn;
}

Drawn drawn_of(const SessionRecord& one) {
  Drawn drawn{one.id, "session", name_of(one.state), ending_of(one), {},
              {},     {},        &one.events,        one.duration_ns};
  drawn.title = fmt::format("Session {}: {}", one.id,
                            ends_text(one.application_source_id, one.application_destination_id));
  add_value(drawn, "Session ID", one.session_id);
  add_value(drawn, "Source KM ID", one.source_km_id);
  add_value(drawn, "Destination KM ID", one.destination_km_id);
  add_value(drawn, "Number of keys", one.number_of_keys);
  add_value(drawn, "result told to who asked", one.request_result);
  add_value(drawn, "result of the one notified", one.notification_result);
  if (one.request_result) drawn.results.emplace_back(Command::session_response, *one.request_result);
  if (one.notification_result)
    drawn.results.emplace_back(Command::session_notification_response, *one.notification_result);
  return drawn;
}

Drawn drawn_of(const ReservationRecord& one) {
  Drawn drawn{one.id, "reservation", name_of(one.state), ending_of(one), {}, {},
              {},     &one.events,   one.duration_ns};
  drawn.title =
      fmt::format("Reservation {}: {}", one.id,
                  ends_text(one.source_kma_id, one.destination_kma_id ? one.destination_kma_id
                                                                      : one.application_destination_id));
  add_value(drawn, "Application destination ID", one.application_destination_id);
  add_list(drawn, "keys reserved", ", ", one.reserved_key_ids);
  add_list(drawn, "keys allocated", ", ", one.allocated_key_ids);
  add_value(drawn, "result", one.result_code);
  add_value(drawn, "result of the allocation", one.allocation_result_code);
  if (one.result_code)
    drawn.results.emplace_back(Command::reservation_response, std::to_string(*one.result_code));
  if (one.allocation_result_code)
    drawn.results.emplace_back(Command::allocation_response, std::to_string(*one.allocation_result_code));
  return drawn;
}

/// Which requests of a procedure nothing in it answers. What a finding says wins; else answers go to requests
/// of their connection by MessageID, then in order.
std::vector<bool> find_unanswered(const std::vector<MessageRef>& events, const Marks& marks) {
  std::vector<bool> unanswered(events.size()), is_taken(events.size());
  const auto said = [&](std::size_t i) {
    return std::any_of(marks.begin(), marks.end(), [&](const Mark& mark) {
      return mark.rule == Rule::unanswered_request && mark.message == events[i].index;
    });
  };
  if (events.size() > kMostPaired) {
    for (std::size_t i = 0; i < kMostArrows; ++i) unanswered[i] = said(i);
    return unanswered;
  }
  const auto command_at = [&](std::size_t i) { return find_meant(events[i].command); };
  for (std::size_t i = 0; i < events.size(); ++i) {
    const MessageSpec* spec = command_at(i);
    unanswered[i] = spec != nullptr && find_opened(spec->command) != nullptr;
  }
  const auto take = [&](const auto& fits) {
    for (std::size_t answer = 0; answer < events.size(); ++answer) {
      const MessageSpec* spec = command_at(answer);
      const ExchangeSpec* exchange = spec == nullptr ? nullptr : find_answered(spec->command);
      if (exchange == nullptr || is_taken[answer]) continue;
      for (std::size_t asked = 0; asked < answer; ++asked) {
        const MessageSpec* request = command_at(asked);
        if (!unanswered[asked] || request == nullptr || request->command != exchange->request) continue;
        if (said(asked) || !fits(events[asked], events[answer])) continue;
        unanswered[asked] = false;
        is_taken[answer] = true;
        break;
      }
    }
  };
  take([](const MessageRef& request, const MessageRef& answer) {
    return request.connection == answer.connection && request.message_id == answer.message_id;
  });
  take([](const MessageRef& request, const MessageRef& answer) {
    return request.connection == answer.connection;
  });
  take([](const MessageRef&, const MessageRef&) { return true; });
  return unanswered;
}

class LadderDrawing {
 public:
  LadderDrawing(HtmlAudit& audit, const Drawn& drawn, const Marks& marks)
      : audit_(audit), drawn_(drawn), events_(*drawn.events), marks_(marks) {}

  Fields fields() {
    Fields page;
    set_text(page, "audit", audit_.id);
    set_text(page, "id", std::to_string(drawn_.id));
    set_text(page, "state", drawn_.state);
    set_text(page, "outcome",
             drawn_.ending == Ending::bad    ? "bad"
             : drawn_.ending == Ending::open ? "open"
                                             : "good");
    set_text(page, "title", drawn_.title);
    set_text(page, "facts",
             fmt::format("{}, {}{}", counted(events_.size(), "message"),
                         drawn_.duration_ns ? duration_text(*drawn_.duration_ns) : "duration unknown",
                         marks_.empty() ? "" : ", " + counted(marks_.size(), "finding")));
    set_text(page, "label", fmt::format("Ladder diagram of {} {}", drawn_.kind, drawn_.id));
    set_values(page);
    add_arrows();
    page.set("arrows", arrows_);
    Fields lines = empty_list();
    for (std::size_t i = 0; i < lifelines_.size(); ++i) {
      Fields line;
      set_text(line, "x", std::to_string(x_of(i)));
      set_text(line, "peer", lifelines_[i].name, 28);
      set_text(line, "whole", lifelines_[i].name);
      set_text(line, "role", lifelines_[i].role);
      set_text(line, "bottom", std::to_string(y_));
      lines.push_back(line);
    }
    page.set("lifelines", lines);
    const std::size_t columns = std::max<std::size_t>(lifelines_.size(), 1);
    set_text(page, "width", std::to_string(x_of(columns - 1) + kMargin));
    set_text(page, "height", std::to_string(y_ + 4));
    set_text(page, "cut",
             left_out_ == 0
                 ? ""
                 : fmt::format("and {}, which --format json lists", counted(left_out_, "more message")));
    return page;
  }

 private:
  static int x_of(std::size_t lifeline) { return kFirstLine + static_cast<int>(lifeline) * kBetween; }

  void set_values(Fields& page) const {
    Fields values = empty_list();
    for (const auto& [name, value] : drawn_.values) {
      Fields row;
      set_text(row, "value_name", name);
      set_text(row, "value", value, 600);
      values.push_back(row);
    }
    page.set("values", values);
    set_flag(page, "has_values", !drawn_.values.empty());
  }

  /// nullopt: there are too many.
  std::optional<std::size_t> lifeline_of(std::uint32_t connection, std::uint32_t peer, Role role) {
    const std::string key =
        peer != 0 ? fmt::format("peer {}", peer) : fmt::format("{} {}", name_of(role), connection);
    for (std::size_t i = 0; i < lifelines_.size(); ++i) {
      if (lifelines_[i].key == key) return i;
    }
    if (lifelines_.size() == kMostLifelines) return std::nullopt;
    const bool known = peer != 0 && peer <= audit_.records.peers().size();
    lifelines_.push_back({key, known ? audit_.peer_name(peer) : fmt::format("of connection {}", connection),
                          std::string(role_text(role))});
    return lifelines_.size() - 1;
  }

  void add_arrows() {
    const std::vector<bool> unanswered = find_unanswered(events_, marks_);
    y_ = kTop;
    for (std::size_t i = 0; i < events_.size(); ++i) {
      const MessageSpec* spec = find_meant(events_[i].command);
      const bool from_km = is_from_km(spec == nullptr ? events_[i].command : spec->code());
      const AuditRecords::PeersOf peers = audit_.records.peers_of(events_[i].connection);
      const bool turned = is_turned(events_[i]);
      const Role sender = from_km != turned ? Role::km : Role::controller;
      const auto from =
          lifeline_of(events_[i].connection, sender == Role::km ? peers.km : peers.controller, sender);
      const auto to = lifeline_of(events_[i].connection, sender == Role::km ? peers.controller : peers.km,
                                  sender == Role::km ? Role::controller : Role::km);
      if (i >= kMostArrows || !from || !to) {
        ++left_out_;
        continue;
      }
      add_arrow(events_[i], spec, *from, *to, unanswered[i]);
    }
  }

  /// A message that went the other way than its code says.
  [[nodiscard]] bool is_turned(const MessageRef& event) const {
    return std::any_of(marks_.begin(), marks_.end(), [&](const Mark& mark) {
      return mark.rule == Rule::wrong_direction && mark.message == event.index;
    });
  }

  [[nodiscard]] std::string result_of(const MessageSpec* spec) const {
    if (spec == nullptr) return {};
    const auto same = std::count_if(events_.begin(), events_.end(), [&](const MessageRef& event) {
      return find_meant(event.command) == spec;
    });
    for (const auto& [command, result] : drawn_.results) {
      // Of two answers the record does not tell which one said so.
      if (command == spec->command && same == 1) return result;
    }
    return {};
  }

  void add_arrow(const MessageRef& event, const MessageSpec* spec, std::size_t from, std::size_t to,
                 bool unanswered) {
    const std::string name(spec == nullptr ? "unknown command" : spec->name);
    const std::string result = clipped(result_of(spec), 36);
    const std::string under = unanswered ? "no answer seen" : result.empty() ? "" : "result: " + result;
    const auto since = elapsed(events_.front().at.time_ns, event.at.time_ns);
    const int x1 = x_of(from), x2 = x_of(to), step = x2 > x1 ? -8 : 8;
    Fields arrow;
    const auto put = [&arrow](const char* key, int value) { set_text(arrow, key, std::to_string(value)); };
    set_flag(arrow, "unanswered", unanswered);
    set_text(arrow, "name", name);
    set_text(arrow, "under", under);
    set_text(arrow, "frame", fmt::format("frame {}", event.at.frame));
    set_text(arrow, "since",
             !since        ? "time unknown"
             : *since == 0 ? "start"
                           : (*since < 0 ? "" : "+") + duration_text(*since));
    put("x1", x1);
    put("x2", x2 + step / 2);
    put("x_name", (x1 + x2) / 2);
    put("y", y_);
    put("y_name", y_ - 6);
    put("y_when", y_ - 4);
    put("y_time", y_ + 10);
    put("y_under", y_ + 14);
    set_text(arrow, "head", fmt::format("M{} {}l{} -4v8z", x2, y_, step));
    const int first_mark = y_ + (under.empty() ? 14 : 28);
    const int after = add_marks(event, arrow, first_mark);
    set_text(arrow, "said",
             fmt::format("frame {}: {} from {} to {}{}{}", event.at.frame, name,
                         clipped(lifelines_[from].name, 60), clipped(lifelines_[to].name, 60),
                         under.empty() ? "" : ", ", under),
             400);
    arrows_.push_back(arrow);
    y_ = after + 24;
  }

  /// Returns where the arrow's texts end.
  int add_marks(const MessageRef& event, Fields& arrow, int y) const {
    Fields shown = empty_list();
    std::optional<Severity> worst;
    std::size_t count = 0;
    for (const Mark& mark : marks_) {
      if (mark.message != event.index) continue;
      if (!worst || mark.severity < *worst) worst = mark.severity;
      if (++count > kMostMarks) continue;
      Fields row;
      set_text(row, "slug", name_of(mark.rule));
      set_text(row, "mark", fmt::format("{}: {}", name_of(mark.severity), name_of(mark.rule)));
      set_text(row, "mark_class", name_of(mark.severity));
      set_text(row, "y_mark", std::to_string(y));
      shown.push_back(row);
      y += 14;
    }
    arrow.set("marks", shown);
    set_text(arrow, "marked", worst ? name_of(*worst) : std::string_view());
    return y;
  }

  HtmlAudit& audit_;
  const Drawn& drawn_;
  const std::vector<MessageRef>& events_;
  const Marks& marks_;
  std::vector<Lifeline> lifelines_;
  Fields arrows_ = empty_list();
  int y_ = 0;
  std::size_t left_out_ = 0;
};

template <typename Visit>
void for_each_procedure(AuditRecords& records, const Visit& visit) {
  records.for_each_relay([&](const RelayRecord& one) { visit(one); });
  records.for_each_session([&](const SessionRecord& one) { visit(one); });
  records.for_each_reservation([&](const ReservationRecord& one) { visit(one); });
}

}  // namespace

void HtmlLadders::note(const Finding& finding) {
  if (!finding.procedure) return;
  const Place place{rank_of(finding.severity), *finding.procedure};
  findings_.add({place.second, place.first}, {reinterpret_cast<const char*>(&place), sizeof place});
}

/// A procedure's rank is the better one of its findings' and of its state's, so the `most` best of each hold
/// the `most` best of all.
void HtmlLadders::choose(AuditRecords& records, std::size_t most) {
  Smallest<Place> by_findings(most), by_state(most);
  std::map<std::uint32_t, unsigned> ranks;
  for_each_procedure(records, [&](const auto& one) {
    ++all_;
    by_state.add({rank_of(ending_of(one)), one.id});
  });
  std::uint32_t last = 0;
  findings_.for_each([&](std::string_view bytes) {
    Place place;
    std::memcpy(static_cast<void*>(&place), bytes.data(), sizeof place);
    if (place.second != last) by_findings.add(place);  // the first of a procedure is its worst
    last = place.second;
  });
  const auto take = [&](const Place& place) {
    const auto [known, fresh] = ranks.emplace(place.second, place.first);
    if (!fresh) known->second = std::min(known->second, place.first);
  };
  by_findings.take(take);
  by_state.take(take);
  Smallest<Place> best(most);
  for (const auto& [id, rank] : ranks) best.add({rank, id});
  best.take([&](const Place& place) { chosen_.emplace(place.second, 0); });
  std::vector<Place> order;
  for (const auto& [id, rank] : ranks) {
    if (has(id)) order.emplace_back(rank, id);
  }
  std::sort(order.begin(), order.end());
  for (std::size_t i = 0; i < order.size(); ++i) chosen_[order[i].second] = i;
}

void HtmlLadders::write(HtmlAudit& audit, Output& out) {
  std::map<std::uint32_t, Marks> marks;
  audit.records.for_each_finding([&](const Finding& finding) {
    if (!finding.procedure || !has(*finding.procedure)) return;
    Marks& of_one = marks[*finding.procedure];
    if (of_one.size() < kMarksOfProcedure)
      of_one.push_back({finding.message, finding.rule, finding.severity, finding.sender});
  });
  HtmlTemplate ladder(HtmlParts::ladder);
  SortedSpool by_rank;
  const Marks none;
  for_each_procedure(audit.records, [&](const auto& one) {
    const auto found = chosen_.find(one.id);
    if (found == chosen_.end() || one.events.empty()) return;
    const auto marked = marks.find(one.id);
    const Drawn drawn = drawn_of(one);
    Fields fields = LadderDrawing(audit, drawn, marked == marks.end() ? none : marked->second).fields();
    set_flag(fields, "open", found->second < 3);
    by_rank.add({found->second, 0}, ladder.render(fields));
  });
  out.append(fmt::format(
      "<section aria-labelledby=\"{0}-procedures\">\n<h2 id=\"{0}-procedures\">Procedures</h2>\n", audit.id));
  if (all_ != 0)
    out.append(
        "<p class=\"about\">Relays, sessions and reservations as ladder diagrams: a line for each peer, an "
        "arrow for "
        "each message. Failed ones and those with findings come first.</p>\n");
  by_rank.for_each([&](std::string_view text) { out.append(text); });
  if (all_ == 0) out.append("<p class=\"empty\">None.</p>\n");
  if (all_ > by_rank.count())
    out.append(fmt::format("<p class=\"cut\">and {}; --html-procedures N draws up to N of a page</p>\n",
                           counted(all_ - by_rank.count(), "more procedure")));
  out.append("</section>\n");
}

}  // namespace ck::report
