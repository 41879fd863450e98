// Captures from seeds, and the report's messages, findings and byte counts sorted by connection.
#include "torture_report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "command.h"

namespace ck::integration {
namespace {

using samples::Link;

struct File {
  bool pcapng, nanoseconds, big_endian;
  std::vector<samples::LinkOptions> links;          ///< pcapng: one interface each
  std::vector<const samples::Framing*> framings{};  ///< instead of the links' own headers
};

File every_framing() {
  File out{true, true, false, {}};
  for (const samples::Framing& framing : samples::framings()) {
    if (!framing.in_wireshark) continue;
    out.links.push_back({framing.link, {}, {}});
    out.framings.push_back(&framing);
  }
  return out;
}

File file_of(Wrapping wrapping) {
  switch (wrapping) {
    case Wrapping::ethernet_pcap:
      return {false, false, false, {{Link::ethernet, {}, {}}}};
    case Wrapping::vlan_pcap_nanoseconds:
      return {false, true, false, {{Link::ethernet, {7}, {}}}};
    case Wrapping::qinq_pcapng:
      return {true, true, false, {{Link::ethernet, {20, 7}, {}}}};
    case Wrapping::cooked_pcap_big_endian:
      return {false, false, true, {{Link::cooked, {}, {}}}};
    case Wrapping::cooked2_pcapng_big_endian:
      return {true, true, true, {{Link::cooked2, {}, {}}}};
    case Wrapping::null_pcap_nanoseconds_big_endian:
      return {false, true, true, {{Link::null, {}, {}}}};
    case Wrapping::loop_pcap:
      return {false, false, false, {{Link::loop, {}, {}}}};
    case Wrapping::raw_pcapng:
      return {true, true, false, {{Link::raw, {}, {}}}};
    case Wrapping::ppp_pcap:
      return {false, false, false, {{Link::ppp, {}, {}}}};
    case Wrapping::all_framings_pcapng:
      return every_framing();
    case Wrapping::all_links_pcapng:
      break;
  }
  return {true,
          true,
          false,
          {{Link::ethernet, {}, {}},
           {Link::ethernet, {20, 7}, {}},
           {Link::cooked, {}, {}},
           {Link::cooked2, {}, {}},
           {Link::null, {}, {}},
           {Link::loop, {}, {}},
           {Link::raw, {}, {}},
           {Link::ppp, {}, {}}}};
}

/// Those that Wireshark reads as it is installed, so that both faces can be held against the model.
const std::vector<samples::Tunnel>& tunnels_in_wireshark() {
  static const std::vector<samples::Tunnel> kFound = [] {
    std::vector<samples::Tunnel> found;
    for (const samples::Tunnel& tunnel : samples::tunnels()) {
      if (tunnel.in_wireshark) found.push_back(tunnel);
    }
    return found;
  }();
  return kFound;
}

Lane make_lane(Random& random, const TortureCase& torture, const File& file, std::size_t index) {
  Lane lane;
  bool v6 = index % 3 == 2;
  lane.interface = index % file.links.size();
  lane.link = file.links[lane.interface];
  if (!file.framings.empty()) {
    lane.framing = file.framings[lane.interface];
    v6 = lane.framing->ipv6 && (v6 || !lane.framing->ipv4);
  }
  if (torture.tunnels) lane.tunnel = &tunnels_in_wireshark()[index % tunnels_in_wireshark().size()];
  lane.km = (v6 ? "fd41::1:" : "10.41.1.") + std::to_string(index + 1);
  lane.controller = v6 ? "fd14::1" : "10.14.0.1";
  lane.km_port = static_cast<std::uint16_t>(41000 + index);
  lane.controller_port = 51640;
  const std::size_t connections = torture.used_again && index % 3 != 1 ? random.between(2, 3) : 1;
  for (std::size_t i = 0; i < connections; ++i) {
    WireConnection connection;
    const std::string name = std::to_string(index) + "-" + std::to_string(i);
    connection.script = conversation(random, "KMA-" + std::to_string(index), name,
                                     random.between(4, 2 * torture.procedures - 4));
    connection.handling = torture.handling;
    connection.handling.ending = static_cast<Ending>(random.below(5));
    connection.handling.wraps = random.percent(40);
    lane.connections.push_back(std::move(connection));
  }
  return lane;
}

ModelMessage read_message(const Json::Value& message) {
  return {message["frame"].asUInt64(),
          static_cast<std::uint16_t>(std::strtoul(message["command"].asString().c_str(), nullptr, 16)),
          message["message_id"].asUInt(), message["length"].asUInt64()};
}

void read_audit(const Json::Value& audit, TortureReport& out) {
  std::map<Json::Value::UInt64, ReportedConnection*> by_id;
  for (const Json::Value& connection : audit["connections"]) {
    ReportedConnection& one = out.connections[connection["first_frame"].asUInt64()];
    one.km = connection["km"].asString();
    one.controller = connection["controller"].asString();
    one.lost_bytes = connection["lost_bytes"].asUInt64();
    one.skipped_bytes = connection["skipped_bytes"].asUInt64();
    by_id[connection["id"].asUInt64()] = &one;
  }
  for (const Json::Value& message : audit["messages"])
    by_id.at(message["connection"].asUInt64())->messages.push_back(read_message(message));
  for (const Json::Value& finding : audit["findings"]) {
    by_id.at(finding["connection"].asUInt64())
        ->findings.emplace_back(finding["frame"].asUInt64(), finding["rule"].asString());
  }
  for (auto& [first_frame, connection] : out.connections)
    std::sort(connection.findings.begin(), connection.findings.end());
}

}  // namespace

Handling rough() {
  Handling out;
  out.reorder_window = 6;
  out.duplicate = 8;
  out.overlap = 15;
  out.late_copy = 4;
  out.keep_alive = 10;
  out.zero_window = 15;
  return out;
}

std::vector<TortureCase> whole_captures() {
  static constexpr std::array<const char*, kWrappings> kNames = {
      "Ethernet", "VlanNanoseconds", "QinqPcapng", "CookedBigEndian", "Cooked2PcapngBigEndian", "Null",
      "LoopBack", "RawPcapng",       "Ppp",        "AllLinksPcapng"};
  std::vector<TortureCase> out;
  for (std::size_t i = 0; i < kWrappings; ++i) {
    TortureCase torture;
    torture.name = kNames[i];
    torture.seed = static_cast<std::uint32_t>(4164 + i);
    torture.wrapping = static_cast<Wrapping>(i);
    torture.handling = rough();
    out.push_back(torture);
  }
  TortureCase bytes{"OneByteSegments", 1, Wrapping::ethernet_pcap, 2, 4, true, false, rough()};
  bytes.handling.largest_piece = 2;
  TortureCase small{"SmallSegments", 2, Wrapping::ethernet_pcap, 6, 8, true, false, rough()};
  small.handling.largest_piece = 30;
  TortureCase wide{"FarReordering", 3, Wrapping::ethernet_pcap, 6, 8, true, false, rough()};
  wide.handling.reorder_window = 40;
  wide.handling.largest_piece = 200;
  TortureCase many{"ManyConnections", 4, Wrapping::ethernet_pcap, 60, 5, true, false, rough()};
  TortureCase packed{"ManyMessagesInOneSegment", 5, Wrapping::ethernet_pcap, 4, 30, true, false, rough()};
  packed.handling.smallest_piece = packed.handling.largest_piece = 20000;
  TortureCase framings{"EveryLink", 6, Wrapping::all_framings_pcapng, 60, 4, true, false, rough()};
  TortureCase fragments{"Fragments", 7, Wrapping::ethernet_pcap, 8, 6, true, false, rough()};
  fragments.handling.fragment = 40;
  TortureCase tunnels{"Tunnels", 8,      Wrapping::qinq_pcapng, tunnels_in_wireshark().size() * 2, 4, true,
                      false,     rough()};
  tunnels.tunnels = true;
  TortureCase both = tunnels;
  both.name = "FragmentsInTunnels";
  both.handling.fragment = 25;
  for (const TortureCase& torture : {bytes, small, wide, many, packed, framings, fragments, tunnels, both})
    out.push_back(torture);
  return out;
}

TortureCapture make_capture(const TortureCase& torture) {
  Random random(torture.seed);
  const File file = file_of(torture.wrapping);
  std::vector<Lane> lanes;
  for (std::size_t i = 0; i < torture.lanes; ++i) lanes.push_back(make_lane(random, torture, file, i));
  samples::Recording recording(file.links.front().link);
  for (std::size_t i = 1; i < file.links.size(); ++i)
    recording.add_interface({file.links[i].link, static_cast<unsigned>(i % 2 == 0 ? 9 : 6), {}});
  recording.step_ns = 50'000;  // no answer takes as long as the response timeout
  TortureCapture out;
  out.model = play(random, recording, lanes);
  out.extension = file.pcapng ? ".pcapng" : ".pcap";
  out.file =
      file.pcapng ? recording.pcapng(file.big_endian) : recording.pcap({file.nanoseconds, file.big_endian});
  return out;
}

TortureReport audit_file(const std::filesystem::path& path) {
  const ProgramResult outcome = run({CK_AUDIT, "--format", "json", "--messages", path});
  TortureReport out;
  out.status = outcome.status;
  const std::unique_ptr<Json::CharReader> reader(Json::CharReaderBuilder().newCharReader());
  const char* begin = outcome.output.data();
  std::string problem;
  if (!reader->parse(begin, begin + outcome.output.size(), &out.json, &problem)) {
    out.trouble = "no JSON report: " + problem + outcome.errors;
  } else if (out.json["audits"].size() != 1) {
    out.trouble = "not one audit but " + std::to_string(out.json["audits"].size());
  } else {
    read_audit(out.json["audits"][0], out);
  }
  return out;
}

std::string text(const std::vector<ModelMessage>& messages) {
  std::string out;
  for (const ModelMessage& message : messages) {
    char line[80];
    std::snprintf(line, sizeof line, "frame %llu 0x%04X id %lu length %llu\n",
                  static_cast<unsigned long long>(message.frame), static_cast<unsigned>(message.command),
                  static_cast<unsigned long>(message.message_id),
                  static_cast<unsigned long long>(message.length));
    out += line;
  }
  return out;
}

}  // namespace ck::integration
