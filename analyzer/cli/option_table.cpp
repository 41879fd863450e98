// The options, one row each.
#include "cli/option_table.h"

#include <array>

#include "audit/rules.h"
#include "cli/generated.h"
#include "report/writer.h"

namespace ck::cli {
namespace {

constexpr bool kOnce = false, kRepeatable = true;

// clang-format off
// In a function, so that names as short as a row wants them do not meet those of other sources.
constexpr auto kRows = [] {
  using enum OptionGroup;
  using enum Takes;
  return std::array{
    OptionRow{reports, 'f', "format", "FMT[=FILE]", format, kRepeatable,
     "what the report is written in; repeat it with =FILE for several reports of one run:"},
    OptionRow{reports, 'o', "output", "FILE", file, kOnce,
     "where the report without =FILE goes; default: standard output. No report is written over"
     " a file that the run reads."},
    OptionRow{reports, 0, "annotate", "FILE", file, kOnce,
     "a copy of the capture as pcapng, with a packet comment on every frame that has a "
     "finding; of several captures a folder with a copy each"},
    OptionRow{reports, 0, "html-procedures", "N", text, kOnce,
     "html: ladder diagrams on the page, the worst procedures first; default: 200"},
    OptionRow{reports, 0, "messages", "", nothing, kOnce,
     "list every message too"},
    OptionRow{reports, 0, "emit-messages", "FILE", file, kOnce,
     "write a message log, too: all that was read, without the packets. It is an INPUT like "
     "the captures that it was made of; several are put together with --merge."},
    OptionRow{reports, 0, "color", "WHEN", when, kOnce,
     "auto (default: on a terminal, unless NO_COLOR or TERM=dumb is set), always or never"},
    OptionRow{reports, 'v', "verbose", "", nothing, kOnce,
     "text: every peer, finding, procedure and rule, with all messages, nothing cut"},
    OptionRow{reports, 'q', "quiet", "", nothing, kOnce,
     "text: verdicts only"},
    OptionRow{reports, 0, "progress", "", nothing, kOnce,
     "show progress on standard error; default: when that is a terminal"},
    OptionRow{reports, 0, "no-progress", "", nothing, kOnce,
     "never show progress"},
    OptionRow{input, 0, "files-from", "FILE", file, kOnce,
     "more inputs, one a line or separated by NUL (find -print0); -: standard input has the "
     "list"},
    OptionRow{input, 'i', "interface", "IFACE", interface, kOnce,
     "live traffic of IFACE (any: all), until Ctrl-C; a second one gives up the report"},
    OptionRow{input, 0, "filter", "BPF", text, kOnce,
     "only packets that pass this capture filter, as tcpdump takes it"},
    OptionRow{input, 0, "merge", "", nothing, kOnce,
     "all inputs are one timeline: files of a ring buffer, captures of two points of a "
     "network. Without it every capture is an audit of its own."},
    OptionRow{input, 0, "merge-tolerance", "MS", text, kOnce,
     "clocks of merged captures agree within so many milliseconds; default: 5"},
    OptionRow{input, 'j', "jobs", "N", text, kOnce,
     "captures audited at once; default: one a processor. A single capture is read and checked"
     " by several threads, unless N is 1. The report does not depend on it."},
    OptionRow{input, 0, "shard", "K/N", text, kOnce,
     "only connections of the K-th of N parts, by their endpoints: N runs share the work, each "
     "writes a log, and all logs together are one audit"},
    OptionRow{input, 0, "port", "N[,N]", text, kRepeatable,
     "only TCP connections with one of these ports, which are taken for Ck; ranges as in "
     "4164,5000-5010. Default: every TCP connection in which Ck is recognised by content."},
    OptionRow{input, 0, "grpc-proto", "FILE", file, kRepeatable,
     "a .proto file by which Ck over gRPC is read, beside the one that ships; repeatable. "
     "Messages are known by the names of their types (KeyRelayRequest), parameters by those of"
     " their fields."},
    OptionRow{input, 0, "tls-keylog", "FILE", file, kOnce,
     "decrypt TLS with the secrets in FILE (SSLKEYLOGFILE format); those that a pcapng embeds "
     "serve without any option. Needs tshark with the Ck plugin."},
    OptionRow{OptionGroup::rules, 0, "list-rules", "", nothing, kOnce,
     "all rules with their severity and clause; with -f json as JSON, in full"},
    OptionRow{OptionGroup::rules, 0, "explain", "SLUG...", Takes::rule, kRepeatable,
     "rules in full: what they check, why, what is right and wrong, how to fix it. A rule's "
     "name in Wireshark (ck.expert.…) will do"},
    OptionRow{OptionGroup::rules, 0, "rule", "SLUG=GRADE[,…]", rule_grade, kRepeatable,
     "set a rule to error, warning, note or off; repeatable"},
    OptionRow{OptionGroup::rules, 0, "baseline", "FILE", file, kOnce,
     "an earlier JSON report: findings that it has are known and do not fail; what it has and "
     "did not occur again is gone"},
    OptionRow{OptionGroup::rules, 0, "fail-on", "SEVERITY", severity, kOnce,
     "exit with 1 from this severity on: error (default), warning, note or never"},
    OptionRow{OptionGroup::rules, 0, "require-messages", "", nothing, kOnce,
     "a capture in which no Ck was seen fails too"},
    OptionRow{OptionGroup::rules, 0, "expect-version", "N", text, kOnce,
     "report other values of the header's Version"},
    OptionRow{OptionGroup::rules, 0, "response-timeout", "S", text, kOnce,
     "seconds of capture time after which a request counts as unanswered; default: 30"},
    OptionRow{OptionGroup::rules, 0, "aliases", "FILE", file, kOnce,
     "more JSON member names of parameters: {\"Source KMA ID\": [\"srcKma\"]}"},
    OptionRow{limits, 0, "max-connections", "N", text, kOnce,
     "connections followed at once; default: 262144"},
    OptionRow{limits, 0, "max-buffered", "SIZE", text, kOnce,
     "bytes waiting for missing ones, all connections together; default: 256M"},
    OptionRow{limits, 0, "max-buffered-direction", "SIZE", text, kOnce,
     "the same for one direction of one connection; default: 4M"},
    OptionRow{limits, 0, "idle-timeout", "S", text, kOnce,
     "forget a connection that is silent for so many seconds; default: 0, never"},
    OptionRow{limits, 0, "max-open-requests", "N", text, kOnce,
     "unanswered requests of one connection, and of the closed ones of one KM with one controller; default: 65536"},
    OptionRow{limits, 0, "max-message-ids", "N", text, kOnce,
     "MessageIDs remembered of each side of a connection; default: 65536"},
    OptionRow{limits, 0, "max-open-procedures", "N", text, kOnce,
     "procedures under way; default: 131072"},
    OptionRow{limits, 0, "max-finished-procedures", "N", text, kOnce,
     "finished procedures remembered; default: 10240"},
    OptionRow{limits, 0, "max-known-keys", "N", text, kOnce,
     "key IDs remembered; default: 262144"},
    OptionRow{general, 'h', "help", "", nothing, kOnce,
     "this text"},
    OptionRow{general, 0, "help-limits", "", nothing, kOnce,
     "the limits on what is kept in memory; what is dropped at one is counted and reported"},
    OptionRow{general, 0, "generate", "WHAT", Takes::generated, kOnce,
     "for who packages ck-audit: its manual page (man), or its completions for bash, zsh or fish"},
    OptionRow{general, 'V', "version", "", nothing, kOnce,
     "the version"},
  };
}();
// clang-format on

constexpr std::array kStatuses{
    ExitStatus{0, "nothing at or above --fail-on"},
    ExitStatus{1, "findings at or above --fail-on, or --require-messages and a capture without Ck"},
    ExitStatus{2, "wrong usage"},
    ExitStatus{3,
               "an input could not be read, or not to its end; the others are still audited, and what was "
               "read of it counts"},
};

constexpr std::array kExamples{
    Example{"ck-audit capture.pcapng", "What is wrong in a capture, and who must fix it."},
    Example{"ck-audit -f json=report.json -f text --fail-on warning captures/",
            "Every capture of a folder, for a machine and for people."},
    Example{"ck-audit --merge ring_00001.pcap ring_00002.pcap",
            "The files of a ring buffer, as the one capture that they are."},
    Example{"ck-audit -i eth0 --filter 'tcp port 4164' -f ndjson",
            "Live, one JSON object a line, each as soon as it is final."},
    Example{"ck-audit --explain relay-loop", "What a rule checks, and how to fix what breaks it."},
};

constexpr std::array<std::string_view, 2> kDescription{
    "Checks captured traffic of Ck, the signalling between key managers (KM) and controllers of a quantum "
    "key "
    "distribution network, against Recommendation ITU-T Q.4164: rebuilds key relays, sessions and key "
    "reservations and reports what breaks the Recommendation, frame by frame.",
    "INPUT is a capture (pcap or pcapng, plain or compressed with gzip, zstd or lz4), a folder (searched for "
    "captures, which are known by content, not by name), a message log that ck-audit has written, or - for "
    "standard input. A file that is named twice is audited once."};

constexpr std::array<std::string_view, 2> kSynopsis{"[OPTIONS] INPUT...", "[OPTIONS] -i IFACE"};

}  // namespace

std::string_view title_of(OptionGroup group) {
  constexpr std::array<std::string_view, kOptionGroups> kTitles{"Reports", "Input", "Rules", "Limits",
                                                                "General"};
  return kTitles[static_cast<std::size_t>(group)];
}

std::span<const OptionRow> option_rows() {
  return kRows;
}

std::vector<std::string> words_of(Takes takes) {
  using enum Takes;
  std::vector<std::string> words;
  switch (takes) {
    case format:
      for (const Format& one : formats()) words.emplace_back(one.name);
      return words;
    case Takes::rule:
      for (const RuleSpec& spec : audit::rules()) words.emplace_back(spec.slug);
      return words;
    case rule_grade:
      for (const RuleSpec& spec : audit::rules()) words.push_back(std::string(spec.slug) + "=");
      return words;
    case severity:
      return {"error", "warning", "note", "never"};
    case when:
      return {"auto", "always", "never"};
    case Takes::generated:
      for (const Generated& one : ck::cli::generated()) words.emplace_back(one.name);
      return words;
    case nothing:
    case text:
    case file:
    case interface:
      break;
  }
  return words;
}

std::span<const ExitStatus> exit_statuses() {
  return kStatuses;
}

std::span<const Example> examples() {
  return kExamples;
}

std::span<const std::string_view> description() {
  return kDescription;
}

std::span<const std::string_view> synopsis() {
  return kSynopsis;
}

}  // namespace ck::cli
