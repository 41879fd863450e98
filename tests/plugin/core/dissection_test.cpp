// What is shown where, for every way in which bytes reach our dissector. Expectations are counted by hand.
#include <gtest/gtest.h>

#include <algorithm>

#include "generator/wrappings.h"
#include "hand_over.h"

namespace ck::plugin {
namespace {

using namespace samples;

using Lines = std::vector<std::string>;

const Buffer kFirst = frame(1, 1, kRelayNotification, R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
const Buffer kSecond = frame(1, 2, kRelayNotification, R"({"Source KMA ID":"A","Destination KMA ID":"C"})");

const Buffer kThird = frame(1, 3, kRelayNotification, R"({"Source KMA ID":"A","Destination KMA ID":"D"})");

Buffer part(const Buffer& bytes, std::size_t begin, std::size_t end) {
  return {bytes.begin() + static_cast<std::ptrdiff_t>(begin),
          bytes.begin() + static_cast<std::ptrdiff_t>(end)};
}

std::vector<std::uint64_t> frames_of(Player& player) {
  std::vector<std::uint64_t> out;
  for (const auto& [frame, message] : player.messages()) out.push_back(frame);
  return out;
}

TEST(Dissection, AMessageIsShownInTheFrameThatCompletesItHoweverItIsSplit) {
  const Buffer both = join({kFirst, kSecond});
  for (std::size_t cut = 1; cut < both.size(); ++cut) {
    Recording recording;
    CkTalk talk = opened(recording);
    talk.client(part(both, 0, cut));            // 4
    talk.client(part(both, cut, both.size()));  // 5
    Player player;
    player.play(recording.pcap());
    const std::uint64_t first = cut >= kFirst.size() ? 4 : 5;
    EXPECT_EQ(frames_of(player), (std::vector<std::uint64_t>{first, 5})) << "cut at " << cut;
    EXPECT_EQ(player.shown[5].back(), "message 2") << "cut at " << cut;
    EXPECT_EQ(player.shown[first].front(), "message 1") << "cut at " << cut;
  }
}

/// A message of 10 bytes of header and a payload of `size`, which segments of `part_size` bytes bring.
Buffer in_parts(std::size_t size, std::size_t part_size) {
  std::string payload = R"({"Source KMA ID":"A","Destination KMA ID":")";
  payload.resize(size - 2, 'B');
  const Buffer message = frame(1, 2, kRelayNotification, payload + "\"}");
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(kFirst);  // 4
  for (std::size_t at = 0; at < message.size(); at += part_size)
    talk.client(part(message, at, std::min(at + part_size, message.size())));  // 5 and on
  return recording.pcap();
}

/// Each time that Wireshark is asked for one more segment, it goes through all that it has of the message.
TEST(Dissection, OfAMessageInTinySegmentsWiresharkIsAskedForSoManyOnly) {
  constexpr std::uint64_t kSegments = 15'000, kLast = 4 + kSegments;
  Player player;
  player.play(in_parts(2 * kSegments - 10, 2));
  EXPECT_LE(player.asked, 1024u);
  EXPECT_EQ(player.shown[kLast - 1], Lines{"incomplete 2"});
  EXPECT_EQ(player.shown[kLast], Lines{"message 2"});
  EXPECT_EQ(frames_of(player), (std::vector<std::uint64_t>{4, kLast}));
}

TEST(Dissection, OfTheLongestMessageInSegmentsOf64BytesItIsAskedForAll) {
  Player player;
  player.play(in_parts(65'535, 64));  // 1,024 segments, and 9 bytes
  EXPECT_EQ(player.shown.size(), 2u) << "of no frame but those two is any part shown";
  EXPECT_EQ(player.shown[4 + 1025], Lines{"message 2"});
}

TEST(Dissection, WhatAnotherDissectorKeepsIsShownAllTheSame) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(join({kFirst, part(kSecond, 0, 20)}));  // 4
  talk.client(part(kSecond, 20, kSecond.size()));     // 5
  Player player({}, HandOver::never);
  player.play(recording.pcap());
  EXPECT_EQ(player.shown[4], Lines{"message 1"});
  EXPECT_EQ(player.shown[5], Lines{"message 2"});
}

TEST(Dissection, WithoutPuttingTogetherEverySegmentIsShownByItself) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(part(kFirst, 0, 20));              // 4
  talk.client(part(kFirst, 20, kFirst.size()));  // 5
  DissectionOptions options;
  options.wait = false;
  Player player(options);
  player.play(recording.pcap());
  EXPECT_EQ(player.shown[4], Lines{"incomplete 20"});
  EXPECT_EQ(player.shown[5], Lines{"incomplete " + std::to_string(kFirst.size() - 20)});
  EXPECT_EQ(player.findings(), Lines{"5 plaintext-transport"});
}

TEST(Dissection, GarbageBetweenMessagesIsShownWhereItStands) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(join({kFirst, to_bytes("garbage"), kSecond}));  // 4
  Player player;
  player.play(recording.pcap());
  EXPECT_EQ(player.shown[4], (Lines{"message 1", "malformed garbage", "message 2"}));
}

/// Bytes behind a hole are handed over before those in it. They are shown at once, and belong to their
/// message once it is known.
TEST(Dissection, AMessageBehindMissingBytesIsShownOnce) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(kFirst);                               // 4
  talk.at(End::client, 2 * kFirst.size(), kSecond);  // 5
  talk.at(End::client, kFirst.size(), kThird);       // 6
  Player player;
  player.play(recording.pcap());
  EXPECT_EQ(player.shown[5], Lines{"message 2"});
  EXPECT_EQ(player.shown[6], Lines{"message 3"});
  EXPECT_EQ(frames_of(player), (std::vector<std::uint64_t>{4, 6, 6})) << "later passes know";
  EXPECT_EQ(player.findings(), Lines{"4 plaintext-transport"});
}

/// As the C struct has it, with two bytes behind Version: what follows them reads like a frame of Figure I.1.
Buffer padded(std::uint32_t id) {
  const Buffer message =
      frame(1, id, kRelayNotification, R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
  return join({part(message, 0, 2), {0, 0}, part(message, 2, message.size())});
}

std::size_t messages_shown(Player& player, std::uint64_t frame) {
  std::size_t count = 0;
  for (const auto& call : *player.dissection.calls().find(frame))
    count += static_cast<std::size_t>(
        std::count_if(call->slices.begin(), call->slices.end(),
                      [](const Slice& slice) { return slice.kind == SliceKind::message; }));
  return count;
}

/// Behind missing bytes nothing tells of the slip, and a message is shown without its Version.
TEST(Dissection, AMessageThatWasShownWithoutItsFirstBytesIsShownOnce) {
  const std::size_t size = padded(1).size();
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(join({padded(1), padded(2)}));  // 4
  talk.at(End::client, 3 * size, padded(4));  // 5
  EXPECT_EQ(talk.at(End::client, 2 * size, padded(3)), 6u);
  Player player;
  player.play(recording.pcap());
  ASSERT_EQ(player.shown[5].size(), 2u);
  EXPECT_EQ(player.shown[5][0], "ahead 2") << "and a message, on the first pass";
  EXPECT_EQ(frames_of(player), (std::vector<std::uint64_t>{4, 4, 6, 6}));
  EXPECT_EQ(messages_shown(player, 5), 0u) << "later passes know what it is";
  EXPECT_EQ(messages_shown(player, 6), 2u);
}

/// Bytes that end before the message do not take it away.
TEST(Dissection, AMessageThatIsStillAheadStaysWhereItIsShown) {
  const std::size_t size = padded(1).size();
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(join({padded(1), padded(2)}));  // 4
  talk.at(End::client, 4 * size, padded(5));  // 5
  talk.at(End::client, 2 * size, padded(3));  // 6: message 4 is still missing
  Player player;
  player.play(recording.pcap());
  EXPECT_EQ(player.shown[6].size(), 1u);
  EXPECT_EQ(messages_shown(player, 5), 1u);
}

TEST(Dissection, AMessageBehindAHoleIsKnownOnceTheHoleIsGivenUp) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(kFirst);                    // 4
  talk.skip(End::client, kFirst.size());  // lost
  talk.client(kSecond);                   // 5
  Player player;
  player.play(recording.pcap());
  EXPECT_EQ(frames_of(player), (std::vector<std::uint64_t>{4, 5}));
  EXPECT_EQ(player.findings(), (Lines{"4 plaintext-transport", "5 capture-gap"}));
}

/// RFC 9293, 3.5.2: text in a RST says why.
TEST(Dissection, TextInAResetIsNoStream) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(kFirst);  // 4
  Segment reset = talk.segment(End::client, kFirst.size(), kSecond);
  reset.flags = kRst | kAck;
  talk.put_segment(reset);  // 5
  Player player;
  player.play(recording.pcap());
  EXPECT_EQ(frames_of(player), std::vector<std::uint64_t>{4});
  EXPECT_EQ(player.shown.count(5), 0u);
}

/// RFC 7413: data in a SYN are the stream's first bytes.
TEST(Dissection, DataInASynAreTheStreamsFirstBytes) {
  Recording recording;
  CkTalk talk(recording, kKm1, kController);
  Segment syn = talk.segment(End::client, 0, part(kFirst, 0, 30));
  syn.flags = kSyn;
  syn.seq -= 1;
  talk.put_segment(syn);  // 1
  Segment accept = talk.segment(End::server, 0, {});
  accept.flags = kSyn | kAck;
  accept.seq -= 1;
  accept.ack = syn.seq + 1 + 30;
  talk.put_segment(accept);                                                    // 2
  talk.at(End::client, 30, join({part(kFirst, 30, kFirst.size()), kSecond}));  // 3
  Player player;
  player.play(recording.pcap());
  EXPECT_EQ(frames_of(player), (std::vector<std::uint64_t>{3, 3}));
  EXPECT_EQ(player.findings(), Lines{"3 plaintext-transport"});
}

TEST(Dissection, OnlyNamedPortsWhereContentIsNotToDecide) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(kFirst);
  DissectionOptions options;
  options.by_content = false;
  Player unnamed(options);
  unnamed.play(recording.pcap());
  EXPECT_TRUE(frames_of(unnamed).empty());
  options.is_named = [](std::uint16_t, std::uint16_t destination) { return destination == kController.port; };
  Player named(options);
  named.play(recording.pcap());
  EXPECT_EQ(frames_of(named), std::vector<std::uint64_t>{4});
}

TEST(Dissection, TheSameBytesAreShownAgainOnceAFrame) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(join({kFirst, kFirst}));  // 4: twice the same, which is one call
  Player player;
  player.play(recording.pcap());
  const audit::Endpoint sender = player.dissection.calls().find(4)->front()->sender;
  const Buffer both = join({kFirst, kFirst});
  EXPECT_NE(player.dissection.calls().recall(4, sender, both), nullptr);
  EXPECT_EQ(player.dissection.calls().recall(4, sender, both), nullptr) << "not before the frame is over";
  player.dissection.calls().end_frame(4);
  EXPECT_NE(player.dissection.calls().recall(4, sender, both), nullptr);
}

/// A message in one segment, two that end in one segment, the first of which began before it, and one that
/// this segment begins.
samples::Buffer across_segments() {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(kFirst);                                                                  // 4
  talk.client(part(kSecond, 0, 20));                                                    // 5
  talk.client(join({part(kSecond, 20, kSecond.size()), kThird, part(kFirst, 0, 30)}));  // 6
  talk.client(part(kFirst, 30, kFirst.size()));                                         // 7
  return recording.pcap();
}
const Shown kAcrossSegments = {{4, {"message 1"}}, {6, {"message 2", "message 3"}}, {7, {"message 1"}}};

DissectionOptions as_later_wireshark() {
  DissectionOptions options;
  options.copies = true;
  return options;
}

/// From 4.4 on Wireshark does not always give on a later pass what it gave on the first one.
TEST(Dissection, WhatIsNotHandedOverAgainIsShownInItsFrame) {
  const Buffer capture = across_segments();
  Player player(as_later_wireshark());
  player.play(capture);
  EXPECT_EQ(player.shown, kAcrossSegments);
  EXPECT_EQ(player.again(capture, HandOver::never), kAcrossSegments);
  EXPECT_EQ(player.again(capture, HandOver::never), kAcrossSegments) << "and whenever it is asked for";
}

TEST(Dissection, WhatIsHandedOverAgainIsShownOnce) {
  const Buffer capture = across_segments();
  Player player(as_later_wireshark());
  player.play(capture);
  EXPECT_EQ(player.again(capture, HandOver::as_captured), kAcrossSegments);
}

/// Where Wireshark puts the same together on every pass, only what lies in a segment needs no copy.
TEST(Dissection, BytesAreCopiedOnlyWhereTheyMayNotBeGivenAgain) {
  const Buffer capture = across_segments();
  const auto copied = [&capture](const DissectionOptions& options) {
    Player player(options);
    player.play(capture);
    std::map<std::uint64_t, std::size_t> out;
    for (const std::uint64_t frame : {4, 5, 6, 7}) {
      const auto* calls = player.dissection.calls().find(frame);
      out[frame] = calls->front()->copy.size();
    }
    return out;
  };
  using Sizes = std::map<std::uint64_t, std::size_t>;
  EXPECT_EQ(copied({}), (Sizes{{4, 0}, {5, 0}, {6, 0}, {7, 0}}));
  EXPECT_EQ(copied(as_later_wireshark()),
            (Sizes{{4, 0}, {5, 0}, {6, kSecond.size() + kThird.size()}, {7, kFirst.size()}}));
}

/// No version of Wireshark gives again what it put together from segments of one frame.
TEST(Dissection, WhatSegmentsOfOneFrameHoldIsShownOnEveryPass) {
  const samples::Endpoint km{"10.0.0.1", 40000}, controller{"10.0.0.2", 7000};
  Recording recording(samples::link_of_type(105));
  recording.add(samples::wireless_frame(samples::ip(samples::Segment{km, controller, 99, 0, samples::kSyn})));
  samples::Segment first{km, controller, 100, 1}, second = first;
  first.payload = Buffer(kFirst.begin(), kFirst.begin() + 20);
  second.payload = Buffer(kFirst.begin() + 20, kFirst.end());
  second.seq += 20;
  recording.add(samples::wireless_aggregate_of({samples::ip(first), samples::ip(second)}));
  const Buffer capture = recording.pcap();
  Player player;
  player.play(capture);
  const Shown expected{{2, {"message 1"}}};
  EXPECT_EQ(player.shown, expected);
  EXPECT_EQ(player.again(capture, HandOver::never), expected);
}

/// Two segments of one sender in one frame, as in a tunnel: each shows its own.
TEST(Dissection, WhatIsLeftIsShownWithItsOwnSegment) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(kFirst);  // 4
  Player player;
  player.play(recording.pcap());
  Deliveries& calls = player.dissection.calls();
  const Delivery& call = *calls.find(4)->front();
  EXPECT_EQ(calls.left(4, call.sender, call.sequence + 1), nullptr);
  EXPECT_EQ(calls.left(4, call.sender, call.sequence), &call);
  EXPECT_EQ(calls.left(4, call.sender, call.sequence), nullptr) << "it is shown";
}

Buffer tls_record(std::uint8_t type, const Buffer& fragment) {
  return join({{type, 3, 3, 0, static_cast<std::uint8_t>(fragment.size())}, fragment});
}

/// The client's and the server's hello; without extensions, and with the one that chooses TLS 1.3.
Buffer tls_hello(std::uint8_t type, const Buffer& extensions = {}) {
  const Buffer suites = type == 1 ? Buffer{0, 0, 2, 0xC0, 0x2B, 1, 0} : Buffer{0, 0xC0, 0x2B, 0};
  Buffer body = join({{3, 3}, Buffer(32, 7), suites});
  if (!extensions.empty()) body = join({body, {0, static_cast<std::uint8_t>(extensions.size())}, extensions});
  return tls_record(22, join({{type, 0, 0, static_cast<std::uint8_t>(body.size())}, body}));
}

const Buffer kCipherChange = {20, 3, 3, 0, 1, 1}, kSealed(16, 0xA5);

TEST(Dissection, OfTls12OnlyWhatMayBeAnEncryptedHandshakeIsLookedAt) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(tls_hello(1));                                    // 4
  talk.server(tls_hello(2));                                    // 5
  talk.server(tls_record(22, {14, 0, 0, 0}));                   // 6
  talk.client(join({kCipherChange, tls_record(22, kSealed)}));  // 7
  talk.server(join({kCipherChange, tls_record(22, kSealed)}));  // 8
  talk.client(tls_record(23, kSealed));                         // 9
  talk.server(tls_record(23, kSealed));                         // 10
  talk.client(tls_record(22, kSealed));                         // 11: renegotiates
  talk.server(tls_record(21, kSealed));                         // 12
  Player player;
  player.play(recording.pcap());
  EXPECT_EQ(player.looked_at, (std::vector<std::uint64_t>{7, 8, 11}));
}

TEST(Dissection, OfTls13ASideThatStaysHiddenIsLookedAtOnce) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(tls_hello(1));                                                                       // 4
  talk.server(join({tls_hello(2, {0, 43, 0, 2, 3, 4}), kCipherChange, tls_record(23, kSealed)}));  // 5
  talk.server(tls_record(23, kSealed));                                                            // 6
  talk.client(join({kCipherChange, tls_record(23, kSealed)}));                                     // 7
  talk.client(tls_record(23, kSealed));                                                            // 8
  Player hidden;
  hidden.handshake.hidden = true;
  hidden.play(recording.pcap());
  EXPECT_EQ(hidden.looked_at, (std::vector<std::uint64_t>{5, 7}));
  Player read;
  read.handshake.finished = true;
  read.play(recording.pcap());
  EXPECT_EQ(read.looked_at, (std::vector<std::uint64_t>{5, 6, 7, 8}));
}

}  // namespace
}  // namespace ck::plugin
