// One self-contained page for people to share. What stands on top of it is known when all audits are told, so
// the sections wait in a spool; a page stays small, however large the captures are, and says what it leaves
// out.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "report/html_parts.h"
#include "report/html_sections.h"
#include "report/record_json.h"
#include "report/text_style.h"
#include "report/writer.h"

namespace ck::report {
namespace {

constexpr std::size_t kMostPlaces = 2000;
constexpr std::uint64_t kFullPage = 12u << 20;  ///< further audits are lines of the table
constexpr std::size_t kRowsShown = 10'000, kGoneRows = 200, kErrorsShown = 20, kPeersNamed = 3;

constexpr std::string_view class_of(AuditVerdict verdict) {
  constexpr std::array<std::string_view, 4> kClasses = {"fail", "incomplete", "silent", "pass"};
  return kClasses[static_cast<std::size_t>(verdict)];
}

/// An audit in the table of captures.
struct AuditRow {
  AuditVerdict verdict{};
  std::string title, link;  ///< no link: the page was full
  std::array<std::uint64_t, 3> findings{};
  std::uint64_t messages = 0;
};

std::string title_of(const AuditRecords& audit) {
  const auto& paths = audit.paths();
  if (paths.size() == 1) return paths.front();
  return fmt::format("{} captures merged", paths.size());
}

/// "10 errors, 2 notes".
std::string counts_text(const std::array<std::uint64_t, 3>& counts) {
  std::string text;
  for (const Severity severity : {Severity::error, Severity::warning, Severity::note}) {
    const std::uint64_t count = counts[static_cast<std::size_t>(severity)];
    if (count != 0) text += (text.empty() ? "" : ", ") + counted(count, name_of(severity));
  }
  return text;
}

/// A sentence with links in it.
class Lead {
 public:
  void add(const std::string& text, const std::string& link = {}, const std::string& name = {}) {
    Fields piece;
    set_text(piece, "text", text, 400);
    set_text(piece, "link", link);
    set_text(piece, "name", name, 80);
    pieces_.push_back(piece);
  }
  [[nodiscard]] const Fields& fields() const { return pieces_; }

 private:
  Fields pieces_ = empty_list();
};

/// Who must fix what, in a sentence.
Fields lead_of(const HtmlAudit& audit) {
  Lead lead;
  const auto& peers = audit.records.peers();
  const auto bad = static_cast<std::size_t>(std::count_if(
      peers.begin(), peers.end(), [](const PeerBrief& peer) { return !peer.findings.empty(); }));
  std::uint64_t nobodys = 0;
  for (const HtmlRule& rule : audit.rules) nobodys += rule.nobodys;
  if (audit.records.message_count() == 0) {
    lead.add("No message of Ck was seen.");
  } else if (bad == 0 && nobodys == 0) {
    lead.add("Nobody must fix anything: no rule that could be checked was broken.");
  } else if (bad == 0) {
    lead.add(fmt::format("No peer must fix anything by itself; {} the network or the capture as a whole.",
                         nobodys == 1 ? "one finding is about" : grouped(nobodys) + " findings are about"));
  } else {
    lead.add(fmt::format("{} of {} must fix something{} ", grouped(bad), counted(peers.size(), "peer"),
                         bad > kPeersNamed ? ", first of all" : ":"));
    for (std::size_t i = 0; i < std::min(bad, kPeersNamed); ++i) {
      const std::uint32_t peer = audit.ranking[i];
      lead.add(i == 0                                ? ""
               : i + 1 == std::min(bad, kPeersNamed) ? " and "
                                                     : ", ",
               fmt::format("{}-fix-{}", audit.id, peer), audit.peer_name(peer));
      lead.add(fmt::format(" ({})", counts_text(audit.badness_of(peer))));
    }
    lead.add(nobodys == 0 ? "."
                          : fmt::format(". {} no single peer’s to fix.",
                                        nobodys == 1 ? "One more finding is"
                                                     : grouped(nobodys) + " more findings are"));
  }
  return lead.fields();
}

class HtmlReport final : public ReportWriter {
 public:
  HtmlReport(const ReportOptions& options, Output& output)
      : options_(options), ladders_left_(options.html_procedures), all_peers_(options.grades), out_(output) {}

  void audit(AuditRecords& records, std::size_t index) override {
    AuditRow row{verdict_of(records, options_.fail_on), title_of(records), {}, {}, records.message_count()};
    row.findings = records.totals().findings;
    for (const CaptureFacts& capture : records.captures()) note_error(capture.error);
    if (sections_.size() < kFullPage) {
      row.link = fmt::format("a{}", index + 1);
      write_sections(records, row);
      sections_.flush();
    }
    all_peers_.add(records, row.link.empty() ? std::string() : row.link + "-rule-");
    messages_ += row.messages;
    captures_ += records.paths().size();
    rows_.push_back(std::move(row));
  }

  void run_ended(const RunEnd& end) override {
    for (const std::string& error : end.errors) note_error(error);
    if (end.gone) gone_ = *end.gone;
  }

  void end(const Totals& total) override {
    Fields page;
    const bool many = rows_.size() != 1;
    const AuditVerdict verdict = verdict_of_run(total);
    set_text(page, "version", tool_version());
    set_text(page, "style_hash", HtmlParts::style_hash);
    set_text(page, "script_hash", HtmlParts::script_hash);
    set_text(page, "verdict", word_of(verdict));
    set_text(page, "verdict_class", class_of(verdict));
    set_text(page, "title", many ? counted(rows_.size(), "audit") : rows_.front().title);
    set_flag(page, "many", many);
    page.set("lead", many ? lead_of_run() : lead_);
    set_figures(total, page);
    set_notices(page);
    set_asked(page);
    if (many) set_rows(page);
    if (many) set_all_peers(all_peers_, page);
    out_.append(HtmlTemplate(HtmlParts::top).render(page));
    out_.append("<style>");
    out_.append(HtmlParts::style);
    out_.append("</style>\n");
    out_.append(HtmlTemplate(HtmlParts::audits).render(page));
    sections_.copy_to(out_);
    set_gone(page);
    out_.append(HtmlTemplate(HtmlParts::bottom).render(page));
    out_.append("<script>");
    out_.append(HtmlParts::script);
    out_.append("</script>\n</body>\n</html>\n");
    out_.flush();
  }

 private:
  void write_sections(AuditRecords& records, const AuditRow& row) {
    HtmlAudit audit{records, options_, row.link, kLastTime};
    for (const CaptureFacts& capture : records.captures()) {
      // Where a clock was set, no time tells how far it is from another.
      if (records.totals().clock_steps == 0 && capture.first_time_ns != kNoTime)
        audit.start_ns = std::min(audit.start_ns, capture.first_time_ns);
    }
    HtmlLadders ladders;
    gather_findings(audit, ladders, places_left_);
    ladders.choose(records, ladders_left_);
    ladders_left_ -= ladders.count();
    const Fields lead = lead_of(audit);
    if (rows_.empty()) lead_ = Fields(lead);
    open_audit(audit, row, lead);
    write_cards(audit, sections_);
    write_peers(audit, sections_);
    write_findings(audit, ladders, sections_);
    ladders.write(audit, sections_);
    write_times(audit, sections_);
    write_coverage(audit, sections_);
    write_diagnostics(audit, sections_);
  }

  void open_audit(const HtmlAudit& audit, const AuditRow& row, const Fields& lead) {
    struct Link {
      const char *target, *name;
    };
    constexpr std::array kLinks = {Link{"who", "Who must fix what"},  Link{"peers", "Peers"},
                                   Link{"findings", "Findings"},      Link{"procedures", "Procedures"},
                                   Link{"times", "Response times"},   Link{"rules", "Rules checked"},
                                   Link{"diagnostics", "Diagnostics"}};
    Fields page;
    set_text(page, "audit", audit.id);
    set_text(page, "title", row.title);
    set_text(page, "nav_label", "Sections of " + row.title);
    set_text(page, "verdict", word_of(row.verdict));
    set_text(page, "verdict_class", class_of(row.verdict));
    page.set("lead", lead);
    Fields links = empty_list();
    for (const Link& link : kLinks) {
      if (audit.ranking.empty() && std::string_view(link.target) == "peers") continue;
      Fields entry;
      set_text(entry, "target", link.target);
      set_text(entry, "link_name", link.name);
      links.push_back(entry);
    }
    page.set("links", links);
    sections_.append(HtmlTemplate(HtmlParts::audit).render(page));
  }

  void note_error(const std::string& error) {
    if (error.empty()) return;
    if (++errors_ <= kErrorsShown) error_texts_.push_back(error);
  }

  /// The worst of the audits; inputs that led to none count too.
  [[nodiscard]] AuditVerdict verdict_of_run(const Totals& total) const {
    if (has_failed(total, options_.fail_on)) return AuditVerdict::fail;
    if (errors_ != 0) return AuditVerdict::incomplete;
    return messages_ == 0 ? AuditVerdict::silent : AuditVerdict::pass;
  }

  [[nodiscard]] Fields lead_of_run() const {
    const auto failed = std::count_if(rows_.begin(), rows_.end(),
                                      [](const AuditRow& row) { return row.verdict == AuditVerdict::fail; });
    Lead lead;
    const std::string of_all = counted(rows_.size(), "capture");
    if (failed == 0) {
      lead.add(fmt::format("None of {} failed.", of_all));
      return lead.fields();
    }
    lead.add(fmt::format("{} of {} failed", grouped(static_cast<std::uint64_t>(failed)), of_all));
    const auto worst = std::max_element(rows_.begin(), rows_.end(), [](const AuditRow& a, const AuditRow& b) {
      return std::pair(b.verdict, a.findings) < std::pair(a.verdict, b.findings);
    });
    if (!worst->link.empty()) lead.add(", the worst of them ", worst->link, worst->title);
    lead.add(".");
    return lead.fields();
  }

  void set_figures(const Totals& total, Fields& page) const {
    Fields figures = empty_list();
    const auto add = [&](std::string_view css, std::string_view one, std::string_view more,
                         std::uint64_t count) {
      Fields figure;
      set_text(figure, "figure_class", count == 0 ? "zero" : css);
      set_text(figure, "figure_name", count == 1 ? one : more);
      set_text(figure, "figure", grouped(count));
      figures.push_back(figure);
    };
    add("error", "error", "errors", total.findings[0]);
    add("warning", "warning", "warnings", total.findings[1]);
    add("note", "note", "notes", total.findings[2]);
    if (total.has_baseline)
      add("known", "known of these", "known of these", total.known[0] + total.known[1] + total.known[2]);
    add("plain", "Ck message", "Ck messages", messages_);
    std::uint64_t procedures = 0;
    for (const auto& [state, count] : total.relays) procedures += count;
    for (const auto& [state, count] : total.sessions) procedures += count;
    for (const auto& [state, count] : total.reservations) procedures += count;
    add("plain", "procedure", "procedures", procedures);
    add("plain", "capture", "captures", captures_);
    page.set("figures", figures);
  }

  void set_notices(Fields& page) const {
    Fields notices = empty_list();
    for (const std::string& error : error_texts_) {
      Fields notice;
      set_text(notice, "notice", error, 600);
      notices.push_back(notice);
    }
    if (errors_ > error_texts_.size()) {
      Fields notice;
      set_text(notice, "notice",
               fmt::format("and {} of captures that could not be read, or not to their end",
                           counted(errors_ - error_texts_.size(), "more error")));
      notices.push_back(notice);
    }
    page.set("notices", notices);
  }

  void set_asked(Fields& page) const {
    Fields list = empty_list();
    const auto add = [&](std::string_view name, std::string_view value) {
      Fields row;
      set_text(row, "asked_name", name, 80);
      set_text(row, "asked_value", value, 400);
      list.push_back(row);
    };
    add("fails from", options_.fail_on ? fmt::format("{} on (--fail-on)", name_of(*options_.fail_on))
                                       : "never (--fail-on never)");
    std::string grades;
    for (const RuleSpec& spec : rules()) {
      const auto& grade = options_.grades[static_cast<std::size_t>(spec.rule)];
      if (!grade) continue;
      grades += fmt::format("{}{}={}", grades.empty() ? "" : ", ", spec.slug, grade_text(*grade));
    }
    if (!grades.empty()) add("rules set (--rule)", grades);
    for (const auto& [name, value] : options_.asked) add(name, value);
    page.set("asked", list);
  }

  static std::string_view grade_text(Grade grade) {
    return grade == Grade::off ? std::string_view("off") : name_of(static_cast<Severity>(grade));
  }

  void set_rows(Fields& page) {
    std::stable_sort(rows_.begin(), rows_.end(), [](const AuditRow& a, const AuditRow& b) {
      return std::pair(a.verdict, b.findings) < std::pair(b.verdict, a.findings);
    });
    Fields list = empty_list();
    for (std::size_t i = 0; i < std::min(rows_.size(), kRowsShown); ++i) {
      const AuditRow& one = rows_[i];
      Fields row;
      set_text(row, "rank", std::to_string(static_cast<unsigned>(one.verdict)));
      set_text(row, "row_class", class_of(one.verdict));
      set_text(row, "row_verdict", word_of(one.verdict));
      set_text(row, "row_link", one.link);
      set_text(row, "path", one.title);
      set_number(row, "errors", "errors_raw", one.findings[0]);
      set_number(row, "warnings", "warnings_raw", one.findings[1]);
      set_number(row, "notes", "notes_raw", one.findings[2]);
      set_number(row, "messages", "messages_raw", one.messages);
      list.push_back(row);
    }
    page.set("rows", list);
    const auto unlinked = static_cast<std::uint64_t>(
        std::count_if(rows_.begin(), rows_.end(), [](const AuditRow& row) { return row.link.empty(); }));
    std::string caption = counted(rows_.size(), "capture") + ", the worst first";
    if (rows_.size() > kRowsShown) caption += fmt::format("; the first {} are listed", grouped(kRowsShown));
    if (unlinked != 0)
      caption += fmt::format("; the page is full, so {} in this table alone: run ck-audit -f html over {}",
                             unlinked == 1 ? "one stands" : grouped(unlinked) + " stand",
                             unlinked == 1 ? "it for its own" : "them for theirs");
    set_text(page, "caption", caption);
  }

  void set_gone(Fields& page) const {
    set_flag(page, "gone", !gone_.empty());
    Fields list = empty_list();
    for (std::size_t i = 0; i < std::min(gone_.size(), kGoneRows); ++i) {
      Fields row;
      set_text(row, "rule", gone_[i].rule);
      set_text(row, "peer", gone_[i].peer.value_or("–"), 60);
      set_text(row, "message", gone_[i].message);
      set_text(row, "count", grouped(gone_[i].count));
      list.push_back(row);
    }
    page.set("entries", list);
    set_text(page, "gone_caption",
             fmt::format("{} of the baseline did not occur again", counted(gone_.size(), "finding")));
    set_text(page, "gone_hidden",
             gone_.size() > kGoneRows
                 ? fmt::format("and {}, which --format json lists", grouped(gone_.size() - kGoneRows))
                 : "");
  }

  ReportOptions options_;
  std::size_t places_left_ = kMostPlaces, ladders_left_;
  SpoolOutput sections_;
  Fields lead_ = empty_list();  ///< of the first audit
  std::vector<AuditRow> rows_;
  AllPeers all_peers_;
  std::vector<std::string> error_texts_;
  std::uint64_t errors_ = 0, messages_ = 0, captures_ = 0;
  std::vector<BaselineEntry> gone_;
  Output& out_;
};

}  // namespace

std::unique_ptr<ReportWriter> make_html_writer(const ReportOptions& options, Output& output) {
  return std::make_unique<HtmlReport>(options, output);
}

}  // namespace ck::report
