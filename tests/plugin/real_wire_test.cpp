// What real wires do to Ck in Wireshark, with its default preferences and with those that put segments in
// order: nothing is lost, nobody is blamed, and other protocols look as they do without the plugin.
#include <gtest/gtest.h>

#include "generator/sample.h"
#include "tshark.h"

namespace ck::plugin {
namespace {

using namespace samples;

const Buffer kFirst = frame(1, 1, kRelayNotification, R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
const Buffer kSecond = frame(1, 2, kRelayNotification, R"({"Source KMA ID":"A","Destination KMA ID":"C"})");

Buffer part(const Buffer& bytes, std::size_t begin, std::size_t end) {
  return {bytes.begin() + static_cast<std::ptrdiff_t>(begin),
          bytes.begin() + static_cast<std::ptrdiff_t>(end)};
}

/// MessageIDs and findings by frame, "-" where there are none: "1 plaintext-transport".
std::vector<std::string> seen(const Recording& recording, const std::vector<std::string>& options) {
  std::vector<std::string> out;
  for (const auto& row : tshark_fields(recording.pcap(), {"ck.message_id", "ck.violation"}, options)) {
    std::string line = row[0] + (row[1].empty() ? "" : " " + row[1]);
    out.push_back(line.empty() ? "-" : line);
  }
  return out;
}

/// Two passes with Wireshark's own defaults.
const std::vector<std::string> kTwice{"-2"};

using Lines = std::vector<std::string>;

class RealWire : public testing::TestWithParam<bool> {
 protected:
  [[nodiscard]] const std::vector<std::string>& options() const {
    return GetParam() ? as_ck_audit() : kTwice;
  }
};

/// RFC 792: an error quotes what it is about, headers and all.
TEST_P(RealWire, WhatAnIcmpErrorQuotesIsNoStream) {
  Recording recording;
  CkTalk talk = opened(recording);
  const Segment segment = talk.segment(End::client, 0, kFirst);
  talk.put_segment(segment);  // 4
  talk.skip(End::client, kFirst.size());
  Buffer error{3, 4, 0, 0, 0, 0, 5, 0xDC};  // destination unreachable, fragmentation needed, next hop's MTU
  put(error, ip(segment));
  recording.add(link_frame({}, ip("10.9.9.9", kKm1.host, 1, error)));  // 5
  talk.client(kSecond);                                                // 6
  EXPECT_EQ(seen(recording, options()), (Lines{"-", "-", "-", "1 plaintext-transport", "-", "2"}));
}

/// The first copy of the segment may be the quoted one, where the original took another way.
TEST_P(RealWire, AnIcmpErrorAloneOpensNothing) {
  Recording recording;
  CkTalk talk = opened(recording);
  Buffer error{3, 4, 0, 0, 0, 0, 5, 0xDC};
  put(error, ip(talk.segment(End::client, 0, kFirst)));
  recording.add(link_frame({}, ip("10.9.9.9", kKm1.host, 1, error)));  // 4
  EXPECT_EQ(seen(recording, options()), (Lines{"-", "-", "-", "-"}));
}

/// The peer acknowledged what the capture lost, before the FIN: no message was cut off.
TEST_P(RealWire, AHoleInsideAMessageBeforeTheFinIsNobodysFault) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(kFirst);                // 4
  talk.client(part(kSecond, 0, 20));  // 5
  talk.skip(End::client, kSecond.size() - 20);
  talk.ack(End::server);  // 6
  talk.fin(End::client);  // 7
  talk.fin(End::server);  // 8
  const Lines found = seen(recording, options());
  ASSERT_EQ(found.size(), 8u);
  EXPECT_EQ(found[3], "1 plaintext-transport");
  EXPECT_EQ(found[6], " capture-gap");
  for (const std::string& line : found) EXPECT_EQ(line.find("truncated-message"), std::string::npos);
}

/// RFC 7413: data in a SYN count from the byte behind it.
TEST_P(RealWire, DataInASynAreTheStreamsFirst) {
  Recording recording;
  CkTalk talk(recording, kKm1, kController);
  Segment syn = talk.segment(End::client, 0, part(kFirst, 0, 30));
  syn.flags = kSyn;
  syn.seq -= 1;
  talk.put_segment(syn);  // 1
  Segment accept = talk.segment(End::server, 0, {});
  accept.flags = kSyn | kAck;
  accept.seq -= 1;
  accept.ack = syn.seq + 31;
  talk.put_segment(accept);                                                    // 2
  talk.at(End::client, 30, join({part(kFirst, 30, kFirst.size()), kSecond}));  // 3
  EXPECT_EQ(seen(recording, options()), (Lines{"-", "-", "1|2 plaintext-transport"}));
}

/// RFC 9293, 3.5.2: text in a RST says why.
TEST_P(RealWire, TextInAResetIsNoMessage) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(kFirst);  // 4
  Segment reset = talk.segment(End::client, kFirst.size(), kSecond);
  reset.flags = kRst | kAck;
  talk.put_segment(reset);  // 5
  const Lines found = seen(recording, options());
  EXPECT_EQ(found.at(4), "-");
}

/// A proxy's greeting stands before the first frame, and its dissector keeps the connection.
TEST_P(RealWire, CkBehindAnHttpProxyIsFound) {
  Recording recording;
  CkTalk talk = opened(recording, kKm1, {"10.14.0.1", 8080});
  talk.client(to_bytes("CONNECT controller.example:4164 HTTP/1.1\r\nHost: controller.example:4164\r\n\r\n"));
  talk.server(to_bytes("HTTP/1.1 200 Connection established\r\n\r\n"));
  talk.client(kFirst);   // 6
  talk.client(kSecond);  // 7
  EXPECT_EQ(seen(recording, options()), (Lines{"-", "-", "-", "-", "-", "1 plaintext-transport", "2"}));
}

/// Ports of AMQP, X11, HTTP, Kafka and others: whoever has the port, what is Ck by its content is shown.
TEST_P(RealWire, CkIsFoundOnPortsOfOthers) {
  for (const std::uint16_t port :
       std::initializer_list<std::uint16_t>{5672, 6000, 8080, 9092, 1883, 502, 3306, 179, 7000, 5060}) {
    Recording recording;
    CkTalk talk = opened(recording, kKm1, {"10.14.0.1", port});
    talk.client(kFirst);   // 4
    talk.client(kSecond);  // 5
    EXPECT_EQ(seen(recording, options()), (Lines{"-", "-", "-", "1 plaintext-transport", "2"})) << port;
  }
}

INSTANTIATE_TEST_SUITE_P(Preferences, RealWire, testing::Bool(),
                         [](const auto& in_order) { return in_order.param ? "InOrder" : "Defaults"; });

/// What stands before TCP stays when Ck is switched off in Enabled Protocols.
TEST(Disabled, LeavesTcpAsItIs) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(kFirst);
  const std::vector<std::string> fields{"_ws.col.Protocol", "frame.protocols", "tcp.len"};
  const Rows rows = tshark_fields(recording.pcap(), fields, {"--disable-protocol", "ck"});
  ASSERT_EQ(rows.size(), 4u);
  for (const auto& row : rows) {
    EXPECT_EQ(row[0], "TCP");
    EXPECT_EQ(row[1].find("eth:ethertype:ip:tcp"), 0u) << row[1];
  }
  EXPECT_EQ(rows[3][2], std::to_string(kFirst.size()));
}

/// XML has no way to write U+FFFE.
TEST(Pdml, HoldsNoCharacterThatXmlForbids) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.km(1, kRelayNotification,
          "{\"Source KMA ID\":\"A\xEF\xBF\xBE\",\"Destination KMA ID\":\"\xEF\xBF\xBF\"}");
  const TempFolder folder;
  const std::string file = folder.write("capture", recording.pcap());
  for (const char* format : {"pdml", "psml"}) {
    const std::string out = tshark({"-r", file, "-Y", "ck", "-T", format}).out;
    EXPECT_NE(out.find("A\xEF\xBF\xBD"), std::string::npos) << format;
    EXPECT_EQ(out.find("\xEF\xBF\xBE"), std::string::npos) << format;
    EXPECT_EQ(out.find("\xEF\xBF\xBF"), std::string::npos) << format;
  }
}

/// What is saved of a message in two segments, of which the first has 6 bytes, when only what is shown under
/// `filter` is saved: the lengths of the segments.
std::string saved_of(const Buffer& message, const std::string& filter, const std::vector<std::string>& more) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(part(message, 0, 6));
  talk.client(part(message, 6, message.size()));
  const TempFolder folder;
  const std::string file = folder.write("capture", recording.pcap()), saved = folder.path() / "saved";
  std::vector<std::string> arguments{"-2", "-r", file, "-Y", filter, "-w", saved};
  arguments.insert(arguments.end(), more.begin(), more.end());
  EXPECT_EQ(tshark(arguments).status, 0);
  return tshark({"-r", saved, "-T", "fields", "-e", "tcp.len"}).out;
}

/// The first bytes of a message that was recognised late are saved with its frame, as those of Wireshark's
/// own protocols are; tshark of 4.4 saves those of none.
TEST(Saving, TakesAlongTheSegmentsInWhichAMessageBegan) {
  const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const bool takes_along =
      saved_of({request.begin(), request.end()}, "http", {"-d", "tcp.port==51640,http"}) == "6\n21\n";
  EXPECT_EQ(saved_of(kFirst, "ck", {}),
            (takes_along ? "6\n" : "") + std::to_string(kFirst.size() - 6) + "\n");
}

}  // namespace
}  // namespace ck::plugin
