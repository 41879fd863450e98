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
    DiagnosticText{
        "split_connections",
        "connections found in more than one input: each counts once, and what one of them may have "
        "missed is undecidable",
        "give each message log once, and make the logs of a sensor's captures in one run (--merge, "
        "--shard)"},
    DiagnosticText{"unknown_grpc_encodings", "messages over gRPC compressed in a way that is not known here",
                   "have the peers compress with gzip or deflate, or not at all"},
    DiagnosticText{"unreadable_http2",
                   "directions of HTTP/2 that cannot be read from a hole, or from broken bytes, on",
                   "capture the whole connection (tcpdump with a larger buffer, -B)"},
};

}  // namespace

std::span<const DiagnosticText> diagnostic_texts() {
  return kTexts;
}

}  // namespace ck::report
