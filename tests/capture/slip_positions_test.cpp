// A known slip, wherever the reading of a direction begins (packaging/doc/reading-q4164.md, "Slips"):
// every slip, at every position, on either side and on both, however the stream is cut into segments. What is
// expected follows from what was written: the test knows each message that it plays.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <vector>

#include "audit/audit.h"
#include "capture/reader.h"
#include "capture/source.h"
#include "generator/ck_message.h"
#include "generator/conversation.h"
#include "generator/slipped_frame.h"
#include "protocol/frame.h"

namespace ck::capture {
namespace {

using samples::Buffer;
using samples::End;
using samples::Recording;
using samples::SlipWriter;
using samples::TcpTalk;

using Texts = std::vector<std::string>;

constexpr std::uint32_t kMessages = 4;  ///< of each side, behind the position
/// So many bytes of a message that began before them are there: less than its payload.
constexpr std::size_t kTail = 9;
/// MessageIDs before the hole. Of one frame alone, a NUL behind it may be the first byte of the frame that
/// the hole took away.
constexpr std::array<std::uint32_t, 2> kBeforeTheHole{51, 52};
constexpr std::string_view kGreeting = "LOGIN km-1\n";

/// What the audit says, but for the transport in clear and the holes that the test makes itself.
struct Told : AuditSink {
  Texts messages, findings;
  std::uint64_t skipped = 0;

  void message(const MessageRecord& record) override {
    const Message& message = *record.message;
    messages.push_back(fmt::format("{} {:#06x} id={} version={}", message.sender, message.command,
                                   message.header->message_id, message.header->version));
  }
  void finding(const Finding& finding) override {
    const std::string_view slug = rule(finding.rule).slug;
    if (slug != "plaintext-transport" && slug != "capture-gap")
      findings.push_back(fmt::format("{}: {}", slug, finding.text));
  }
  void connection(const ConnectionRecord& record) override { skipped += record.skipped_bytes; }
};

Told audit(const Recording& recording) {
  Told told;
  const NameTable names;
  Audit audit({}, told);
  CkReader reader({}, names, audit);
  const Buffer file = recording.pcapng();
  std::vector<CaptureFacts> captures(1);
  read_all(*open_memory(file, 0), reader, captures);
  reader.finish();
  audit.finish(told, {});
  return told;
}

enum class Where { start, middle, inside, hole, first_hole, greeting };
constexpr std::array kWhere{Where::start, Where::middle,     Where::inside,
                            Where::hole,  Where::first_hole, Where::greeting};
enum class Who { km, controller, both };
constexpr std::array kWho{Who::km, Who::controller, Who::both};

bool slips(Who who, bool km) {
  return who == Who::both || (who == Who::km) == km;
}

/// How a side's bytes are cut into segments.
struct Cut {
  std::size_t size = 0;        ///< of a segment; 0: each message in one
  bool behind_header = false;  ///< each payload in a segment of its own
  bool pipelined = false;      ///< all requests come before the answers, in one go where `size` is 0
};

std::vector<Buffer> pieces(const Buffer& bytes, const Cut& cut) {
  if (cut.size != 0) return samples::split(bytes, cut.size);
  const auto brace = std::find(bytes.begin(), bytes.end(), std::uint8_t{'{'});
  if (!cut.behind_header || brace == bytes.end()) return {bytes};
  return {Buffer(bytes.begin(), brace), Buffer(brace, bytes.end())};
}

/// A conversation of `kMessages` exchanges behind a position.
class Play {
 public:
  Play(const SlipWriter& writer, Where where, Who who, std::uint16_t version, const Cut& cut)
      : writer_(writer), where_(where), who_(who), version_(version), cut_(cut) {}

  Told run() {
    if (where_ != Where::middle && where_ != Where::inside) talk_.handshake();
    begin();
    if (cut_.pipelined) {
      for (const bool km : {true, false}) send_all(km);
    } else {
      for (std::uint32_t i = 0; i < kMessages; ++i) {
        for (const bool km : {true, false}) send(km, write(km, 1 + i));
      }
    }
    return audit(recording_);
  }

  /// All messages, in the order in which they are told.
  [[nodiscard]] Texts expected() const {
    Texts out;
    if (where_ == Where::hole) {
      for (const std::uint32_t id : kBeforeTheHole) {
        for (const bool km : {true, false}) out.push_back(line(km, id));
      }
    }
    if (cut_.pipelined) {
      for (const bool km : {true, false}) {
        for (std::uint32_t i = 0; i < kMessages; ++i) out.push_back(line(km, 1 + i));
      }
    } else {
      for (std::uint32_t i = 0; i < kMessages; ++i) {
        for (const bool km : {true, false}) out.push_back(line(km, 1 + i));
      }
    }
    return out;
  }

 private:
  [[nodiscard]] Buffer write(bool km, std::uint32_t id) const {
    const std::uint16_t code = km ? samples::kNextHopRequest : samples::kNextHopResponse;
    const std::string_view payload = km ? samples::kAskSlipped : samples::kNextSlipped;
    return slips(who_, km) ? writer_.write(version_, id, code, payload)
                           : samples::frame(version_, id, code, payload);
  }
  [[nodiscard]] std::string line(bool km, std::uint32_t id) const {
    return fmt::format("{} {:#06x} id={} version={}", km ? 0 : 1,
                       km ? samples::kNextHopRequest : samples::kNextHopResponse, id, version_);
  }
  void send(bool km, const Buffer& bytes) {
    for (const Buffer& piece : pieces(bytes, cut_)) talk_.send(km ? End::client : End::server, piece);
  }
  void send_all(bool km) {
    Buffer all;
    for (std::uint32_t i = 0; i < kMessages; ++i) {
      const Buffer message = write(km, 1 + i);
      if (cut_.behind_header) {
        send(km, message);
      } else {
        samples::put(all, message);
      }
    }
    if (!all.empty()) send(km, all);
  }
  /// What comes before the messages.
  void begin() {
    if (where_ == Where::hole) {
      for (const std::uint32_t id : kBeforeTheHole) {
        for (const bool km : {true, false}) send(km, write(km, id));
      }
    }
    for (const bool km : {true, false}) {
      const Buffer cut_off = write(km, 100);
      const Buffer tail(cut_off.end() - kTail, cut_off.end());
      if (where_ == Where::hole || where_ == Where::first_hole)
        talk_.skip(km ? End::client : End::server, cut_off.size() - kTail);
      if (where_ == Where::hole || where_ == Where::first_hole || where_ == Where::inside) send(km, tail);
      if (where_ == Where::greeting && slips(who_, km)) send(km, samples::to_bytes(kGreeting));
    }
  }

  const SlipWriter& writer_;
  Where where_;
  Who who_;
  std::uint16_t version_;
  Cut cut_;
  Recording recording_;
  TcpTalk talk_{recording_, {"10.0.0.1", 40000}, {"10.0.0.2", 7000}};
};

class SlipPositionTest : public testing::TestWithParam<std::tuple<SlipWriter, Where, Who>> {
 protected:
  [[nodiscard]] static const SlipWriter& writer() { return std::get<0>(GetParam()); }
  [[nodiscard]] static Where where() { return std::get<1>(GetParam()); }
  [[nodiscard]] static Who who() { return std::get<2>(GetParam()); }

  /// Bytes that the slip puts between Version and the rest of a frame of Figure I.1.
  [[nodiscard]] static std::size_t filling() {
    if (writer().name == "long-message-id") return 4;
    return writer().name == "padding" ? 2 : 0;
  }
  /// Where anything may stand before a frame, the first one that such a slip writes cannot be told from one
  /// of Figure I.1 with Version 0 behind bytes that are no frame: a peer that writes Version 0, seen from the
  /// middle of its stream, sends the same bytes. It is listed so, and its Version is not checked. The second
  /// frame shows the slip.
  [[nodiscard]] static bool first_is_hidden() {
    return filling() != 0 && where() != Where::start && where() != Where::hole;
  }
  [[nodiscard]] static std::uint64_t expected_skipped() {
    std::uint64_t out = 0;
    for (const bool km : {true, false}) {
      const bool in_a_frame =
          where() == Where::inside || where() == Where::hole || where() == Where::first_hole;
      if (in_a_frame) out += kTail;
      if (!slips(who(), km)) continue;
      if (where() == Where::greeting) out += kGreeting.size();
      if (first_is_hidden()) out += filling();
    }
    return out;
  }
  static void expect_messages(const Texts& told, const Texts& expected) {
    ASSERT_EQ(told.size(), expected.size());
    std::array<bool, 2> seen{};
    for (std::size_t i = 0; i < told.size(); ++i) {
      const bool km = expected[i][0] == '0';
      const bool hidden = first_is_hidden() && slips(who(), km) && !seen[km ? 0 : 1];
      seen[km ? 0 : 1] = true;
      const auto shown = [&](const std::string& line) {
        return hidden ? line.substr(0, line.rfind(' ')) : line;
      };
      EXPECT_EQ(shown(told[i]), shown(expected[i])) << i;
    }
  }
  static void expect_its_slip_alone(const Texts& findings) {
    EXPECT_EQ(findings.size(), who() == Who::both ? 2U : 1U) << fmt::format("{}", fmt::join(findings, "\n"));
    for (const std::string& finding : findings)
      EXPECT_TRUE(finding.starts_with(fmt::format("malformed-frame: {}, where ", writer().says))) << finding;
  }
};

/// Segments of 1 to 64 bytes, of a message, of its header and its payload, and of several messages.
TEST_P(SlipPositionTest, EveryCutTellsTheSame) {
  for (const std::uint16_t version : {std::uint16_t{1}, std::uint16_t{0x0102}}) {
    for (const bool pipelined : {false, true}) {
      for (const Cut& cut : {Cut{0, false}, Cut{0, true}, Cut{1}, Cut{3}, Cut{7}, Cut{9}, Cut{11}, Cut{64}}) {
        SCOPED_TRACE(fmt::format("version {}, {} bytes{}{}", version, cut.size,
                                 cut.behind_header ? ", behind the header" : "",
                                 pipelined ? ", pipelined" : ""));
        Play play(writer(), where(), who(), version, {cut.size, cut.behind_header, pipelined});
        const Told told = play.run();
        expect_messages(told.messages, play.expected());
        expect_its_slip_alone(told.findings);
        EXPECT_EQ(told.skipped, expected_skipped());
      }
    }
  }
}

std::string name_of_play(const testing::TestParamInfo<SlipPositionTest::ParamType>& test) {
  static constexpr std::array kPositions{"AtTheStart",  "FromAFrameOn",     "InsideAFrame",
                                         "BehindAHole", "BehindAFirstHole", "BehindAGreeting"};
  static constexpr std::array kSides{"Km", "Controller", "Both"};
  const auto& [writer, where, who] = test.param;
  std::string name(writer.name);
  std::erase(name, '-');
  return fmt::format("{}{}{}", name, kPositions[static_cast<std::size_t>(where)],
                     kSides[static_cast<std::size_t>(who)]);
}

INSTANTIATE_TEST_SUITE_P(Slips, SlipPositionTest,
                         testing::Combine(testing::ValuesIn(samples::slip_writers().begin(),
                                                            samples::slip_writers().end()),
                                          testing::ValuesIn(kWhere), testing::ValuesIn(kWho)),
                         name_of_play);

/// The KM asks once with each of these Versions, first behind `before`; the controller, which writes Version
/// `answers`, answers each time.
Told exchanges(const Buffer& before, const std::vector<std::uint16_t>& asks, std::uint16_t answers,
               bool handshake = true) {
  Recording recording;
  TcpTalk talk(recording, {"10.0.0.1", 40000}, {"10.0.0.2", 7000});
  if (handshake) talk.handshake();
  Buffer ask = before;
  std::uint32_t id = 0;
  for (const std::uint16_t version : asks) {
    samples::put(ask, samples::frame(version, ++id, samples::kNextHopRequest, samples::kAskSlipped));
    talk.client(ask);
    talk.server(samples::frame(answers, id, samples::kNextHopResponse, samples::kNextSlipped));
    ask.clear();
  }
  return audit(recording);
}

Buffer bytes(std::initializer_list<std::uint8_t> list) {
  return list;
}

void expect_no_slip(const Buffer& before, bool handshake) {
  for (const std::uint16_t version : {std::uint16_t{0}, std::uint16_t{1}}) {
    SCOPED_TRACE(fmt::format("{:02x}, Version {}", fmt::join(before, " "), version));
    const Told told = exchanges(before, {version, version, version}, version, handshake);
    EXPECT_EQ(told.findings, Texts{});
    EXPECT_EQ(told.messages.size(), 6U);
    EXPECT_EQ(told.skipped, before.size());
  }
}

/// Near misses: a peer that writes Version 0 as it should, seen from the middle of its stream on.
TEST(HiddenFrame, BehindTheRestOfAnother) {
  for (const Buffer& before : {bytes({0, 1}), bytes({0, 0}), bytes({0, 1, 0, 0}), bytes({0, 0, 0, 0}),
                               bytes({'"', '}'}), bytes({0, 0, 0, 0, 0, 1, 0, 0})})
    expect_no_slip(before, false);
}

/// The same behind a greeting. One of 2 bytes, or of 4 that end in two zeros, before Version 0 is the one
/// case that the bytes do not decide: at the very start of a stream they are what a slip writes, and read so.
TEST(HiddenFrame, BehindAGreeting) {
  for (const Buffer& before : {bytes({0}), bytes({0, 1, 0}), bytes({0, 1, 0, 1}), bytes({0, 0, 0, 1, 0}),
                               bytes({0, 0, 0, 0, 0, 1, 0, 0}), samples::to_bytes(kGreeting)})
    expect_no_slip(before, true);
}

/// What cannot be read for sure blames nobody: neither the side whose Version it may be, nor the other one.
TEST(VersionBehindSkippedBytes, IsNoVersionThatAnythingIsComparedWith) {
  EXPECT_EQ(exchanges(samples::to_bytes(kGreeting), {2, 1, 1}, 1).findings, Texts{});
}

/// Near misses: the Versions behind it are sure, and so is a first one behind nothing.
TEST(VersionBehindSkippedBytes, IsTheOnlyOneInDoubt) {
  constexpr std::string_view kSecond =
      "version-changed: Version 2, where the connection's first message has "
      "Version 1";
  EXPECT_EQ(exchanges(samples::to_bytes(kGreeting), {1, 2, 2}, 1).findings, (Texts{std::string(kSecond)}));
  EXPECT_EQ(exchanges(samples::to_bytes(kGreeting), {2, 2, 2}, 1).findings, (Texts{std::string(kSecond)}));
  EXPECT_EQ(exchanges({}, {1, 2, 1}, 1).findings, (Texts{std::string(kSecond)}));
  EXPECT_EQ(exchanges({}, {2, 1, 1}, 1).findings,
            (Texts{"version-changed: Version 1, where the connection's first message has Version 2"}));
}

/// The bytes of a MessageID may look like a CommandCode, wherever a slip puts them.
TEST(SlippedMessageId, LooksLikeACode) {
  for (const SlipWriter& writer : samples::slip_writers()) {
    Recording recording;
    TcpTalk talk(recording, {"10.0.0.1", 40000}, {"10.0.0.2", 7000});
    talk.handshake();
    Texts expected;
    for (const std::uint32_t id :
         {1U, 2U, 0x0014'0105U, 0x1401'0105U, 0x0000'1401U, 0x0114'0041U, 0x0041'0200U}) {
      talk.client(writer.write(1, id, samples::kNextHopRequest, samples::kAskSlipped));
      talk.server(samples::frame(1, id, samples::kNextHopResponse, samples::kNextSlipped));
      expected.push_back(fmt::format("0 0x1401 id={} version=1", id));
      expected.push_back(fmt::format("1 0x4102 id={} version=1", id));
    }
    EXPECT_EQ(audit(recording).messages, expected) << writer.name;
  }
}

const SlipWriter& writer_of(std::string_view name) {
  return *std::find_if(samples::slip_writers().begin(), samples::slip_writers().end(),
                       [&](const SlipWriter& writer) { return writer.name == name; });
}

/// Behind a hole, the slip that the direction follows is tried first: two zeros that end what is left of
/// another frame, with a length of 2 bytes behind them, look like one of 4 bytes.
TEST(SlipPositions, AnAdoptedSlipGoesFirst) {
  Recording recording;
  TcpTalk talk(recording, {"10.0.0.1", 40000}, {"10.0.0.2", 7000});
  talk.handshake();
  const auto ask = [](std::uint32_t id) {
    return writer_of("short-prefix").write(1, id, samples::kNextHopRequest, samples::kAskSlipped);
  };
  talk.client(ask(1));
  talk.client(ask(2));
  talk.skip(End::client, 100);
  Buffer rest = bytes({'}', 0, 0});
  samples::put(rest, ask(3));
  talk.client(rest);
  const Told told = audit(recording);
  EXPECT_EQ(told.messages,
            (Texts{"0 0x1401 id=1 version=1", "0 0x1401 id=2 version=1", "0 0x1401 id=3 version=1"}));
  EXPECT_EQ(told.skipped, 3U);
  ASSERT_EQ(told.findings.size(), 1U);
  EXPECT_TRUE(told.findings[0].starts_with(
      "malformed-frame: a length of 2 bytes seems to stand before the frame, where "));
}

/// A near miss: behind a hole in a direction that followed such a slip stand frames as they should be.
TEST(HiddenFrame, ARightFrameBehindAHoleKeepsItsFirstByte) {
  for (const std::string_view name : {"long-message-id", "padding"}) {
    Recording recording;
    TcpTalk talk(recording, {"10.0.0.1", 40000}, {"10.0.0.2", 7000});
    talk.handshake();
    for (const std::uint32_t id : {1U, 2U})
      talk.client(writer_of(name).write(1, id, samples::kNextHopRequest, samples::kAskSlipped));
    talk.skip(End::client, 100);
    Buffer rest = samples::to_bytes(R"("Genève"})");
    const std::size_t skipped = rest.size();
    samples::put(rest, samples::frame(1, 3, samples::kNextHopRequest, samples::kAskSlipped));
    talk.client(rest);
    const Told told = audit(recording);
    EXPECT_EQ(told.messages,
              (Texts{"0 0x1401 id=1 version=1", "0 0x1401 id=2 version=1", "0 0x1401 id=3 version=1"}));
    EXPECT_EQ(told.skipped, skipped) << name;
  }
}

/// A near miss: a length before the frame says where the frame starts.
TEST(VersionBehindSkippedBytes, IsSureBehindALength) {
  Recording recording;
  TcpTalk talk(recording, {"10.0.0.1", 40000}, {"10.0.0.2", 7000});
  talk.handshake();
  talk.client(samples::frame(2, 1, samples::kNextHopRequest, samples::kAskSlipped));
  Buffer answer = samples::to_bytes(kGreeting);
  samples::put(answer,
               writer_of("long-prefix").write(1, 1, samples::kNextHopResponse, samples::kNextSlipped));
  talk.server(answer);
  const Texts findings = audit(recording).findings;
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_TRUE(
      findings[0].starts_with("malformed-frame: a length of 4 bytes seems to stand before the frame, "));
  EXPECT_EQ(findings[1], "version-changed: Version 1, where the connection's first message has Version 2");
}

/// The 10 bytes before the lower half of a Length of 4 bytes are a whole frame of Figure I.1 with an empty
/// payload. In a segment of its own, which no more bytes have followed, it is told at once, as the other side
/// may answer it; no later byte can take that back. Each byte behind it is counted.
TEST(LongLength, CutBetweenItsHalvesIsAnEmptyPayload) {
  Recording recording;
  TcpTalk talk(recording, {"10.0.0.1", 40000}, {"10.0.0.2", 7000});
  talk.handshake();
  talk.client(samples::frame(1, 1, samples::kNextHopRequest, samples::kAskSlipped));
  for (std::uint32_t id = 1; id <= 2; ++id) {
    const Buffer answer =
        writer_of("long-length").write(1, id, samples::kNextHopResponse, samples::kNextSlipped);
    talk.server(Buffer(answer.begin(), answer.begin() + kHeaderSize));
    talk.server(Buffer(answer.begin() + kHeaderSize, answer.end()));
    if (id == 1) talk.client(samples::frame(1, 2, samples::kNextHopRequest, samples::kAskSlipped));
  }
  const Told told = audit(recording);
  EXPECT_EQ(told.messages.size(), 4U);
  EXPECT_EQ(told.skipped, 2 + samples::kNextSlipped.size());
  ASSERT_EQ(told.findings.size(), 3U);
  EXPECT_TRUE(told.findings[0].starts_with("malformed-payload: the payload is empty"));
  EXPECT_TRUE(told.findings[1].ends_with("were skipped: Length seems to be 4 bytes"));
  EXPECT_TRUE(told.findings[2].starts_with("malformed-frame: Length seems to be 4 bytes, where "));
}

}  // namespace
}  // namespace ck::capture
