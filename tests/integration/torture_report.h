// Torture captures: what they are, and what ck-audit's report says of one, connection by connection.
#pragma once

#include <json/json.h>

#include <filesystem>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "torture_wire.h"

namespace ck::integration {

/// A kind of capture file and what its packets are wrapped in.
enum class Wrapping : std::uint8_t {
  ethernet_pcap,
  vlan_pcap_nanoseconds,
  qinq_pcapng,
  cooked_pcap_big_endian,
  cooked2_pcapng_big_endian,
  null_pcap_nanoseconds_big_endian,
  loop_pcap,
  raw_pcapng,
  ppp_pcap,
  all_links_pcapng,
  all_framings_pcapng,  ///< and a link with which each of samples::framings() has its own
};
inline constexpr std::size_t kWrappings = 10;

struct TortureCase {
  std::string name;  ///< of the test; letters, digits and underscores
  std::uint32_t seed = 0;
  Wrapping wrapping = Wrapping::ethernet_pcap;
  std::size_t lanes = 8;
  std::size_t procedures = 6;  ///< of each connection, about
  bool used_again = true;      ///< some 4-tuples carry several connections
  bool tunnels = false;        ///< lanes travel in samples::tunnels(), one after the other
  Handling handling;           ///< endings are drawn for each connection
};
/// For GoogleTest.
inline void PrintTo(const TortureCase& torture, std::ostream* out) {
  *out << torture.name << ", seed " << torture.seed;
}

/// Segments that are split, reordered, repeated and overlapping, with probes in between.
Handling rough();

/// Captures that miss nothing.
std::vector<TortureCase> whole_captures();

struct TortureCapture {
  samples::Buffer file;
  std::string extension;
  std::vector<ModelConnection> model;
};
TortureCapture make_capture(const TortureCase& torture);

struct ReportedConnection {
  std::string km, controller;
  std::vector<ModelMessage> messages;                           ///< as the report lists them
  std::vector<std::pair<std::uint64_t, std::string>> findings;  ///< frame, rule
  std::uint64_t lost_bytes = 0, skipped_bytes = 0;
};

struct TortureReport {
  std::string trouble;  ///< why there is no report
  int status = -1;
  std::map<std::uint64_t, ReportedConnection> connections;  ///< by first frame
  Json::Value json;
};

/// ck-audit's JSON report over a capture file.
TortureReport audit_file(const std::filesystem::path& path);

/// "frame 12 0x1403 id 7 length 30", one a line.
std::string text(const std::vector<ModelMessage>& messages);

}  // namespace ck::integration
