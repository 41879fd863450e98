// Peers that frame otherwise (packaging/doc/reading-q4164.md, "Slips"): each slip, on one side and on both,
// in one message and in all, however the stream is cut. Frames are counted by hand; the texts are typed.
#include <set>

#include "capture/stream_log.h"
#include "generator/slipped_frame.h"
#include "stream/pdu_table.h"

namespace ck::capture {
namespace {

using samples::Buffer;
using samples::End;
using samples::Recording;
using samples::SlipWriter;
using samples::TcpTalk;

constexpr std::uint16_t kAsks = samples::kNextHopRequest, kAnswers = samples::kNextHopResponse;
using samples::kAskSlipped;
using samples::kNextSlipped;

Buffer standard(std::uint32_t id, std::uint16_t code, std::string_view payload) {
  return samples::frame(1, id, code, payload);
}

std::string told(unsigned side, std::uint64_t frame, std::uint16_t code, std::uint32_t id,
                 std::string_view payload) {
  return fmt::format("message {} #{} {:#06x} id={} {}", side, frame, code, id, payload);
}
std::string asked(std::uint64_t frame, std::uint32_t id) {
  return told(0, frame, kAsks, id, kAskSlipped);
}
std::string answered(std::uint64_t frame, std::uint32_t id) {
  return told(1, frame, kAnswers, id, kNextSlipped);
}

class SlipTest : public testing::TestWithParam<SlipWriter> {
 protected:
  SlipTest() { talk.handshake(); }  // 1-3

  [[nodiscard]] Buffer slipped(std::uint32_t id, std::uint16_t code, std::string_view payload) const {
    return GetParam().write(1, id, code, payload);
  }
  void run() { pipeline.run(recording); }

  /// The messages alone, without what names their slip.
  [[nodiscard]] Lines messages() const {
    Lines out;
    for (const std::string& line : pipeline.log.lines) {
      if (line.starts_with("message")) out.push_back(line.substr(0, line.find(" (")));
    }
    return out;
  }
  /// How often each side was found to slip, and that it was by nothing but this slip.
  [[nodiscard]] std::array<int, 2> slips() const {
    std::array<int, 2> count{};
    for (const std::string& line : pipeline.log.lines) {
      const std::size_t text = line.find(" (");
      if (text == std::string::npos) continue;
      EXPECT_EQ(line.substr(text + 2, line.size() - text - 3), GetParam().says) << line;
      ++count[line.find(" 1 #") != std::string::npos ? 1 : 0];
    }
    return count;
  }
  /// Bytes that were read are no skipped ones.
  void expect_nothing_unread() const {
    for (const std::string& line : pipeline.log.lines) {
      EXPECT_FALSE(line.starts_with("skipped") || line.starts_with("malformed") ||
                   line.starts_with("truncated") || line.starts_with("unfinished"))
          << line;
    }
  }

  Recording recording;
  TcpTalk talk{recording, kKm, kController};
  Pipeline pipeline;
};

TEST_P(SlipTest, OneSide) {
  talk.client(slipped(1, kAsks, kAskSlipped));       // 4
  talk.server(standard(1, kAnswers, kNextSlipped));  // 5
  talk.client(slipped(2, kAsks, kAskSlipped));       // 6
  talk.server(standard(2, kAnswers, kNextSlipped));  // 7
  talk.close();
  run();
  EXPECT_EQ(messages(), (Lines{asked(4, 1), answered(5, 1), asked(6, 2), answered(7, 2)}));
  EXPECT_EQ(slips(), (std::array{2, 0}));
  expect_nothing_unread();
}

TEST_P(SlipTest, TheControllersSide) {
  talk.client(standard(1, kAsks, kAskSlipped));     // 4
  talk.server(slipped(1, kAnswers, kNextSlipped));  // 5
  talk.client(standard(2, kAsks, kAskSlipped));     // 6
  talk.server(slipped(2, kAnswers, kNextSlipped));  // 7
  talk.close();
  run();
  EXPECT_EQ(messages(), (Lines{asked(4, 1), answered(5, 1), asked(6, 2), answered(7, 2)}));
  EXPECT_EQ(slips(), (std::array{0, 2}));
  expect_nothing_unread();
}

TEST_P(SlipTest, BothSides) {
  talk.client(slipped(1, kAsks, kAskSlipped));      // 4
  talk.server(slipped(1, kAnswers, kNextSlipped));  // 5
  talk.client(slipped(2, kAsks, kAskSlipped));      // 6
  talk.server(slipped(2, kAnswers, kNextSlipped));  // 7
  talk.close();
  run();
  EXPECT_EQ(messages(), (Lines{asked(4, 1), answered(5, 1), asked(6, 2), answered(7, 2)}));
  EXPECT_EQ(slips(), (std::array{2, 2}));
  expect_nothing_unread();
}

TEST_P(SlipTest, TwoOnOneSideAndNothingElse) {
  talk.client(slipped(1, kAsks, kAskSlipped));  // 4
  talk.client(slipped(2, kAsks, kAskSlipped));  // 5
  run();
  EXPECT_EQ(messages(), (Lines{asked(4, 1), asked(5, 2)}));
  EXPECT_GE(slips()[0], 1);
}

TEST_P(SlipTest, OneMessageBetweenGoodOnes) {
  talk.client(standard(1, kAsks, kAskSlipped));      // 4
  talk.server(standard(1, kAnswers, kNextSlipped));  // 5
  talk.client(slipped(2, kAsks, kAskSlipped));       // 6
  talk.server(standard(2, kAnswers, kNextSlipped));  // 7
  for (std::uint32_t id = 3; id < 6; ++id) {         // 8-13
    talk.client(standard(id, kAsks, kAskSlipped));
    talk.server(standard(id, kAnswers, kNextSlipped));
  }
  talk.close();
  run();
  EXPECT_EQ(messages(),
            (Lines{asked(4, 1), answered(5, 1), asked(6, 2), answered(7, 2), asked(8, 3), answered(9, 3),
                   asked(10, 4), answered(11, 4), asked(12, 5), answered(13, 5)}));
  EXPECT_EQ(slips(), (std::array{1, 0}));
  expect_nothing_unread();
}

TEST_P(SlipTest, TwoFramesInOneSegment) {
  talk.client(samples::join({slipped(1, kAsks, kAskSlipped), slipped(2, kAsks, kAskSlipped)}));  // 4
  talk.server(
      samples::join({standard(1, kAnswers, kNextSlipped), standard(2, kAnswers, kNextSlipped)}));  // 5
  talk.close();
  run();
  EXPECT_EQ(messages(), (Lines{asked(4, 1), asked(4, 2), answered(5, 1), answered(5, 2)}));
  EXPECT_EQ(slips(), (std::array{2, 0}));
  expect_nothing_unread();
}

TEST_P(SlipTest, AGoodFrameBehindItInItsSegment) {
  talk.client(samples::join({slipped(1, kAsks, kAskSlipped), standard(2, kAsks, kAskSlipped)}));  // 4
  talk.server(standard(1, kAnswers, kNextSlipped));                                               // 5
  talk.close();
  run();
  EXPECT_EQ(messages(), (Lines{asked(4, 1), asked(4, 2), answered(5, 1)}));
  EXPECT_EQ(slips(), (std::array{1, 0}));
  expect_nothing_unread();
}

TEST_P(SlipTest, SegmentsOfEverySize) {
  const Buffer ask = slipped(1, kAsks, kAskSlipped), next = slipped(2, kAsks, kAskSlipped);
  for (std::size_t size = 1; size <= ask.size(); ++size) {
    Recording cut;
    TcpTalk t(cut, kKm, kController);
    t.handshake();
    for (const Buffer& piece : samples::split(ask, size)) t.client(piece);
    // What stands behind a frame may come with a segment of its own.
    t.server(standard(1, kAnswers, kNextSlipped));
    for (const Buffer& piece : samples::split(next, size)) t.client(piece);
    t.server(standard(2, kAnswers, kNextSlipped));
    t.close();
    Pipeline rooms;
    rooms.run(cut);
    Lines kinds;
    for (const std::string& line : rooms.log.lines) {
      EXPECT_FALSE(line.starts_with("skipped") || line.starts_with("malformed") || line.starts_with("trunc"))
          << size << ": " << line;
      if (line.starts_with("message")) kinds.push_back(line.substr(0, 9) + line.substr(line.find("id="), 4));
    }
    EXPECT_EQ(kinds, (Lines{"message 0id=1", "message 1id=1", "message 0id=2", "message 1id=2"})) << size;
  }
}

TEST_P(SlipTest, FromTheMiddleOn) {
  Recording middle;
  TcpTalk t(middle, kKm, kController);           // no handshake
  t.client(slipped(1, kAsks, kAskSlipped));      // 1
  t.server(slipped(1, kAnswers, kNextSlipped));  // 2
  t.client(slipped(2, kAsks, kAskSlipped));      // 3
  t.server(slipped(2, kAnswers, kNextSlipped));  // 4
  Pipeline rooms;
  rooms.run(middle);
  Lines lines;
  for (const std::string& line : rooms.log.lines) {
    if (line.starts_with("message")) lines.push_back(line.substr(0, line.find(" (")));
  }
  EXPECT_EQ(lines, (Lines{asked(1, 1), answered(2, 1), asked(3, 2), answered(4, 2)}));
}

/// Unless its header is Figure I.1's but for Length: then the content test for a connection's start holds.
TEST_P(SlipTest, OneFrameAloneIsNoCk) {
  talk.client(slipped(1, kAsks, kAskSlipped));
  run();
  const std::set<std::string_view> standard_header{"length-counts-header", "length-counts-characters",
                                                   "little-endian-length"};
  EXPECT_EQ(pipeline.log.lines.empty(), !GetParam().behind && !standard_header.contains(GetParam().name));
}

/// Any bytes in front of a first frame are an authentication of the application's own, whatever their number.
TEST(Greeting, OfAnyLengthIsNoSlip) {
  for (std::size_t size = 1; size <= 10; ++size) {
    for (const bool both : {false, true}) {
      Recording recording;
      TcpTalk talk(recording, kKm, kController);
      Pipeline pipeline;
      Buffer first = samples::to_bytes(std::string(size, 'h'));
      samples::put(first, standard(1, kAsks, kAskSlipped));
      Buffer answer = samples::to_bytes(std::string(both ? size : 0, 'h'));
      samples::put(answer, standard(1, kAnswers, kNextSlipped));
      talk.handshake();
      talk.client(first);                                // 4
      talk.server(answer);                               // 5
      talk.client(standard(2, kAsks, kAskSlipped));      // 6
      talk.server(standard(2, kAnswers, kNextSlipped));  // 7
      talk.close();
      pipeline.run(recording);
      Lines messages;
      for (const std::string& line : pipeline.log.lines) {
        if (line.starts_with("message")) messages.push_back(line);
      }
      EXPECT_EQ(messages, (Lines{asked(4, 1), answered(5, 1), asked(6, 2), answered(7, 2)})) << size;
    }
  }
}

/// What stands behind a frame is that frame's, though it is captured with the next one.
TEST(BehindAFrame, IsThatFramesSlip) {
  for (const SlipWriter& writer : samples::slip_writers()) {
    if (!writer.behind) continue;
    const Buffer whole = writer.write(1, 1, kAsks, kAskSlipped), bare = standard(1, kAsks, kAskSlipped);
    const Buffer behind(whole.begin() + std::ssize(bare), whole.end());
    Recording recording;
    TcpTalk talk(recording, kKm, kController);
    Pipeline pipeline;
    talk.handshake();
    talk.client(bare);                                                             // 4
    talk.server(standard(1, kAnswers, kNextSlipped));                              // 5
    talk.client(samples::join({behind, writer.write(1, 2, kAsks, kAskSlipped)}));  // 6
    talk.close();                                                                  // 7
    pipeline.run(recording);
    const auto slipped = [&](unsigned frame) {
      return fmt::format("slipped 0 #{} {} ({})", frame, behind.size(), writer.says);
    };
    EXPECT_EQ(pipeline.log.lines,
              (Lines{"open 1 opener-known from-start=11", asked(4, 1), answered(5, 1), slipped(4),
                     asked(6, 2), slipped(6), "fin 0 #7", "fin 1 #8", "close 1 #8"}))
        << writer.name;
  }
}

/// Who exports bytes behind a frame by themselves has seen the next frame.
TEST(BehindAFrame, ExportedByItself) {
  for (const SlipWriter& writer : samples::slip_writers()) {
    if (!writer.behind) continue;
    const Buffer whole = writer.write(1, 1, kAsks, kAskSlipped), bare = standard(1, kAsks, kAskSlipped);
    for (const bool other : {false, true}) {
      const Buffer behind = other ? Buffer{'x'} : Buffer(whole.begin() + std::ssize(bare), whole.end());
      Pipeline pipeline;
      PduTable pdus(10, pipeline.streams, 0);
      std::uint64_t frame = 0;
      for (const Buffer& bytes : {bare, behind, standard(2, kAsks, kAskSlipped)}) {
        const Position at{0, ++frame, 0};
        const stream::Endpoint km{{{10, 0, 0, 1}, 4}, 40000}, controller{{{10, 0, 0, 2}, 4}, 7000};
        const SegmentPlace place = pdus.find(km, controller, at, false);
        pipeline.streams.pdu(*place.connection, place.side, bytes, at, true);
      }
      const std::string found =
          other ? "skipped 0 #2 1" : fmt::format("slipped 0 #1 {} ({})", behind.size(), writer.says);
      EXPECT_EQ(pipeline.log.lines, (Lines{"open 1 from-start=00", asked(1, 1), found, asked(3, 2)}))
          << writer.name;
    }
  }
}

/// The first bytes behind a trailer may look like a CommandCode one or two bytes early, by the MessageID.
TEST(BehindAFrame, EveryMessageIdIsRead) {
  for (const SlipWriter& writer : samples::slip_writers()) {
    if (!writer.behind) continue;
    Recording recording;
    TcpTalk talk(recording, kKm, kController);
    Pipeline pipeline;
    Lines expected;
    talk.handshake();
    std::uint64_t frame = 4;
    for (const std::uint32_t id : {1u, 2u, 20u, 21u, 65u, 276u, 5126u, 5127u, 16'641u, 16'645u}) {
      talk.client(writer.write(1, id, kAsks, kAskSlipped));
      talk.server(writer.write(1, id, kAnswers, kNextSlipped));
      expected.push_back(asked(frame++, id));
      expected.push_back(answered(frame++, id));
    }
    talk.close();
    pipeline.run(recording);
    Lines messages;
    for (const std::string& line : pipeline.log.lines) {
      if (line.starts_with("message")) messages.push_back(line.substr(0, line.find(" (")));
    }
    EXPECT_EQ(messages, expected) << writer.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Slips, SlipTest,
                         testing::ValuesIn(samples::slip_writers().begin(), samples::slip_writers().end()),
                         [](const auto& test) {
                           std::string name(test.param.name);
                           std::erase(name, '-');
                           return name;
                         });

class KnownLate : public testing::Test {
 protected:
  Lines told() { return pipeline.run(recording).log.lines; }

  Recording recording;
  TcpTalk talk{recording, kKm, kController};
  Pipeline pipeline;
};

const std::string kBom = std::string("\xEF\xBB\xBF") + std::string(kAskSlipped);

TEST_F(KnownLate, ARequestThatNobodyCanReadIsToldBeforeItsAnswer) {
  talk.handshake();                                  // 1-3
  talk.client(standard(1, kAsks, kBom));             // 4
  talk.server(standard(1, kAnswers, kNextSlipped));  // 5
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11",
                           fmt::format("message 0 #4 0x1401 id=1 {}", kBom), answered(5, 1)}));
}

TEST_F(KnownLate, BehindAnAuthentication) {
  talk.handshake();
  talk.client(samples::to_bytes("LOGIN km-1\n"));    // 4: 11 bytes
  talk.client(standard(1, kAsks, kBom));             // 5
  talk.client(standard(2, kAsks, kBom));             // 6
  talk.server(standard(1, kAnswers, kNextSlipped));  // 7
  const Lines lines = told();
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[1], "skipped 0 #4 11");
  EXPECT_EQ(lines[2], fmt::format("message 0 #5 0x1401 id=1 {}", kBom));
  EXPECT_EQ(lines[3], fmt::format("message 0 #6 0x1401 id=2 {}", kBom));
  EXPECT_EQ(lines[4], answered(7, 1));
}

TEST_F(KnownLate, AFirstMessageUnderTheOtherDirectionsDigits) {
  talk.handshake();                                  // 1-3
  talk.client(standard(1, 0x4101, kAskSlipped));     // 4
  talk.client(standard(2, 0x4101, kAskSlipped));     // 5
  talk.server(standard(1, kAnswers, kNextSlipped));  // 6
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11",
                           fmt::format("message 0 #4 0x4101 id=1 {}", kAskSlipped),
                           fmt::format("message 0 #5 0x4101 id=2 {}", kAskSlipped), answered(6, 1)}));
}

TEST_F(KnownLate, ThoseDigitsWithoutAnObjectAreNoMessage) {
  talk.handshake();
  const Buffer other = standard(1, 0x4101, "[" + std::string(kAskSlipped) + "]");
  talk.client(other);                                // 4
  talk.server(standard(1, kAnswers, kNextSlipped));  // 5
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", answered(5, 1),
                           fmt::format("skipped 0 #4 {}", other.size())}));
}

TEST_F(KnownLate, NorBehindOtherBytes) {
  talk.handshake();
  talk.client(samples::to_bytes("LOGIN km-1\n"));  // 4
  const Buffer swapped = standard(1, 0x4101, kAskSlipped);
  talk.client(swapped);                              // 5
  talk.server(standard(1, kAnswers, kNextSlipped));  // 6
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", answered(6, 1),
                           fmt::format("skipped 0 #4 {}", 11 + swapped.size())}));
}

TEST_F(KnownLate, UpToTheNextFrame) {
  talk.handshake();
  talk.client(samples::to_bytes("LOGIN km-1\n"));  // 4
  // 5: the answer to this made nothing known; the frame behind it does.
  talk.client(samples::join({standard(1, kAsks, kBom), standard(2, kAsks, kAskSlipped)}));
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", "skipped 0 #4 11",
                           fmt::format("message 0 #5 0x1401 id=1 {}", kBom), asked(5, 2)}));
}

TEST_F(KnownLate, ALengthThatLeadsNowhereIsNoFrame) {
  talk.handshake();
  talk.client(samples::to_bytes("LOGIN km-1\n"));  // 4
  Buffer wrong = standard(1, kAsks, kBom);
  ++wrong[9];
  talk.client(wrong);                                // 5
  talk.server(standard(1, kAnswers, kNextSlipped));  // 6
  const Lines lines = told();
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[1], answered(6, 1));
  EXPECT_EQ(lines[2], fmt::format("skipped 0 #4 {}", 11 + wrong.size()));
}

TEST_F(KnownLate, OnANamedPortInTheMiddleOfAStream) {
  PipelineOptions options;
  options.assume_ck = true;
  Pipeline named(options);
  talk.client(standard(1, kAsks, kBom));  // 1, no handshake
  talk.client(standard(2, kAsks, kBom));  // 2
  const Lines lines = named.run(recording).log.lines;
  EXPECT_EQ(lines, (Lines{"open 1 from-start=00", fmt::format("message 0 #1 0x1401 id=1 {}", kBom),
                          fmt::format("message 0 #2 0x1401 id=2 {}", kBom)}));
}

TEST_F(KnownLate, WhatIsKeptIsBounded) {
  talk.handshake();
  for (int i = 0; i < 3; ++i) talk.client(standard(1, kAsks, std::string(60000, 'x')));
  talk.server(standard(1, kAnswers, kNextSlipped));
  pipeline.run(recording);
  EXPECT_EQ(pipeline.budget.total, 0u);
  EXPECT_EQ(pipeline.streams.frames_dropped(), 1u);
}

/// Protocols that carry JSON, or bytes that look like headers, never become Ck by a slip.
class Foreign : public KnownLate {};

std::string rpc(int id) {
  return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"session_id","params":{{"Session ID":"S"}},)"
                     R"("Session ID":"S-{}","response":"success"}})",
                     id, id);
}

Buffer with_length(std::string_view text, std::size_t bytes, bool little) {
  Buffer out;
  for (std::size_t i = 0; i < bytes; ++i)
    out.push_back(static_cast<std::uint8_t>(text.size() >> 8 * (little ? i : bytes - 1 - i)));
  samples::put(out, samples::to_bytes(text));
  return out;
}

TEST_F(Foreign, NeverBecomesCk) {
  std::vector<std::function<Buffer(int)>> protocols;
  for (const std::size_t bytes : {2u, 4u, 8u}) {
    for (const bool little : {false, true}) {
      protocols.push_back([=](int id) { return with_length(rpc(id), bytes, little); });
    }
  }
  protocols.push_back([](int id) { return samples::to_bytes(rpc(id) + "\n"); });
  protocols.push_back([](int id) {
    return samples::to_bytes(fmt::format("Content-Length: {}\r\n\r\n{}", rpc(id).size(), rpc(id)));
  });
  protocols.push_back([](int id) {
    return samples::to_bytes(fmt::format("POST /A HTTP/1.1\r\nAccept: */*\r\nContent-Length: {}\r\n\r\n{}",
                                         rpc(id).size(), rpc(id)));
  });
  protocols.push_back([](int id) {  // MQTT PUBLISH, topic "k/A"
    Buffer out = samples::to_bytes("\x30");
    const std::string body = std::string("\0\3k/A", 5) + rpc(id);
    out.push_back(static_cast<std::uint8_t>(0x80 | (body.size() & 0x7F)));
    out.push_back(static_cast<std::uint8_t>(body.size() >> 7));
    samples::put(out, samples::to_bytes(body));
    return out;
  });
  protocols.push_back([](int id) {  // a gRPC message in an HTTP/2 DATA frame
    Buffer out = with_length(std::string(5, '\0') + rpc(id), 3, false);
    Buffer head(out.begin(), out.begin() + 3);
    for (const int byte : {0, 1, 0, 0, 0, 1}) head.push_back(static_cast<std::uint8_t>(byte));
    samples::put(head, Buffer(out.begin() + 3, out.end()));
    return head;
  });
  std::uint16_t port = 42000;
  for (const auto& make : protocols) {
    TcpTalk t(recording, {"10.0.0.1", port++}, kController);
    t.handshake();
    for (int id = 0; id < 20; ++id) {
      t.client(make(id));
      t.server(make(id));
    }
    t.close();
  }
  EXPECT_EQ(told(), Lines{});
}

TEST_F(Foreign, RandomBytes) {
  std::uint32_t seed = 7;
  const auto noise = [&seed](std::size_t size) {
    Buffer out;
    while (out.size() < size)
      out.push_back(static_cast<std::uint8_t>((seed = seed * 1664525 + 1013904223) >> 24));
    return out;
  };
  talk.handshake();
  for (int i = 0; i < 400; ++i) {
    talk.client(noise(1400));
    talk.server(noise(1400));
  }
  EXPECT_EQ(told(), Lines{});
  EXPECT_EQ(pipeline.budget.total, 0u);
}

}  // namespace
}  // namespace ck::capture
