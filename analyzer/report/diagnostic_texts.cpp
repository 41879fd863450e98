// One row a diagnostic.
#include "report/diagnostic_texts.h"

#include <array>

namespace ck::report {
namespace {

constexpr std::array kTexts = {
    DiagnosticText{"capture_drops", "packets that were lost before they reached the file, as it says itself",
                   "capture only what is needed (tcpdump ... tcp), or with a larger buffer (-B)"},
    DiagnosticText{"clock_steps",
                   "pairs whose times run backwards, which count for no response time and no duration",
                   "keep the clocks of those who capture in step, and set none meanwhile"},
    DiagnosticText{"cut_packets", "packets on the named ports that a snap length cut",
                   "capture whole packets (tcpdump -s 0)"},
    DiagnosticText{
        "far_off_times",
        "packets whose times lie before 1823 or behind 2262, which count as packets without a time",
        "set the clock of who captures, or move the times (editcap -t)"},
    DiagnosticText{"ignored_resets", "TCP resets that no receiver would have heeded", ""},
};

}  // namespace

std::span<const DiagnosticText> diagnostic_texts() {
  return kTexts;
}

}  // namespace ck::report
