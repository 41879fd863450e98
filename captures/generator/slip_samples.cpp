// Peers that frame otherwise: a sample for each slip, and captures of other people's trouble.
#include "generator/payloads.h"
#include "generator/slipped_frame.h"

namespace ck::samples {
namespace {

/// Frames 1 to 3 are a handshake; the KM asks in 4 and 6, the controller, which frames as it should, answers
/// in 5 and 7.
Sample one_side(const SlipWriter& writer) {
  Sample out;
  out.path = "slips/" + std::string(writer.name) + ".pcap";
  out.shows = writer.shows;
  out.make = [write = writer.write] {
    Recording recording;
    CkTalk talk = opened(recording);
    talk.client(write(1, 1, kNextHopRequest, kAskSlipped));
    talk.ctl(1, kNextHopResponse, kNextSlipped);
    talk.client(write(1, 2, kNextHopRequest, kAskSlipped));
    talk.ctl(2, kNextHopResponse, kNextSlipped);
    talk.close();
    return recording.pcap();
  };
  out.expected.messages = 4;
  out.expected.findings = {{4, "plaintext-transport"}, {4, "malformed-frame"}};
  out.expected.pairs = {{{5, 4}, {7, 6}}};
  return out;
}

/// A capture that somebody's trouble made; its bytes are kept as they are.
Sample kept(std::string_view name, std::string_view shows, std::uint64_t messages,
            std::vector<Found> findings) {
  Sample out;
  out.path = "cases/" + std::string(name) + ".pcap";
  out.shows = shows;
  out.expected.messages = messages;
  out.expected.findings = std::move(findings);
  out.expected.findings.push_back({4, "plaintext-transport"});
  out.expected.pairs.emplace();
  for (std::uint64_t request = 4; request < 4 + 2 * messages; request += 4)
    out.expected.pairs->push_back({request + 2, request});
  return out;
}

std::vector<Sample> cases() {
  constexpr std::string_view kFrame = "malformed-frame", kPayload = "malformed-payload";
  return {
      kept("oneside-bom", "The KM writes a byte order mark before each payload", 6,
           {{4, kPayload}, {8, kPayload}, {12, kPayload}}),
      kept("oneside-utf16", "The KM writes UTF-16", 6, {{4, kPayload}, {8, kPayload}, {12, kPayload}}),
      kept("oneside-array", "The KM wraps each object in an array", 6,
           {{4, "payload-not-object"}, {8, "payload-not-object"}, {12, "payload-not-object"}}),
      kept("oneside-len32", "The KM writes a Length of 4 bytes", 6, {{4, kFrame}}),
      kept("oneside-le", "The KM writes every field little-endian", 6, {{4, kFrame}}),
      kept("oneside-outerlen", "The KM writes a length of 4 bytes before each frame", 6, {{4, kFrame}}),
      kept("frame-all-le", "Both sides write every field little-endian", 8, {{4, kFrame}, {6, kFrame}}),
      kept("frame-all-outer-len", "Both sides write a length of 4 bytes before each frame", 8,
           {{4, kFrame}, {6, kFrame}}),
      kept("frame-little-endian", "One request of several is little-endian", 6, {{8, kFrame}}),
      kept("frame-len-incl-header", "One Length of several counts the header", 6, {{8, kFrame}}),
  };
}

}  // namespace

std::vector<Sample> slip_samples() {
  std::vector<Sample> out;
  for (const SlipWriter& writer : slip_writers()) out.push_back(one_side(writer));
  for (Sample& sample : cases()) out.push_back(std::move(sample));
  return out;
}

}  // namespace ck::samples
