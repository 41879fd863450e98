// The export PDU tap: what `tshark -U Ck` writes, tag by tag, and that it can be read again.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

#include "generator/sample.h"
#include "tshark.h"

namespace ck::plugin {
namespace {

using namespace samples;

constexpr std::string_view kPayload = R"({"Source KMA ID":"A","Destination KMA ID":"B"})";

struct Pdu {
  std::map<unsigned, Buffer> tags;
  Buffer bytes;
};

Buffer read_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return to_bytes(text);
}

unsigned big16(const Buffer& bytes, std::size_t at) {
  return static_cast<unsigned>(bytes.at(at) << 8 | bytes.at(at + 1));
}

std::size_t little32(const Buffer& bytes, std::size_t at) {
  return bytes.at(at) | bytes.at(at + 1) << 8 | bytes.at(at + 2) << 16;
}

/// Takes the tags off one packet.
Pdu read_pdu(const Buffer& packet) {
  Pdu pdu;
  std::size_t at = 0;
  while (big16(packet, at) != 0) {
    const std::size_t size = big16(packet, at + 2);
    const auto value = packet.begin() + static_cast<std::ptrdiff_t>(at) + 4;
    pdu.tags[big16(packet, at)] = Buffer(value, value + static_cast<std::ptrdiff_t>(size));
    at += 4 + size;
  }
  pdu.bytes.assign(packet.begin() + static_cast<std::ptrdiff_t>(at) + 4, packet.end());
  return pdu;
}

/// What tshark exports of a capture, written as pcap: 24 bytes of header, the link type in its last four.
std::vector<Pdu> exported(const Buffer& capture, std::vector<std::string> options = {}) {
  const TempFolder folder;
  const std::string out = folder.path() / "out.pcap";
  options.insert(options.end(),
                 {"-r", folder.write("capture", capture), "-U", "Ck", "-F", "pcap", "-w", out});
  const Output output = tshark(options);
  EXPECT_EQ(output.status, 0) << output.err;
  const Buffer file = read_bytes(out);
  std::vector<Pdu> pdus;
  if (file.size() < 24) return pdus;
  EXPECT_EQ(little32(file, 20), 252u);
  for (std::size_t at = 24; at < file.size();) {
    const auto begin = file.begin() + static_cast<std::ptrdiff_t>(at) + 16;
    const std::size_t size = little32(file, at + 8);
    pdus.push_back(read_pdu(Buffer(begin, begin + static_cast<std::ptrdiff_t>(size))));
    at += 16 + size;
  }
  return pdus;
}

TEST(ExportPdu, HasTheTagsOfAMessageOverIpv4) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.km(7, kRelayNotification, kPayload);
  for (const std::vector<std::string>& options : {std::vector<std::string>{}, as_ck_audit()}) {
    const std::vector<Pdu> pdus = exported(recording.pcap(), options);
    ASSERT_EQ(pdus.size(), 1u);
    // 41001 is 0xA029, 51640 is 0xC9B8.
    const std::map<unsigned, Buffer> expected{
        {12, {'c', 'k', 0, 0}},   {20, {10, 41, 0, 11}},    {21, {10, 14, 0, 1}}, {24, {0, 0, 0, 2}},
        {25, {0, 0, 0xA0, 0x29}}, {26, {0, 0, 0xC9, 0xB8}}, {30, {0, 0, 0, 4}}};
    EXPECT_EQ(pdus[0].tags, expected);
    EXPECT_EQ(pdus[0].bytes, frame(1, 7, kRelayNotification, kPayload));
  }
}

TEST(ExportPdu, HasTheAddressesOfIpv6) {
  Recording recording;
  CkTalk talk = opened(recording, {"2001:db8::1", 41001}, {"2001:db8::2", 51640});
  talk.ctl(7, kRelayRequest, kPayload);
  const std::vector<Pdu> pdus = exported(recording.pcap());
  ASSERT_EQ(pdus.size(), 1u);
  const Buffer client{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const Buffer server{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
  EXPECT_EQ(pdus[0].tags.at(22), server);
  EXPECT_EQ(pdus[0].tags.at(23), client);
}

TEST(ExportPdu, KeepsTheStreamInOrderWithWhatIsNoMessage) {
  Recording recording;
  CkTalk talk = opened(recording);
  const Buffer first = frame(1, 1, kRelayNotification, kPayload);
  const Buffer second = frame(1, 2, kRelayNotification, kPayload);
  const Buffer third = frame(1, 3, kRelayNotification, kPayload);
  talk.client(join({first, second}));  // frame 4
  talk.client(to_bytes("garbage"));    // frame 5
  talk.client(join({third, Buffer(first.begin(), first.begin() + 12)}));
  talk.client(Buffer(first.begin() + 12, first.end()));  // frame 7
  const std::vector<Pdu> pdus = exported(recording.pcap());
  Buffer stream;
  for (const Pdu& pdu : pdus) stream.insert(stream.end(), pdu.bytes.begin(), pdu.bytes.end());
  EXPECT_EQ(stream, join({first, second, to_bytes("garbage"), third, first}));
  ASSERT_GE(pdus.size(), 5u);
  EXPECT_EQ(pdus[0].bytes, first);
  EXPECT_EQ(pdus[1].bytes, second);
  EXPECT_EQ(pdus.back().bytes, first);
  EXPECT_EQ(pdus.back().tags.at(30), (Buffer{0, 0, 0, 7}));
}

TEST(ExportPdu, CanBeReadAgain) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.km(7, kRelayNotification, kPayload);
  talk.ctl(
      7, kRelayRequest,
      R"({"Source KMA ID":"A","Destination KMA ID":"B","Transit KMA IDs":["C"],"Key relay request ID":"R"})");
  const TempFolder folder;
  const std::string out = folder.path() / "out.pcapng";
  tshark({"-r", folder.write("capture", recording.pcap()), "-U", "Ck", "-w", out});
  const Rows rows = tshark_fields(read_bytes(out), {"ck.command", "ck.response_to", "ck.violation"}, {"-2"});
  // What carried it is not known, so nothing is said of a plain transport.
  const Rows expected{{"0x1403", "", ""}, {"0x4104", "1", ""}};
  EXPECT_EQ(rows, expected);
}

}  // namespace
}  // namespace ck::plugin
