// What is told of TCP connections on which nothing is recognised: whether all of them was captured, and when
// somebody has to know. Frames are counted by hand.
#include "capture/stream_log.h"

#include <map>
#include <memory>

namespace ck::capture {
namespace {

using samples::Buffer;
using samples::End;
using samples::Recording;
using samples::TcpTalk;

/// Lines such as "lacking 40000 #6", by the client's port, and "message 40002 #9".
class Listener final : public CkSink {
 public:
  Lines lines;

  void open(const ConnectionStart& start) override {
    clients_.emplace(start.key, start.endpoints[0].port);
    lines.push_back(fmt::format("open {} from-start={}{}", start.endpoints[0].port,
                                start.seen_from_start[0] ? 1 : 0, start.seen_from_start[1] ? 1 : 0));
  }
  void message(const Message& message) override {
    lines.push_back(fmt::format("message {} #{}", clients_[message.connection], message.at.frame));
  }
  void event(const StreamEvent&) override {}
  void close(ConnectionKey, const Position&) override {}
  void unrecognised(const UnrecognisedConnection& connection) override {
    static constexpr const char* kStates[] = {"lacking", "read", "over"};
    const unsigned client = connection.endpoints[0].port == kController.port ? 1 : 0;
    lines.push_back(fmt::format("{}{}{} {} #{}", kStates[static_cast<std::size_t>(connection.state)],
                                connection.in_tls ? (connection.in_clear ? " either" : " tls") : "",
                                connection.opener_known ? "" : " by-either",
                                connection.endpoints[client].port, connection.at.frame));
  }

 private:
  std::map<ConnectionKey, std::uint16_t> clients_;
};

class Unrecognised : public ::testing::Test {
 protected:
  TcpTalk& talk(std::uint16_t port) {
    talks_.push_back(std::make_unique<TcpTalk>(recording, samples::Endpoint{"10.0.0.1", port}, kController));
    return *talks_.back();
  }
  Lines told(bool named = false) {
    Listener listener;
    const NameTable names;
    StreamBudget budget{.max_per_direction = 4u << 20, .max_total = 256u << 20};
    CkStreams streams(names, listener, budget);
    TcpTable table({1000, 0}, streams, budget);
    Diagnostics diagnostics;
    PacketDecoder decoder{diagnostics.unknown_links, diagnostics.other, link_name};
    const Buffer file = recording.pcapng();
    const auto source = open_memory(file, 0);
    Packet packet;
    while (source->next(packet) == SourceStatus::packet) {
      TcpSegment segment;
      if (!decoder.decode(packet, segment)) continue;
      segment.named = named;
      table.segment(segment);
    }
    table.finish();
    return listener.lines;
  }
  static Lines with_whole(Lines first, unsigned frame) {
    first.push_back("open 40002 from-start=11");
    first.push_back(fmt::format("message 40002 #{}", frame));
    return first;
  }

  Recording recording;

 private:
  std::vector<std::unique_ptr<TcpTalk>> talks_;
};

const Buffer kForeign = samples::to_bytes("SSH-2.0-OpenSSH_9.2p1\r\n");  // 23 bytes

TEST_F(Unrecognised, AWholeConnectionOfSomethingElseIsNotSpokenOf) {
  TcpTalk& ssh = talk(40000);
  ssh.handshake();       // 1-3
  ssh.server(kForeign);  // 4
  ssh.client(kForeign);  // 5
  ssh.close();           // 6-8
  TcpTalk& ck = talk(40002);
  ck.handshake();         // 9-11
  ck.client(request(1));  // 12
  EXPECT_EQ(told(), with_whole({}, 12));
}

/// The first message on it may be any, for all that is there of it when the capture ends: some bytes of its
/// header, or of its payload. Other bytes are no message of Ck's, and one that is over has no more to come.
TEST_F(Unrecognised, AConnectionInWhoseFirstMessageTheCaptureEndsLacksTheRest) {
  const Buffer message = request(1);
  Buffer no_code = message;
  no_code[7] = 0x77;
  struct Case {
    const char* name;
    Buffer bytes;
    Lines told;
  };
  const auto first = [](const Buffer& of, std::ptrdiff_t size) {
    return Buffer(of.begin(), of.begin() + size);
  };
  const Lines begins{"lacking 40000 #4"};
  const Case cases[] = {{"header", first(message, 7), begins},
                        {"code", first(message, 8), begins},
                        {"another code", first(no_code, 8), {}},
                        {"another protocol", kForeign, {}}};
  for (const auto& [name, bytes, expected] : cases) {
    for (const bool over : {false, true}) {
      recording = Recording();
      TcpTalk& begun = talk(40000);
      begun.handshake();    // 1-3
      begun.client(bytes);  // 4
      if (over) begun.close();
      EXPECT_EQ(told(), over ? Lines{} : expected) << name << over;
    }
  }
}

/// All that is left of it is that it was acknowledged. It is told before what may rest on it is checked,
/// within the second in which the bytes may still come, and behind it.
TEST_F(Unrecognised, AConnectionWhoseOnlyMessageWasLostLacksBytes) {
  for (const unsigned wait : {10U, 1100U}) {
    recording = Recording();
    TcpTalk& lost = talk(40000);
    lost.handshake();  // 1-3
    lost.skip(End::client, 31);
    lost.ack(End::server);  // 4
    TcpTalk& ck = talk(40002);
    ck.handshake();  // 5-7
    recording.wait_ms(wait);
    ck.client(request(1));  // 8
    lost.close();           // 9-11, of which the second FIN ends it
    Lines expected = with_whole({"lacking 40000 #4"}, 8);
    expected.emplace_back("over 40000 #10");
    EXPECT_EQ(told(), expected) << wait;
  }
}

/// Near miss: the bytes come, within the second or later, before anybody had to know.
TEST_F(Unrecognised, BytesThatComeLateAreMissingNoMore) {
  for (const unsigned wait : {10U, 1500U}) {
    recording = Recording();
    TcpTalk& late = talk(40000);
    late.handshake();  // 1-3
    late.skip(End::client, 31);
    late.ack(End::server);  // 4
    recording.wait_ms(wait);
    late.at(End::client, 0, request(5));  // 5: later than a second, it may lack others
    TcpTalk& ck = talk(40002);
    ck.handshake();         // 6-8
    ck.client(request(1));  // 9
    const std::string opened = fmt::format("open 40000 from-start={}", wait < 1000 ? "11" : "01");
    EXPECT_EQ(told(), with_whole({opened, "message 40000 #5"}, 9)) << wait;
  }
}

/// An answer that overtook its request is held back for it.
TEST_F(Unrecognised, WhatIsHeldBackIsToldBeforeAMessageElsewhere) {
  TcpTalk& lost = talk(40000);
  lost.handshake();  // 1-3
  lost.skip(End::server, 31);
  lost.client(request(5));  // 4: acknowledges what was not captured
  TcpTalk& ck = talk(40002);
  ck.handshake();         // 5-7
  ck.client(request(1));  // 8
  const Lines lines = told();
  ASSERT_GE(lines.size(), 3U);
  EXPECT_EQ(Lines(lines.begin(), lines.begin() + 3), with_whole({"lacking 40000 #4"}, 8));
}

/// A FIN shows what is missing before it, acknowledged or not.
TEST_F(Unrecognised, AFinBehindAHoleShowsIt) {
  TcpTalk& lost = talk(40000);
  lost.handshake();  // 1-3
  lost.skip(End::client, 31);
  lost.fin(End::client);  // 4
  TcpTalk& ck = talk(40002);
  ck.handshake();         // 5-7
  ck.client(request(1));  // 8
  const Lines lines = told();
  ASSERT_GE(lines.size(), 3U);
  EXPECT_EQ(Lines(lines.begin(), lines.begin() + 3), with_whole({"lacking 40000 #4"}, 8));
}

TEST_F(Unrecognised, AConnectionFromBeforeTheCaptureMayHaveSaidAnything) {
  TcpTalk& before = talk(40000);
  before.close();  // 1-3, of which the second FIN ends it
  TcpTalk& ck = talk(40002);
  ck.handshake();         // 4-6
  ck.client(request(1));  // 7
  EXPECT_EQ(told(), with_whole({"over either by-either 40000 #2"}, 7));
}

/// The server's direction was not captured at all. The near miss: there may have been no server.
TEST_F(Unrecognised, AConnectionThatWasCapturedOneWayMayHaveSaidAnything) {
  for (const bool answered : {true, false}) {
    recording = Recording();
    TcpTalk& lost = talk(40000);
    samples::Segment syn = lost.segment(End::client, 0, {});
    syn.seq -= 1;
    syn.ack = 0;
    syn.flags = samples::kSyn;
    lost.put_segment(syn);                 // 1
    if (answered) lost.ack(End::client);   // 2
    if (!answered) lost.put_segment(syn);  // 2
    TcpTalk& ck = talk(40002);
    ck.handshake();         // 3-5
    ck.client(request(1));  // 6
    Lines lines = told();
    if (answered) {
      ASSERT_EQ(lines.size(), 4U);
      EXPECT_TRUE(lines.back().starts_with("over either 40000 "));
      lines.pop_back();
    }
    EXPECT_EQ(lines, with_whole(answered ? Lines{"lacking either 40000 #2"} : Lines{}, 6));
  }
}

/// One that is recognised by its first bytes is no stranger, and what it lacks is told of it.
TEST_F(Unrecognised, OnceItIsKnownItIsUnrecognisedNoMore) {
  TcpTalk& ck = talk(40000);
  ck.ack(End::client);    // 1
  ck.client(request(1));  // 2
  ck.client(request(2));  // 3
  EXPECT_EQ(told(), (Lines{"open 40000 from-start=00", "message 40000 #2", "message 40000 #3"}));
}

TEST_F(Unrecognised, ItWasToldAndTurnsOutToBeCks) {
  TcpTalk& late = talk(40000);
  late.ack(End::client);  // 1
  TcpTalk& ck = talk(40002);
  ck.handshake();           // 2-4
  ck.client(request(1));    // 5
  late.client(request(1));  // 6
  Lines expected = with_whole({"lacking either by-either 40000 #1"}, 5);
  for (const char* line : {"read either by-either 40000 #1", "open 40000 from-start=00", "message 40000 #6"})
    expected.emplace_back(line);
  EXPECT_EQ(told(), expected);
}

/// A connection that was refused, or only tried, said nothing.
TEST_F(Unrecognised, ARefusedConnectionLacksNothing) {
  TcpTalk& refused = talk(40000);
  samples::Segment syn = refused.segment(End::client, 0, {});
  syn.seq -= 1;
  syn.ack = 0;
  syn.flags = samples::kSyn;
  refused.put_segment(syn);  // 1
  refused.rst(End::server);  // 2
  TcpTalk& ck = talk(40002);
  ck.handshake();         // 3-5
  ck.client(request(1));  // 6
  EXPECT_EQ(told(), with_whole({}, 6));
}

/// The capture began behind all that was said on a connection but its RST. Near miss: what refuses a SYN that
/// was not captured has the sequence number 0 (RFC 9293, 3.10.7.1).
TEST_F(Unrecognised, AResetIsAllThatWasCaptured) {
  for (const bool refusal : {false, true}) {
    recording = Recording();
    samples::Segment reset = talk(40000).segment(End::client, 0, {});
    reset.flags = samples::kRst | samples::kAck;
    if (refusal) reset.seq = 0;
    talk(40000).put_segment(reset);  // 1
    TcpTalk& ck = talk(40002);
    ck.handshake();         // 2-4
    ck.client(request(1));  // 5
    const Lines missed{"over either by-either 40000 #1"};
    EXPECT_EQ(told(), with_whole(refusal ? Lines{} : missed, 5));
  }
}

/// With Fast Open a SYN may have brought a request.
TEST_F(Unrecognised, WithoutItsSynAClientIsNotKnownFromItsStart) {
  TcpTalk& ck = talk(40000);
  samples::Segment answer = ck.segment(End::server, 0, {});
  answer.seq -= 1;
  answer.flags = samples::kSyn | samples::kAck;
  ck.put_segment(answer);                                                               // 1
  ck.ack(End::client);                                                                  // 2
  ck.server(samples::frame(1, 1, samples::kRelayRequest, R"({"Source KMA ID":"A"})"));  // 3
  EXPECT_EQ(told(), (Lines{"open 40000 from-start=01", "message 40000 #3"}));
}

// TLS 1.2, a record each.
Buffer tls_record(unsigned type, const Buffer& content) {
  Buffer out;
  samples::put_u8(out, type);
  samples::put_u16(out, 0x0303);
  samples::put_u16(out, static_cast<unsigned>(content.size()));
  samples::put(out, content);
  return out;
}
/// Version, random bytes, no session, one suite and no compression.
Buffer tls_hello(bool client) {
  Buffer out;
  samples::put_u32(out, client ? 0x0100'0029 : 0x0200'0026);
  samples::put_u16(out, 0x0303);
  out.insert(out.end(), 32, 7);
  samples::put_u8(out, 0);
  if (client) samples::put_u16(out, 2);
  samples::put_u16(out, 0xC02B);
  if (client) samples::put_u8(out, 1);
  samples::put_u8(out, 0);
  return tls_record(22, out);
}
const Buffer kFinished = samples::join({tls_record(20, {1}), tls_record(22, Buffer(40, 9))});

/// Frames 1-7: the handshakes of TCP and TLS.
void shake_hands(TcpTalk& talk) {
  talk.handshake();
  talk.client(tls_hello(true));
  talk.server(tls_hello(false));
  talk.client(kFinished);
  talk.server(kFinished);
}

/// Nobody has its secrets, its server says no more, and it stays open: what is told elsewhere may answer it.
/// The near miss: nothing was said in it.
TEST_F(Unrecognised, WhatAClientSaysInTlsThatStaysShutIsKnownAtOnce) {
  for (const bool named : {false, true}) {
    for (const bool says : {true, false}) {
      recording = Recording();
      TcpTalk& shut = talk(40000);
      shake_hands(shut);
      if (says) shut.client(tls_record(23, Buffer(60, 1)));  // 8
      TcpTalk& ck = talk(40002);
      ck.handshake();         // 9-11, or one less
      ck.client(request(1));  // 12
      Lines expected;
      if (named) expected.emplace_back("open 40000 from-start=11");
      if (says) expected.emplace_back("lacking tls 40000 #8");
      expected = with_whole(expected, says ? 12 : 11);
      if (says) expected.emplace_back("over tls 40000 #1");
      EXPECT_EQ(told(named), expected) << named;
    }
  }
}

}  // namespace
}  // namespace ck::capture
