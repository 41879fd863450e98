// The report for people: of each audit the verdict first, then who must fix what, what is wrong grouped by
// rule, the procedures like a call list, and at last what the capture could and could not tell. Without
// --verbose it is short, however large the capture is (text_sections.h). All captured text is escaped for
// terminals.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "audit/address_text.h"
#include "report/codec.h"
#include "report/diagnostic_texts.h"
#include "report/escape.h"
#include "report/text_sections.h"
#include "report/text_style.h"
#include "report/value_text.h"
#include "report/writer.h"

namespace ck::report {
namespace {

// Without --verbose a long list shows its first entries and says how many more there are.
constexpr std::uint64_t kShownProcedures = 4;  // of a kind
constexpr std::uint64_t kShownConnections = 5;
constexpr std::uint64_t kShownInFull = 3;  // of several captures that failed

class TextReport final : public ReportWriter {
 public:
  TextReport(const ReportOptions& options, Output& output)
      : options_(options),
        style_{options.color},
        clip_(options.verbose ? 0 : 240),
        to_(output),
        out_(output),
        sections_(style_, clip_, out_),
        all_peers_(options.grades) {}

  void audit(AuditRecords& audit, std::size_t index) override {
    ++audits_;
    if (!options_.quiet) all_peers_.add(audit);
    const AuditVerdict verdict = verdict_of(audit, options_.fail_on);
    if (verdict == AuditVerdict::fail) ++failed_;
    if (verdict == AuditVerdict::incomplete) ++unread_;
    if (options_.quiet || options_.verbose || audit.has_messages()) {
      if (index != 0 && !options_.quiet) out_.append("\n");
      verdict_line(audit, verdict);
      if (!options_.quiet) {
        main_part(audit);
        rules_part(audit);
        diagnostics(audit.diagnostics());
      }
    } else if (audits_ == 1) {
      first_ = rendered(audit, verdict, true);
    } else {
      if (first_) tell_among_others(*first_);
      first_.reset();
      tell_among_others(*rendered(audit, verdict, failed_ <= kShownInFull));
    }
    flush();
  }

  void run_ended(const RunEnd& end) override {
    tell_kept();
    if (end.gone && !end.gone->empty() && !options_.quiet) sections_.gone(*end.gone);
  }

  void end(const Totals& total) override {
    tell_kept();
    if (audits_ > 1) {
      sections_.all_peers(all_peers_, options_.verbose);
      if (in_short_) sections_.coverage(total);
      if (in_short_ && failed_ != 0)
        print("Captures one by one, or --verbose, show {} in full\n",
              failed_ > kShownInFull ? "those that failed" : "the others");
      std::uint64_t messages = 0;
      for (const auto& [command, count] : total.messages) messages += count;
      const std::string unread = unread_ == 0 ? "" : fmt::format(", {} incomplete", grouped(unread_));
      const std::string outcome =
          fmt::format("{} of {} failed{}", grouped(failed_), counted(audits_, "capture"), unread);
      print("{}{}: {}; {}\n", options_.quiet ? "" : "\n", style_.bold(outcome), finding_counts(total),
            counted(messages, "message"));
    }
    flush();
  }

 private:
  /// An audit that waits for others: a single one is known to be one only in the end.
  struct Rendered {
    std::string line, rules, diagnostics;
    std::unique_ptr<SpoolOutput> main;
    AuditVerdict verdict{};
  };

  void flush() {
    out_.flush();
    to_.flush();
  }

  template <typename Write>
  std::string text_of(const Write& write) {
    StringOutput text;
    out_.turn_to(text);
    write();
    out_.turn_to(to_);
    return text.text();
  }

  /// `in_full`: if it failed; else who must fix what.
  std::unique_ptr<Rendered> rendered(AuditRecords& audit, AuditVerdict verdict, bool in_full) {
    auto one = std::make_unique<Rendered>();
    one->verdict = verdict;
    one->line = text_of([&] { verdict_line(audit, verdict); });
    one->main = std::make_unique<SpoolOutput>();
    if (audits_ > 1 && verdict != AuditVerdict::fail) return one;
    out_.turn_to(*one->main);
    in_full ? main_part(audit) : sections_.peers(audit, false);
    out_.turn_to(to_);
    if (!in_full) return one;
    one->rules = text_of([&] { rules_part(audit); });
    one->diagnostics = text_of([&] { diagnostics(audit.diagnostics()); });
    return one;
  }

  /// Of several captures each is a line; those that need somebody's attention come last. What could not be
  /// read is said elsewhere, and rules are counted over all.
  void tell_among_others(Rendered& one) {
    in_short_ = true;
    const bool failed = one.verdict == AuditVerdict::fail;
    if (!failed && one.verdict != AuditVerdict::incomplete) return out_.append(one.line);
    if (failed) bad_.append("\n");
    bad_.append(one.line);
    if (!failed) return;
    one.main->copy_to(bad_);
    bad_.append(one.diagnostics);
  }

  /// All audits were told.
  void tell_kept() {
    if (first_) {
      out_.append(first_->line);
      first_->main->copy_to(out_);
      out_.append(first_->rules);
      out_.append(first_->diagnostics);
    }
    first_.reset();
    bad_.flush();
    if (bad_.size() > bad_told_) bad_.copy_to(out_);
    bad_told_ = bad_.size();
  }

  void main_part(AuditRecords& audit) {
    start_ns_ = kLastTime;
    for (const CaptureFacts& capture : audit.captures()) {
      // Where a clock was set, no time tells how far it is from another.
      if (audit.totals().clock_steps == 0 && capture.first_time_ns != kNoTime)
        start_ns_ = std::min(start_ns_, capture.first_time_ns);
    }
    if (!is_silent(audit)) {
      sections_.peers(audit, options_.verbose);
      options_.verbose ? findings(audit) : sections_.findings(audit);
      procedures(audit);
    }
    captures(audit);
    if (is_silent(audit)) return;
    connections(audit);
    messages(audit);
    options_.verbose ? response_times(audit) : sections_.response_times(audit);
  }

  void rules_part(const AuditRecords& audit) {
    if (is_silent(audit)) return;
    options_.verbose ? rule_table(audit.totals()) : sections_.coverage(audit.totals());
  }

  static bool is_silent(const AuditRecords& audit) {
    return audit.message_count() == 0 && audit.connection_count() == 0;
  }

  template <typename... Args>
  void print(fmt::format_string<Args...> format, Args&&... args) {
    out_.append(fmt::format(format, std::forward<Args>(args)...));
  }

  [[nodiscard]] std::string shown(std::string_view text) const { return terminal_text(text, clip_); }
  /// In short, how long after the start of the captures.
  [[nodiscard]] std::string shown_time(std::int64_t time_ns) const {
    if (time_ns == kNoTime) return "no time";
    const auto since = elapsed(start_ns_, time_ns);
    if (options_.verbose || start_ns_ == kLastTime || !since) return std::string(time_text(time_ns));
    return fmt::format("at {:.3f} s", static_cast<double>(*since) / 1e9);
  }
  static std::string shown_duration(const std::optional<std::int64_t>& ns) {
    return ns ? duration_text(*ns) : "duration unknown";
  }
  [[nodiscard]] std::string known(const std::optional<std::string>& text) const {
    return text ? shown(*text) : "?";
  }

  void heading(std::string_view title) { print("\n{}\n", style_.bold(std::string(title))); }

  /// Known ones are counted apart.
  static std::string finding_counts(const Totals& totals) {
    const auto fresh = [&](std::size_t i) { return totals.findings[i] - totals.known[i]; };
    const std::uint64_t known = totals.known[0] + totals.known[1] + totals.known[2];
    return fmt::format("{}, {}, {}{}", counted(fresh(0), "error"), counted(fresh(1), "warning"),
                       counted(fresh(2), "note"),
                       totals.has_baseline ? fmt::format(", {} known", grouped(known)) : "");
  }

  void verdict_line(const AuditRecords& audit, AuditVerdict verdict) {
    bool unread = false;
    for (const CaptureFacts& capture : audit.captures()) unread |= !capture.error.empty();
    const std::string word = verdict == AuditVerdict::pass     ? style_.green(word_of(verdict))
                             : verdict == AuditVerdict::silent ? style_.yellow(word_of(verdict))
                                                               : style_.red(word_of(verdict));
    const std::size_t count = audit.paths().size();
    const std::string subject =
        count == 1 ? terminal_text(audit.paths().front()) : fmt::format("{} captures merged", count);
    print("{}  {}: {}; {}{}\n", word, subject, finding_counts(audit.totals()),
          counted(audit.message_count(), "message"), unread ? "; not everything could be read" : "");
  }

  void captures(const AuditRecords& audit) {
    heading("Captures");
    for (const CaptureFacts& capture : audit.captures()) {
      std::string links;
      for (const std::string& link : capture.link_types) links += (links.empty() ? "" : ", ") + shown(link);
      print("  {}\n    {}, {}{}{}, {} of Ck\n", terminal_text(capture.path),
            counted(capture.packets, "packet"), counted(capture.bytes, "byte"), links.empty() ? "" : ", ",
            links, counted(capture.messages, "message"));
      if (capture.first_time_ns != kNoTime) {
        print("    {} to {}\n", std::string_view(time_text(capture.first_time_ns)),
              std::string_view(time_text(capture.last_time_ns)));
      }
      if (!capture.error.empty() && !capture.error_of_all)
        print("    {} {}\n", style_.red(capture.packets == 0 ? "not read:" : "not read to its end:"),
              shown(capture.error));
    }
    for (const CaptureFacts& capture : audit.captures()) {
      if (capture.error_of_all) print("  {} {}\n", style_.red("not read whole:"), shown(capture.error));
    }
  }

  void connections(AuditRecords& audit) {
    heading("Connections");
    ListLimit limit(options_.verbose ? 0 : kShownConnections);
    audit.for_each_connection([&](const ConnectionRecord& one) {
      if (!limit.next()) return;
      print("  #{}  KM {}{} - controller {}  {}, {}, from frame {}, {}", one.id,
            std::string_view(endpoint_text(one.km)), one.kma_id ? " (" + shown(*one.kma_id) + ")" : "",
            std::string_view(endpoint_text(one.controller)), name_of(one.transport),
            counted(one.messages, "message"), one.start.frame,
            shown_duration(elapsed(one.start.time_ns, one.end_ns)));
      if (one.lost_bytes != 0) print(", {} missing", counted(one.lost_bytes, "byte"));
      if (one.skipped_bytes != 0) print(", {} skipped", counted(one.skipped_bytes, "byte"));
      out_.append("\n");
    });
    rest_of(limit, "connection");
  }

  void findings(AuditRecords& audit) {
    SortedSpool by_rule;
    ByteBuffer bytes_of_one;
    std::array<std::uint64_t, kRuleCount> count{};
    audit.for_each_finding([&](const Finding& finding) {
      const auto index = static_cast<std::size_t>(finding.rule);
      ++count[index];
      bytes_of_one.clear();
      encode(finding, bytes_of_one);
      by_rule.add({static_cast<std::uint64_t>(finding.severity), index}, bytes_of_one.view());
    });
    heading("Findings");
    if (by_rule.count() == 0) print("  none\n");
    std::optional<Rule> group;
    ListLimit limit(0);
    Finding finding;
    by_rule.for_each([&](std::string_view bytes) {
      decode(bytes, finding);
      if (group != finding.rule) {
        rest_of(limit, "finding");
        group = finding.rule;
        limit = ListLimit(0);
        rule_heading(finding, count[static_cast<std::size_t>(finding.rule)]);
      }
      if (limit.next()) finding_line(finding, audit.paths());
    });
    rest_of(limit, "finding");
  }

  void rule_heading(const Finding& finding, std::uint64_t count) {
    const RuleSpec& spec = rule(finding.rule);
    print("  {} {} ({}), {}\n", style_.severity(finding.severity), style_.bold(std::string(spec.slug)),
          spec.clause, count == 1 ? "once" : fmt::format("{} times", grouped(count)));
    print("    {}\n", spec.summary);
  }

  void finding_line(const Finding& finding, const std::vector<std::string>& paths) {
    std::string where = fmt::format("frame {}", finding.at.frame);
    if (paths.size() > 1 && finding.at.capture < paths.size())
      where += " of " + shown(paths[finding.at.capture]);
    where += fmt::format("  {}  connection {}", shown_time(finding.at.time_ns), finding.connection);
    if (finding.command) where += fmt::format("  {}", std::string_view(command_text(*finding.command)));
    if (finding.message_id) where += fmt::format("  MessageID {}", *finding.message_id);
    if (finding.procedure) where += fmt::format("  procedure {}", *finding.procedure);
    if (!finding.parameter.empty()) where += "  " + shown(finding.parameter);
    print("    {}\n      {}\n", where, shown(finding.text));
  }

  void procedures(AuditRecords& audit) {
    heading("Procedures");
    const Totals& totals = audit.totals();
    if (totals.relays.empty() && totals.sessions.empty() && totals.reservations.empty())
      return print("  none\n");
    sections_.procedure_counts(totals);
    for (const bool good : {false, true}) {
      ListLimit relays(most_of(kShownProcedures, good)), sessions = relays, reservations = relays;
      audit.for_each_relay([&](const RelayRecord& one) {
        // Of a distributed relay nobody tells the end.
        const bool went_well =
            one.state == RelayState::completed || (one.distributed && one.state == RelayState::routed);
        if (went_well == good && relays.next()) relay_line(one);
      });
      audit.for_each_session([&](const SessionRecord& one) {
        if ((one.state == SessionState::established) == good && sessions.next()) session_line(one);
      });
      audit.for_each_reservation([&](const ReservationRecord& one) {
        if ((one.state == ReservationState::allocated) == good && reservations.next()) reservation_line(one);
      });
      const std::uint64_t hidden = relays.hidden() + sessions.hidden() + reservations.hidden();
      if (hidden != 0)
        print("  … and {} more that {}; --verbose shows every procedure\n", grouped(hidden),
              good ? "went well" : "did not go well, or not to their end");
    }
  }

  /// What did not go well is worth more lines.
  [[nodiscard]] std::uint64_t most_of(std::uint64_t shown, bool good) const {
    if (options_.verbose) return 0;
    return good ? shown / 2 + 1 : shown;
  }

  void relay_line(const RelayRecord& one) {
    print("  {:>5}  relay ({})  {}  {} -> {}", one.id, one.distributed ? "distributed" : "centralized",
          style_.state(one.state), known(one.source_kma_id),
          known(one.destination_kma_id ? one.destination_kma_id : one.application_destination_id));
    if (one.key_relay_request_id) print("  request {}", shown(*one.key_relay_request_id));
    if (one.route.size() > 1) {
      std::string route;
      for (const std::string& hop : one.route) route += (route.empty() ? "" : " > ") + hop;
      print("  via {}", shown(route));
    }
    if (one.result) print("  result {}", shown(*one.result));
    procedure_tail(one.events, one.start_ns, one.duration_ns);
  }

  void session_line(const SessionRecord& one) {
    print("  {:>5}  session  {}  {} -> {}  ID {}", one.id, style_.state(one.state),
          known(one.application_source_id), known(one.application_destination_id), known(one.session_id));
    if (one.number_of_keys) {
      // As a peer wrote it, which may be below zero.
      const auto number = static_cast<std::uint64_t>(*one.number_of_keys);
      print("  {}", *one.number_of_keys < 0 ? "-" + grouped(0 - number) + " keys" : counted(number, "key"));
    }
    if (one.notification_result) print("  notified: {}", shown(*one.notification_result));
    if (one.request_result) print("  answered: {}", shown(*one.request_result));
    procedure_tail(one.events, one.start_ns, one.duration_ns);
  }

  void reservation_line(const ReservationRecord& one) {
    print("  {:>5}  reservation  {}  {} -> {}  {} reserved, {} allocated", one.id, style_.state(one.state),
          known(one.source_kma_id),
          known(one.destination_kma_id ? one.destination_kma_id : one.application_destination_id),
          counted(one.reserved_key_ids.size(), "key"), one.allocated_key_ids.size());
    if (one.result_code) print("  result {}", *one.result_code);
    if (one.allocation_result_code) print("  allocation result {}", *one.allocation_result_code);
    procedure_tail(one.events, one.start_ns, one.duration_ns);
  }

  void procedure_tail(const std::vector<MessageRef>& events, std::int64_t start_ns,
                      const std::optional<std::int64_t>& duration_ns) {
    std::string frames;
    for (const MessageRef& event : events)
      frames += fmt::format("{}{}", frames.empty() ? "" : ", ", event.at.frame);
    print("  {}, {}  frame{} {}\n", shown_time(start_ns), shown_duration(duration_ns),
          events.size() == 1 ? "" : "s", shown(frames));
    if (!options_.verbose) return;
    for (const MessageRef& event : events) message_line(event, message_name(event.command), "         ");
  }

  static std::string_view message_name(std::uint16_t command) {
    const MessageSpec* spec = find_meant(command);
    return spec == nullptr ? "unknown command" : spec->name;
  }

  void message_line(const MessageRef& ref, std::string_view name, std::string_view indent) {
    print("{}frame {}  {}  connection {}  {} {}", indent, ref.at.frame, shown_time(ref.at.time_ns),
          ref.connection, std::string_view(command_text(ref.command)), name);
    if (ref.message_id) print("  MessageID {}", *ref.message_id);
    out_.append("\n");
  }

  void messages(AuditRecords& audit) {
    if (!audit.has_messages()) return;
    heading("Messages");
    audit.for_each_message([&](const MessageEntry& one) {
      message_line(one.ref, one.name.empty() ? "unknown command" : one.name, "  ");
      print("    {}\n", shown(one.parameters));
      if (one.others != "[]") print("    other members: {}\n", shown(one.others));
      if (one.paired_with) print("    pair: frame {}, by {}\n", *one.paired_with, name_of(one.paired_by));
    });
  }

  void response_times(AuditRecords& audit) {
    bool first = true;
    audit.for_each_response_times([&](const ResponseTimes& one) {
      if (first) {
        heading("Response times");
        print("  {:<10} {:<22} {:>9} {:>10} {:>10} {:>10} {:>10}\n", "connection", "procedure", "count",
              "median", "90 %", "99 %", "longest");
      }
      first = false;
      print("  {:<10} {:<22} {:>9} {:>10} {:>10} {:>10} {:>10}\n", one.connection, name_of(one.exchange),
            grouped(one.count), duration_text(one.p50_ns), duration_text(one.p90_ns),
            duration_text(one.p99_ns), duration_text(one.max_ns));
    });
  }

  void rule_table(const Totals& totals) {
    heading("Rules checked");
    print("  {:<32} {:>10} {:>10} {:>12}\n", "rule", "checked", "violated", "undecidable");
    std::vector<std::string_view> silent;
    for (const RuleSpec& spec : rules()) {
      const RuleCount& count = totals.rules[static_cast<std::size_t>(spec.rule)];
      if (count.checked == 0 && count.violated == 0 && count.undecidable == 0) {
        silent.push_back(spec.slug);
        continue;
      }
      const std::string violated = fmt::format("{:>10}", grouped(count.violated));
      print("  {:<32} {:>10} {} {:>12}\n", spec.slug, grouped(count.checked),
            count.violated == 0 ? violated : style_.severity_text(spec.severity, violated),
            grouped(count.undecidable));
    }
    if (silent.empty()) return;
    print("  Never checked, so nothing is known of:\n");
    word_list(silent);
  }

  void word_list(const std::vector<std::string_view>& words) {
    constexpr std::size_t kWidth = 96;
    std::string line = "   ";
    for (const std::string_view& word : words) {
      if (line.size() + word.size() + 2 > kWidth) {
        print("{}\n", line);
        line = "   ";
      }
      line += fmt::format(" {}{}", word, &word == &words.back() ? "" : ",");
    }
    print("{}\n", line);
  }

  void diagnostics(const Diagnostics& facts) {
    std::string lines;
    for (const DiagnosticLine& one : diagnostic_lines(facts)) {
      lines += fmt::format("  {}: {}\n", shown(one.what), grouped(one.count));
      if (!one.remedy.empty()) lines += fmt::format("    remedy: {}\n", one.remedy);
    }
    if (!facts.undecrypted_text.empty()) lines += fmt::format("  {}\n", facts.undecrypted_text);
    if (lines.empty()) return;
    heading("Diagnostics");
    out_.append(lines);
  }

  void rest_of(const ListLimit& limit, std::string_view what) {
    if (limit.hidden() != 0) {
      print("  … and {} more; --verbose shows every {}\n", grouped(limit.hidden()), what);
    }
  }

  ReportOptions options_;
  Style style_;
  std::size_t clip_;
  std::int64_t start_ns_ = kLastTime;  ///< of the audit's captures; kLastTime: not known
  Output& to_;
  TurnableOutput out_;  ///< to_, or what waits for its turn
  TextSections sections_;
  AllPeers all_peers_;
  std::uint64_t audits_ = 0, failed_ = 0, unread_ = 0;
  std::unique_ptr<Rendered> first_;  ///< as long as no other came
  bool in_short_ = false;
  SpoolOutput bad_;  ///< failed ones among several
  std::uint64_t bad_told_ = 0;
};

}  // namespace

std::unique_ptr<ReportWriter> make_text_writer(const ReportOptions& options, Output& output) {
  return std::make_unique<TextReport>(options, output);
}

}  // namespace ck::report
