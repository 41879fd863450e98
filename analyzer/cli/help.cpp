// The text of --help.
#include <fmt/format.h>

#include "cli/options.h"

namespace ck::cli {
namespace {

constexpr std::string_view kUntilFormats = R"(Usage: ck-audit [OPTIONS] INPUT...
       ck-audit [OPTIONS] -i IFACE

Checks captured traffic of Ck, the signalling between key managers (KM) and controllers of a quantum key distribution
network, against Recommendation ITU-T Q.4164: rebuilds key relays, sessions and key reservations and reports what breaks
the Recommendation, frame by frame.

INPUT is a capture (pcap or pcapng, plain or compressed with gzip, zstd or lz4), a folder (searched for captures, which
are known by content, not by name), a message log that ck-audit has written, or - for standard input. A file that is
named twice is audited once.

Reports
  -f, --format FMT[=FILE]     what the report is written in; repeat it with =FILE for several reports of one run:
)";

constexpr std::string_view kBehindFormats =
    R"(  -o, --output FILE           where the report without =FILE goes; default: standard output. No report is written over a
                              file that the run reads.
      --messages              list every message too
      --emit-messages FILE    write a message log, too: all that was read, without the packets. It is an INPUT like the
                              captures that it was made of; several are put together with --merge.
      --color WHEN            auto (default: on a terminal, unless NO_COLOR or TERM=dumb is set), always or never
  -v, --verbose               text: every peer, finding, procedure and rule, with all messages, nothing cut
  -q, --quiet                 text: verdicts only
      --progress              show progress on standard error; default: when that is a terminal
      --no-progress           never show progress

InputFiles
      --files-from FILE       more inputs, one a line or separated by NUL (find -print0); -: standard input has the list
  -i, --interface IFACE       live traffic of IFACE (any: all), until Ctrl-C; a second one gives up the report
      --filter BPF            only packets that pass this capture filter, as tcpdump takes it
      --merge                 all inputs are one timeline: files of a ring buffer, captures of two points of a network.
                              Without it every capture is an audit of its own.
      --merge-tolerance MS    clocks of merged captures agree within so many milliseconds; default: 5
  -j, --jobs N                captures audited at once; default: one a processor. A single capture is read and checked by
                              two threads, unless N is 1. The report does not depend on it.
      --shard K/N             only connections of the K-th of N parts, by their endpoints: N runs share the work, each
                              writes a log, and all logs together are one audit
      --port N[,N]            only TCP connections with one of these ports, which are taken for Ck; ranges as in
                              4164,5000-5010. Default: every TCP connection in which Ck is recognised by content.
      --grpc-proto FILE       a .proto file by which Ck over gRPC is read, beside the one that ships; repeatable. Messages are
                              known by the names of their types (KeyRelayRequest), parameters by those of their fields.
      --tls-keylog FILE       decrypt TLS with the secrets in FILE (SSLKEYLOGFILE format); those that a pcapng embeds
                              serve without any option. Needs tshark with the Ck plugin.

Rules
      --list-rules            all rules with their severity and clause; with -f json as JSON, in full
      --explain SLUG...       rules in full: what they check, why, what is right and wrong, how to fix it. A rule's name in
                              Wireshark (ck.expert.…) will do
      --rule SLUG=GRADE[,…]   set a rule to error, warning, note or off; repeatable
      --baseline FILE         an earlier JSON report: findings that it has are known and do not fail; what it has and did not
                              occur again is gone
      --fail-on SEVERITY      exit with 1 from this severity on: error (default), warning, note or never
      --require-messages      a capture in which no Ck was seen fails too
      --expect-version N      report other values of the header's Version
      --response-timeout S    seconds of capture time after which a request counts as unanswered; default: 30
      --aliases FILE          more JSON member names of parameters: {"Source KMA ID": ["srcKma"]}

Limits: what is dropped at one is counted and reported
      --max-connections N          connections followed at once; default: 262144
      --max-buffered SIZE          bytes waiting for missing ones, all connections together; default: 256M
      --max-buffered-direction SIZE  the same for one direction of one connection; default: 4M
      --idle-timeout S             forget a connection that is silent for so many seconds; default: 0, never
      --max-open-requests N        unanswered requests of one connection; default: 65536
      --max-message-ids N          MessageIDs remembered of each side of a connection; default: 65536
      --max-open-procedures N      procedures under way; default: 131072
      --max-finished-procedures N  finished procedures remembered; default: 10240
      --max-known-keys N           key IDs remembered; default: 262144

  -h, --help                  this text
  -V, --version               the version

Exit status
  0  nothing at or above --fail-on
  1  findings at or above --fail-on, or --require-messages and a capture without Ck
  2  wrong usage
  3  an input could not be read, or not to its end; the others are still audited, and what was read of it counts

Examples
  ck-audit capture.pcapng
  ck-audit -f json=report.json -f text --fail-on warning captures/
  ck-audit --merge ring_00001.pcap ring_00002.pcap
  ck-audit -i eth0 --filter 'tcp port 4164' -f ndjson
)";

}  // namespace

std::string help_text() {
  std::string rows;
  for (const Format& format : formats()) {
    const bool is_default = &format == &formats().front();
    rows += fmt::format("{:32}{:<8}{}{}\n", "", format.name, format.what, is_default ? " (default)" : "");
  }
  return fmt::format("{}{}{}", kUntilFormats, rows, kBehindFormats);
}

}  // namespace ck::cli
