// One line a finding; of what comes again and again, only the first lines.
#include "cli/live_findings.h"

#include <fmt/format.h>

#include "audit/address_text.h"
#include "audit/rules.h"
#include "report/escape.h"

namespace ck::cli {
namespace {

/// Lines of each rule, and of connections, that are shown; a report has all.
constexpr std::uint64_t kShown = 20;
/// Characters of what a finding says.
constexpr std::size_t kMostOfText = 300;

/// " (the last one shown here)" behind the line that is.
std::string_view ending(std::uint64_t shown) {
  return shown == kShown ? " (more of these are in the report only)" : "";
}

}  // namespace

LiveFindings::LiveFindings(const std::string& interface, const std::string& filter, Progress& progress,
                           Output& err)
    : progress_(progress), err_(err) {
  say(fmt::format("ck-audit: listening on {}{}; Ctrl-C ends it and writes the report",
                  terminal_text(interface), filter.empty() ? "" : " to \"" + terminal_text(filter) + "\""));
}

void LiveFindings::finding(const Finding& finding) {
  std::uint64_t& shown = shown_[static_cast<std::size_t>(finding.rule)];
  if (shown >= kShown) return;
  ++shown;
  std::string who;
  if (finding.at_fault && finding.fixer) {
    Endpoint end = *finding.fixer;
    who = fmt::format("{} {}: ", *finding.at_fault == Role::km ? "KM" : "controller",
                      std::string_view(endpoint_text(end)));
    if (end.port == 0 && who.ends_with(":0: ")) who.replace(who.size() - 4, 4, ": ");
  }
  say(fmt::format("{} {}: {}{}; frame {}{}", name_of(finding.severity), rule(finding.rule).slug, who,
                  terminal_text(finding.text, kMostOfText), finding.at.frame, ending(shown)));
}

void LiveFindings::recognised(std::uint32_t id, const ConnectionStart& start) {
  if (connections_ >= kShown) return;
  ++connections_;
  say(fmt::format("connection {}: Ck between {} and {}{}", id,
                  std::string_view(endpoint_text(start.endpoints[0])),
                  std::string_view(endpoint_text(start.endpoints[1])), ending(connections_)));
}

void LiveFindings::say(const std::string& line) {
  progress_.around([&] {
    err_.append(line);
    err_.append('\n');
    err_.flush();
  });
}

}  // namespace ck::cli
