// A sample capture and what must be said of it. The expectations are typed by hand from the Recommendation
// and the rules' definitions, next to the story that makes the capture; they are never what a program
// printed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "generator/ck_message.h"
#include "generator/conversation.h"

namespace ck::samples {

struct Found {
  std::uint64_t frame;
  std::string_view rule;
};

/// A response and the request that it answers, by frame.
struct Pair {
  std::uint64_t response, request;
};

struct Procedure {
  std::string_view kind;  ///< "relay", "session", "reservation"
  std::string_view state;
  std::vector<std::uint64_t> frames;  ///< of its messages, in order
};

struct Expected {
  std::uint64_t messages = 0;
  std::vector<Found> findings{};
  /// In order of their first message. nullopt: not stated for this sample.
  std::optional<std::vector<Procedure>> procedures{};
  std::optional<std::vector<Pair>> pairs{};
  /// nullopt: 1 when a finding is an error, else 0.
  std::optional<int> exit_status{};
};

struct Sample {
  std::string path;              ///< below captures/
  std::string shows;             ///< one line
  std::function<Buffer()> make;  ///< empty: recorded from real processes, see captures/record
  Expected expected;
  std::vector<std::string> options{};         ///< of ck-audit, beside the file; a .proto below captures/
  std::vector<std::string> tshark_options{};  ///< the same for the plugin
  /// Under TLS, with the secrets embedded: ck-audit needs tshark with the plugin, which decrypts.
  bool encrypted = false;
  bool grpc = false;  ///< over gRPC (Appendix II)
  /// Nothing missing, cut or overlapping with other bytes: Wireshark must say the same.
  bool parity = true;
  std::string_view rule{};  ///< rule captures: which rule it breaks, or nearly
  bool breaks = false;
};

/// How grave a rule's finding is, typed from the rules' table: "error", "warning" or "note".
std::string_view severity_of(std::string_view rule);
/// Every rule's slug in the table's order, those on TLS included.
std::vector<std::string_view> rule_slugs();
/// The exit status of ck-audit without options that change it.
int exit_status(const Expected& expected);

/// All samples, in the order in which they are written.
std::vector<Sample> all_samples();

// The parts of all_samples(), one a file.
std::vector<Sample> procedure_samples();
std::vector<Sample> network_samples();
std::vector<Sample> variant_samples();
std::vector<Sample> violation_samples();
std::vector<Sample> frame_and_payload_rule_samples();
std::vector<Sample> pairing_rule_samples();
std::vector<Sample> procedure_rule_samples();
std::vector<Sample> stream_rule_samples();
std::vector<Sample> ruling_samples();
std::vector<Sample> identity_ruling_samples();
std::vector<Sample> stream_ruling_samples();
std::vector<Sample> slip_samples();
std::vector<Sample> recorded_samples();
std::vector<Sample> tls_samples();
std::vector<Sample> grpc_samples();

/// What captures/expected.json holds: every sample with what is expected of it.
std::string expectations_json();

// For stories
// -------------------------------------------------------------------------------------------------------

/// The usual cast. No port is registered for Ck; these are beyond the registered range.
inline const Endpoint kKm1{"10.41.0.11", 41001};
inline const Endpoint kKm2{"10.41.0.12", 41002};
inline const Endpoint kKm3{"10.41.0.13", 41003};
inline const Endpoint kController{"10.14.0.1", 51640};
inline const Endpoint kController2{"10.14.0.2", 51640};

/// A conversation in Ck: the KM is the client.
class CkTalk : public TcpTalk {
 public:
  using TcpTalk::TcpTalk;
  /// Sends a frame as one segment (as long as it fits) and returns its frame number.
  std::uint64_t km(std::uint32_t id, std::uint16_t code, std::string_view payload) {
    return client(frame(version, id, code, payload));
  }
  std::uint64_t ctl(std::uint32_t id, std::uint16_t code, std::string_view payload) {
    return server(frame(version, id, code, payload));
  }
  std::uint16_t version = 1;
};

/// A conversation whose three handshake frames are in the recording.
inline CkTalk opened(Recording& recording, const Endpoint& km = kKm1,
                     const Endpoint& controller = kController, const TalkOptions& options = {}) {
  CkTalk talk(recording, km, controller, options);
  talk.handshake();
  return talk;
}

/// One side of a rule: what happens, and what must be found.
struct RuleCase {
  std::string_view shows;
  std::uint64_t messages;
  std::vector<Found> findings;
  std::function<void(Recording&)> play;
  bool parity = true;
  std::vector<std::string> options{};
  std::vector<std::string> tshark_options{};
};

struct RuleSamples {
  std::string_view slug;
  RuleCase broken, near_miss;
};

/// rules/<slug>-broken.pcap and rules/<slug>-near-miss.pcap of each row.
std::vector<Sample> rule_captures(const std::vector<RuleSamples>& rows);
/// rulings/<name>.pcap
Sample ruling_capture(std::string_view name, const RuleCase& story,
                      std::optional<std::vector<Procedure>> procedures = {},
                      std::optional<std::vector<Pair>> pairs = {});

}  // namespace ck::samples
