// One row a diagnostic.
#include "report/diagnostic_texts.h"

#include <fmt/format.h>

#include <algorithm>
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
    DiagnosticText{"other_rpcs",
                   "RPCs over gRPC of methods that no .proto tells to be Ck's, or in a format other than "
                   "protobuf and JSON",
                   "give the deployment's own .proto with --grpc-proto, if they are"},
    DiagnosticText{
        "split_connections",
        "connections found in more than one input: each counts once, and what one of them may have "
        "missed is undecidable",
        "give each message log once, and make the logs of a sensor's captures in one run (--merge, "
        "--shard)"},
    DiagnosticText{"split_messages",
                   "messages in those inputs of such connections that do not count, some of them perhaps in "
                   "no other one",
                   "make the logs of a sensor's captures in one run (--merge, --shard)"},
    DiagnosticText{"translated_connections",
                   "second copies of connections, seen on the other side of an address translator, which are "
                   "not checked again",
                   ""},
    DiagnosticText{"unknown_grpc_encodings", "messages over gRPC compressed in a way that is not known here",
                   "have the peers compress with gzip or deflate, or not at all"},
    DiagnosticText{"unreadable_http2",
                   "directions of HTTP/2 that cannot be read from a hole, or from broken bytes, on",
                   "capture the whole connection (tcpdump with a larger buffer, -B)"},
};

constexpr std::array kLimitTexts = {
    DiagnosticText{"allocations",
                   "a failed key allocation that names the same keys again may pass as a new one", ""},
    DiagnosticText{"buffered_bytes", "messages behind a hole may be missing", "raise --max-buffered"},
    DiagnosticText{"buffered_per_direction", "messages behind a hole may be missing",
                   "raise --max-buffered-direction"},
    DiagnosticText{"connections",
                   "messages of connections that were silent for longest may be missing, and pairs",
                   "raise --max-connections, and --idle-timeout if it is given, or see fewer with --port or "
                   "--filter"},
    DiagnosticText{"finished_procedures", "what belongs to them and comes later may not be joined to them",
                   "raise --max-finished-procedures"},
    DiagnosticText{"fragmented_datagrams", "messages in IP fragments may be missing",
                   "see fewer packets with --filter"},
    DiagnosticText{"kernel_buffer", "messages may be missing", "see fewer packets with --filter"},
    DiagnosticText{"known_keys", "a key reserved or allocated twice may pass unseen",
                   "raise --max-known-keys"},
    DiagnosticText{"large_grpc_messages", "messages over gRPC that are longer than any of Ck are missing",
                   ""},
    DiagnosticText{"open_procedures", "they are reported as they stood, and what came later is not theirs",
                   "raise --max-open-procedures"},
    DiagnosticText{"open_requests", "their answers, or that they have none, may pass unseen",
                   "raise --max-open-requests"},
    DiagnosticText{"peers", "who must fix what is not told of further peers",
                   "audit fewer captures together"},
    DiagnosticText{"procedure_bytes",
                   "procedures are reported as they stood, and what came later is not theirs", ""},
    DiagnosticText{"procedure_events", "procedures do not list their further messages", ""},
    DiagnosticText{"remembered_ids", "a MessageID that is used again may pass unseen",
                   "raise --max-message-ids"},
    DiagnosticText{"rpcs", "messages of RPCs may be missing",
                   "see fewer connections with --port or --filter"},
    DiagnosticText{"unused_offers", "relays of several hops may be told as several relays", ""},
};

std::string_view find_text(std::span<const DiagnosticText> texts, std::string_view name,
                           std::string_view DiagnosticText::*which) {
  const auto found = std::find_if(texts.begin(), texts.end(),
                                  [name](const DiagnosticText& one) { return one.name == name; });
  return found == texts.end() ? std::string_view() : (*found).*which;
}

}  // namespace

std::span<const DiagnosticText> diagnostic_texts() {
  return kTexts;
}

std::span<const DiagnosticText> limit_texts() {
  return kLimitTexts;
}

std::vector<DiagnosticLine> diagnostic_lines(const Diagnostics& facts) {
  std::vector<DiagnosticLine> lines;
  const auto add = [&lines](std::string what, std::uint64_t count, std::string_view remedy = {}) {
    if (count != 0) lines.push_back({std::move(what), count, remedy});
  };
  for (const auto& [name, count] : facts.unknown_links) add("not decoded: " + name, count);
  for (const auto& [name, count] : facts.dropped) {
    const std::string_view missed = find_text(kLimitTexts, name, &DiagnosticText::what);
    add(fmt::format("dropped at the limit {}{}{}", name, missed.empty() ? "" : ", so ", missed), count,
        find_text(kLimitTexts, name, &DiagnosticText::remedy));
  }
  add("segments whose overlap held other bytes (the first copy counts)", facts.conflicting_overlaps);
  add("TCP connections with payload in which no Ck was recognised", facts.undecoded_streams);
  for (const auto& [name, count] : facts.other) {
    const std::string_view what = find_text(kTexts, name, &DiagnosticText::what);
    add(std::string(what.empty() ? name : what), count, find_text(kTexts, name, &DiagnosticText::remedy));
  }
  return lines;
}

}  // namespace ck::report
