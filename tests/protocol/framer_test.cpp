// Detection, framing, resynchronisation (packaging/doc/reading-q4164.md, "Frame" and
// "Framing").
#include "protocol/framer.h"

#include <gtest/gtest.h>

#include "protocol/helpers.h"

namespace ck::protocol {
namespace {

using State = FramerState;

const std::string kRequest = frame(0x1401, R"({"Source KMA ID":"a","Destination KMA ID":"b"})", 1);
const std::string kAnswer = frame(0x4102, R"({"Next KMA IDs":["c"]})", 1);

/// One piece of a stream: a message, or bytes skipped in one state (neighbouring skips of a state are one
/// piece).
struct Piece {
  char kind;  ///< m message, o one written otherwise, b bytes that a slip puts behind one, s skipped while
              ///< searching, x malformed, l skipped after a hole, t incomplete at the end
  std::size_t size;
  friend bool operator==(const Piece&, const Piece&) = default;
};
std::ostream& operator<<(std::ostream& out, const Piece& piece) {
  return out << piece.kind << piece.size;
}
using Pieces = std::vector<Piece>;

/// Drives a framer as a caller must: bytes arrive `step` at a time, what is consumed is gone.
class Driver {
 public:
  explicit Driver(bool from_start) : framer(names_, from_start) {}

  void feed(std::string_view stream, std::size_t step, bool end = true) {
    for (std::size_t at = 0; at < stream.size(); at += step) {
      waiting_ += stream.substr(at, step);
      drain(end && at + step >= stream.size());
    }
  }
  Pieces pieces;

 private:
  void drain(bool at_end) {
    while (!waiting_.empty()) {
      const FrameAnswer answer =
          framer.next(as_bytes(waiting_), at_end ? BytesEnd::stream : BytesEnd::open, scratch_);
      if (answer.step == FrameStep::need_more) {
        EXPECT_GT(answer.size, waiting_.size());
        EXPECT_LE(answer.size, kMaxFrame);
        if (at_end) pieces.push_back({'t', waiting_.size()});
        return;
      }
      ASSERT_GE(answer.size, 1u);
      ASSERT_LE(answer.size, waiting_.size());
      note(answer);
      waiting_.erase(0, answer.size);
    }
  }
  void note(const FrameAnswer& answer) {
    const bool message = answer.step == FrameStep::message;
    const char kind = message                              ? (answer.slip != nullptr ? 'o' : 'm')
                      : answer.slip != nullptr             ? 'b'
                      : framer.state() == State::malformed ? 'x'
                      : framer.state() == State::lost      ? 'l'
                                                           : 's';
    EXPECT_EQ(framer.state() == State::synced, message || kind == 'b');
    if (!message && !pieces.empty() && pieces.back().kind == kind) {
      pieces.back().size += answer.size;
    } else {
      pieces.push_back({kind, answer.size});
    }
  }

  NameTable names_;
  Payload scratch_;
  std::string waiting_;

 public:
  Framer framer;
};

/// The pieces of a whole stream, proved to be the same for many ways to cut it.
Pieces run(const std::string& stream, bool from_start, bool known = false) {
  Driver whole(from_start);
  if (known) whole.framer.assume_ck();
  whole.feed(stream, stream.size());
  for (const std::size_t step : {1u, 2u, 3u, 7u, 10u, 11u, 64u, 1448u}) {
    Driver split(from_start);
    if (known) split.framer.assume_ck();
    split.feed(stream, step);
    EXPECT_EQ(split.pieces, whole.pieces) << "cut every " << step;
  }
  return whole.pieces;
}

Piece m(const std::string& bytes) {
  return {'m', bytes.size()};
}

TEST(Framer, MessagesFromTheStart) {
  EXPECT_EQ(run(kRequest, true), (Pieces{m(kRequest)}));
  EXPECT_EQ(run(kRequest + kRequest + kAnswer, true), (Pieces{m(kRequest), m(kRequest), m(kAnswer)}));
}

TEST(Framer, MidStream) {
  EXPECT_EQ(run(kRequest + kAnswer, false), (Pieces{m(kRequest), m(kAnswer)}));
  const std::string tail = kRequest.substr(5);
  EXPECT_EQ(run(tail + kAnswer, false), (Pieces{{'s', tail.size()}, m(kAnswer)}));
}

TEST(Framer, LenientAtTheFirstByteOnly) {
  const std::string broken = frame(0x1401, "{broken");
  EXPECT_EQ(run(broken + kRequest, true), (Pieces{m(broken), m(kRequest)}));
  EXPECT_EQ(run(broken + kRequest, false), (Pieces{{'s', broken.size()}, m(kRequest)}));
  EXPECT_EQ(run("x" + broken + kRequest, true), (Pieces{{'s', broken.size() + 1}, m(kRequest)}));
  const std::string foreign = frame(0x1401, R"({"a":1})");
  EXPECT_EQ(run(foreign + kRequest, false), (Pieces{{'s', foreign.size()}, m(kRequest)}))
      << "no member of Q.4164";
}

TEST(Framer, AFirstPayloadThatDoesNotStartWithABrace) {
  const std::string spaced = frame(0x1401, R"(  {"session_id":"s"})"),
                    array = frame(0x1401, R"(["session_id"])");
  const std::string spaced_foreign = frame(0x1401, R"( {"a":"s"})"), empty = frame(0x1401, "");
  EXPECT_EQ(run(spaced + kAnswer, true), (Pieces{m(spaced), m(kAnswer)}));
  EXPECT_EQ(run(spaced_foreign + kAnswer, true), (Pieces{{'s', spaced_foreign.size()}, m(kAnswer)}));
  EXPECT_EQ(run(array + kAnswer, true), (Pieces{{'s', array.size()}, m(kAnswer)}));
  EXPECT_EQ(run(empty + kAnswer, true), (Pieces{{'s', empty.size()}, m(kAnswer)}));
}

/// What follows may be the answer on the other side: a frame that waits for bytes would be told behind it.
TEST(Framer, AFirstPayloadAfterWhiteSpaceIsAFrameAsSoonAsItIsWhole) {
  for (const char* space : {" ", "\n\n", "\r\n\t", "                    "}) {
    const std::string spaced = frame(0x1401, space + std::string(R"({"Destination KMA ID":"b"})"));
    Driver driver(true);
    driver.feed(spaced.substr(0, spaced.size() - 1), spaced.size(), false);
    EXPECT_EQ(driver.pieces, Pieces{});
    driver.feed(spaced.substr(spaced.size() - 1), 1, false);
    EXPECT_EQ(driver.pieces, Pieces{m(spaced)});
  }
}

TEST(Framer, AnAuthenticationBeforeTheFirstFrame) {
  for (const std::string& before :
       {std::string("AUTH user pass\r\n"), std::string(5000, 'A'), std::string("\x14", 1),
        std::string("{\"hello\":\"world\"}"), frame(0x0001, R"({"auth":1})")}) {
    EXPECT_EQ(run(before + kRequest, true), (Pieces{{'s', before.size()}, m(kRequest)}));
  }
}

TEST(Framer, OtherProtocolsAreNeverClaimed) {
  EXPECT_EQ(run("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true), (Pieces{{'s', 27}}));
  std::string noise;
  std::uint32_t seed = 1;
  for (int i = 0; i < 200000; ++i)
    noise.push_back(static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24));
  EXPECT_EQ(run(noise, true), (Pieces{{'s', noise.size()}}));
}

TEST(Framer, CodesInSyncedState) {
  const std::string unknown = frame(0x14FF, "anything"), swapped = frame(0x4101, R"({"a":1})"),
                    none = frame(0x1401, "");
  EXPECT_EQ(run(kRequest + unknown + swapped + none + kRequest, true),
            (Pieces{m(kRequest), m(unknown), m(swapped), m(none), m(kRequest)}));
  const std::string foreign = frame(0x9999, R"( {"a":[1]} )");
  EXPECT_EQ(run(kRequest + foreign + kRequest, true), (Pieces{m(kRequest), m(foreign), m(kRequest)}))
      << "exactly one JSON object: unknown-command";
}

TEST(Framer, BytesThatCannotBeAFrame) {
  for (const std::string& bad :
       {frame(0x9999, "no json"), frame(0x9999, R"({"a":1}x)"), frame(0x9999, R"([1])"), frame(0x9999, ""),
        frame(0x9999, "{"), frame(0x9999, "{}{"), std::string("seven77"), std::string("\1", 1),
        std::string(20, '\0'), std::string(100, '{'), std::string(30000, 'B')}) {
    EXPECT_EQ(run(kRequest + bad + kAnswer, true), (Pieces{m(kRequest), {'x', bad.size()}, m(kAnswer)}))
        << bad.substr(0, 30);
  }
}

/// Bytes that read as a header with a code of the KM's digits that is not in Table I.1.
std::string like_a_header(std::uint16_t code, std::uint16_t length) {
  std::string out = "\x98\xe4\x7f\x80";
  out += "\x01\xee";
  put(out, code, 2);
  put(out, length, 2);
  return out;
}

TEST(Framer, FramesInsideWhatAnUnlistedHeaderClaims) {
  const std::string two = kAnswer + kRequest;
  for (const int code : {0x141B, 0x14FF, 0x4100, 0x410E}) {
    for (const std::string& rest : {std::string(), std::string("bytes"), std::string(40, 'B')}) {
      for (const std::size_t length : {rest.size() + 8, rest.size() + 20, rest.size() + kAnswer.size() + 3,
                                       rest.size() + two.size(), rest.size() + 200, std::size_t{0x5237}}) {
        const std::string garbage =
            like_a_header(static_cast<std::uint16_t>(code), static_cast<std::uint16_t>(length)) + rest;
        EXPECT_EQ(run(kRequest + garbage + two, true),
                  (Pieces{m(kRequest), {'x', garbage.size()}, m(kAnswer), m(kRequest)}))
            << code << " claims " << length << " bytes behind " << rest.size();
      }
    }
  }
}

/// The same of a direction that is known to write otherwise.
TEST(Framer, FramesInsideWhatAnUnlistedHeaderClaimsByASlip) {
  const auto little = [](std::uint16_t code, std::size_t length, std::string_view payload, std::uint32_t id) {
    std::string out;
    const auto put_little = [&out](std::uint64_t value, unsigned bytes) {
      for (unsigned i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
    };
    put_little(1, 2);
    put_little(id, 4);
    put_little(code, 2);
    put_little(length, 2);
    return out + std::string(payload);
  };
  const std::string text = R"({"Next KMA IDs":["c"]})";
  const auto answer = [&](std::uint32_t id) { return little(0x4102, text.size(), text, id); };
  const Piece other{'o', answer(1).size()};
  for (const std::size_t length : {40U, 300U}) {
    const std::string garbage = little(0x41F0, length, "bytes", 3);
    EXPECT_EQ(run(answer(1) + answer(2) + garbage + answer(4), true),
              (Pieces{other, other, {'x', garbage.size()}, other}));
  }
  const std::string unknown = little(0x41F0, 5, "bytes", 3);
  EXPECT_EQ(run(answer(1) + answer(2) + unknown + answer(4), true),
            (Pieces{other, other, {'o', unknown.size()}, other}));
}

TEST(Framer, NoFrameInsideWhatAnUnlistedHeaderClaims) {
  std::string foreign = frame(0x1401, R"({"a":1})"), cut = kAnswer.substr(0, kAnswer.size() - 1);
  for (const std::string& payload : {std::string("anything"), foreign, cut,
                                     std::string("\x14\x01\x14\x01", 4), std::string(300, '\x14')}) {
    const std::string unknown = frame(0x14F0, payload);
    EXPECT_EQ(run(kRequest + unknown + kRequest, true), (Pieces{m(kRequest), m(unknown), m(kRequest)}));
    const std::string longer = like_a_header(0x14F0, 0x5237) + payload;
    EXPECT_EQ(run(kRequest + longer, true), (Pieces{m(kRequest), {'t', longer.size()}})) << "it may go on";
  }
  // What begins in its last bytes and goes on behind them, before its code, may be anything.
  const std::string over = frame(0x14F0, "bytes" + kAnswer.substr(0, 7));
  EXPECT_EQ(run(kRequest + over + kAnswer.substr(7) + kRequest, true),
            (Pieces{m(kRequest), m(over), {'x', kAnswer.size() - 7}, m(kRequest)}));
  // What a listed header claims is its own, whatever lies in it.
  for (const int code : {0x1401, 0x4101}) {
    const std::string listed = frame(static_cast<std::uint16_t>(code), "bytes" + kAnswer);
    EXPECT_EQ(run(kRequest + listed + kRequest, true), (Pieces{m(kRequest), m(listed), m(kRequest)}));
  }
}

TEST(Framer, MalformedToTheEnd) {
  const std::string bad = "0123456789abcdef";
  EXPECT_EQ(run(kRequest + bad, true), (Pieces{m(kRequest), {'x', bad.size()}}));
  EXPECT_EQ(run(kRequest + bad + kAnswer.substr(0, 12), true), (Pieces{m(kRequest), {'x', bad.size() + 12}}));
}

TEST(Framer, ResynchronisesInsideAFrameWhoseLengthLies) {
  std::string longer = frame(0x1401, R"({"session_id":"s"})");
  longer[9] = static_cast<char>(longer[9] - 4);  // the payload's last four bytes are left over
  EXPECT_EQ(run(kRequest + longer + kAnswer, true),
            (Pieces{m(kRequest), {'m', longer.size() - 4}, {'x', 4}, m(kAnswer)}));
}

TEST(Framer, TruncatedAtTheEnd) {
  for (std::size_t cut = 1; cut < kAnswer.size(); ++cut) {
    EXPECT_EQ(run(kRequest + kAnswer.substr(0, cut), true), (Pieces{m(kRequest), {'t', cut}})) << cut;
  }
  EXPECT_EQ(run(kRequest.substr(0, 11), true), (Pieces{{'t', 11}})) << "the lenient test has recognised it";
  EXPECT_EQ(run(kRequest.substr(0, 10), true), (Pieces{{'s', 10}}));
  EXPECT_EQ(run(kRequest.substr(0, 20), false), (Pieces{{'s', 20}}));
}

TEST(Framer, AfterAHole) {
  Driver driver(true);
  driver.feed(kRequest, 64, false);
  driver.framer.lose_sync();
  EXPECT_EQ(driver.framer.state(), State::lost);
  const std::string rest = kAnswer.substr(15);
  driver.feed(rest + kAnswer, 9);
  EXPECT_EQ(driver.pieces, (Pieces{m(kRequest), {'l', rest.size()}, m(kAnswer)}));
}

/// Behind a hole, MessageID 7 and code 0x4108 hold 07 41, which in the other byte order is code 0x4107, with
/// the Length 0x0108 of an object that ends where a segment does.
TEST(Framer, AMessageIdAndTheCodeBehindItAreNoLittleEndianCode) {
  std::string payload = R"({"Session ID":")";
  payload += std::string(0x0107 - payload.size() - 2, 's') + "\"}";
  const std::string notice = frame(0x4108, payload + "\r\n", 7);
  ASSERT_EQ(notice.substr(5, 5), std::string("\x07\x41\x08\x01\x09", 5));
  const NameTable names;
  for (const std::size_t cut : {std::size_t{2}, std::size_t{0}}) {
    Framer framer(names, false);
    framer.lose_sync();
    Payload scratch;
    const std::string all = "-" + notice;
    const std::string before = all.substr(0, all.size() - cut);
    FrameAnswer answer = framer.next(as_bytes(before), BytesEnd::segment, scratch);
    const std::string rest = answer.step == FrameStep::skip ? all.substr(answer.size) : all;
    answer = framer.next(as_bytes(rest), BytesEnd::segment, scratch);
    if (answer.step == FrameStep::skip)
      answer = framer.next(as_bytes(rest).subspan(answer.size), BytesEnd::segment, scratch);
    EXPECT_EQ(answer.step, FrameStep::message) << cut;
    EXPECT_EQ(answer.slip, nullptr) << cut;
    EXPECT_EQ(answer.header.command, 0x4108) << cut;
    EXPECT_EQ(answer.size, notice.size()) << cut;
  }
}

TEST(Framer, KnownToBeCk) {
  const std::string not_json = frame(0x1401, "oops"), empty = frame(0x1406, ""),
                    swapped = frame(0x4101, R"({"x":1})");
  const std::string private_code = frame(0x14F0, R"({oops)"), foreign = frame(0x7777, R"( {"a":1})");
  for (const std::string& first : {not_json, empty, swapped, private_code, foreign}) {
    EXPECT_EQ(run(first + kRequest, true, true), (Pieces{m(first), m(kRequest)})) << first;
    EXPECT_EQ(run(first + kRequest, true), (Pieces{{'s', first.size()}, m(kRequest)})) << first;
  }
  EXPECT_EQ(run(empty, true, true), (Pieces{m(empty)}));
  for (const std::string& first :
       {std::string("AUTH user pass\r\n"), frame(0x14F0, "oops"), frame(0x7777, "[1]")}) {
    EXPECT_EQ(run(first + kRequest, true, true), (Pieces{{'s', first.size()}, m(kRequest)})) << first;
  }
}

TEST(Framer, AFirstFrameWithoutPayloadIsOneAsSoonAsItsHeaderIsThere) {
  const NameTable names;
  Payload scratch;
  Framer framer(names, true);
  framer.assume_ck();
  const std::string empty = frame(0x1409, "");
  const FrameAnswer more = framer.next(as_bytes(empty.substr(0, 4)), BytesEnd::segment, scratch);
  EXPECT_EQ(more.step, FrameStep::need_more);
  EXPECT_LE(more.size, empty.size()) << "whoever waits for more would tell it behind what came after it";
  EXPECT_EQ(framer.next(as_bytes(empty), BytesEnd::segment, scratch).step, FrameStep::message);
}

TEST(Framer, AnImpossibleCandidateIsNotWaitedFor) {
  NameTable names;
  Payload scratch;
  std::string fake;
  put(fake, 0x0001, 2);
  put(fake, 1, 4);
  put(fake, 0x1401, 2);
  put(fake, 0xFFFF, 2);
  for (const char* begin : {"x", "{x", "{]", "{}x", "[", "{\"a\x01", "{ 1", "{\"a\":'", "{\"a\":1}}"}) {
    Framer framer(names, false);
    const std::string bytes = fake + begin + kRequest;
    const FrameAnswer answer = framer.next(as_bytes(bytes), BytesEnd::open, scratch);
    EXPECT_EQ(answer.step, FrameStep::skip) << begin;
    EXPECT_EQ(answer.size, bytes.size() - kRequest.size()) << begin;
  }
  Framer framer(names, false);
  const std::string bytes = fake + "{\"source_kma_id\" : ";
  const FrameAnswer answer = framer.next(as_bytes(bytes), BytesEnd::open, scratch);
  EXPECT_EQ(answer.step, FrameStep::need_more);
  EXPECT_EQ(answer.size, bytes.size() + 1) << "the next byte may show that it is none";
}

TEST(Framer, ASearchKeepsTheBytesThatMayStartAFrame) {
  NameTable names;
  Payload scratch;
  Framer framer(names, false);
  const std::string bytes(100, 'z');
  const FrameAnswer answer = framer.next(as_bytes(bytes), BytesEnd::open, scratch);
  EXPECT_EQ(answer.step, FrameStep::skip);
  EXPECT_EQ(answer.size, 89u)
      << "the code of a frame that starts in the last 11 bytes, by the slip that puts "
         "it last, is not seen yet";
  EXPECT_EQ(framer.next(as_bytes(bytes.substr(89)), BytesEnd::open, scratch).step, FrameStep::need_more);
  EXPECT_EQ(framer.next(as_bytes(bytes.substr(89)), BytesEnd::stream, scratch).size, 11u);
}

/// Hostile: every 12 bytes a header of a frame of 64 KiB that opens an object. Quadratic work would take
/// minutes.
TEST(Framer, ThousandsOfNestedFakeHeaders) {
  std::string stream;
  while (stream.size() < 3000000) {
    put(stream, 1, 2);
    put(stream, 1, 4);
    put(stream, stream.size() % 24 == 6 ? 0x410A : 0x1401, 2);
    put(stream, 0xFFFF, 2);
    stream += "{\"";
  }
  Driver driver(false);
  driver.feed(stream + kRequest, stream.size());
  EXPECT_EQ(driver.pieces, (Pieces{{'s', stream.size()}, m(kRequest)}));
}

/// What follows bytes that cannot be a frame is told as soon as it is there, however long a frame they claim
/// to begin: an answer on the other direction must not come before its request.
TEST(Framer, WaitsForNoMoreThanShowsThatThereIsNoFrame) {
  const std::string payload = R"({"Source KMA ID":"a","Destination KMA ID":"b"})";
  // Little-endian: Version 1, MessageID 2, CommandCode 0x1401, and a Length that reads as 0x2E00 here.
  const std::string little = std::string("\x01\0\x02\0\0\0\x01\x14\x2E\0", 10) + payload;
  ASSERT_EQ(payload.size(), 0x2EU);
  for (const std::size_t step : {1u, 3u, 11u, 64u, 1448u}) {
    Driver stream(true);
    stream.feed(kRequest + little + kRequest, step, false);
    EXPECT_EQ(stream.pieces, (Pieces{m(kRequest), {'o', little.size()}, m(kRequest)})) << step;
  }
  // The same while searching: a Length that is too large by the header's 10 bytes.
  std::string longer = kRequest;
  longer[9] = static_cast<char>(longer[9] + 100);
  Driver stream(false);
  stream.feed(longer + kRequest, 7, false);
  EXPECT_EQ(stream.pieces, (Pieces{{'s', longer.size()}, m(kRequest)}));
}

/// Takes a stream segment by segment, and asks next() of all of it, or only where it may not pass it over.
struct SegmentReader {
  bool passes = false;
  Framer framer{names(), false};
  std::string held;
  std::size_t wanted = 0;
  Pieces said;

  static const NameTable& names() {
    static const NameTable table;
    return table;
  }
  void say(char kind, std::size_t size) {
    if (kind == 's' && !said.empty() && said.back().kind == kind) {
      said.back().size += size;
    } else {
      said.push_back({kind, size});
    }
    held.erase(0, size);
  }
  void take(std::string_view segment) {
    const std::size_t kept = held.size();
    held += segment;
    if (passes) {
      const Framer::Passed passed = framer.pass_foreign(as_bytes(held), kept);
      if (passed.size != 0) {
        wanted = passed.wanted;
        return say('s', passed.size);
      }
    }
    if (held.size() < wanted) return;
    for (wanted = 0; !held.empty();) {
      const FrameAnswer answer = framer.next(as_bytes(held), BytesEnd::segment, scratch);
      if (answer.step == FrameStep::need_more) {
        wanted = answer.size;
        return;
      }
      say(answer.step == FrameStep::message ? 'm' : 's', answer.size);
    }
  }
  Payload scratch;
};

TEST(Framer, PassesOverForeignBytesAsItDoesWhenAsked) {
  std::size_t passed = 0;
  for (std::size_t length = 1; length <= 60; ++length) {
    for (const bool with_frame : {false, true}) {
      const std::string foreign =
          "GET /keys HTTP/1.1\r\nHost: kms.example.net\r\n\r\n" + std::string(90, 'x');
      const std::string stream = foreign + (with_frame ? kRequest : "") + foreign;
      SegmentReader asked, passing;
      passing.passes = true;
      for (std::size_t at = 0; at < stream.size(); at += length) {
        asked.take(std::string_view(stream).substr(at, length));
        passing.take(std::string_view(stream).substr(at, length));
        EXPECT_EQ(passing.said, asked.said) << length << " bytes each, at " << at;
        EXPECT_EQ(passing.held, asked.held) << length << " bytes each, at " << at;
        EXPECT_EQ(passing.wanted, asked.wanted) << length << " bytes each, at " << at;
      }
      EXPECT_EQ(passing.said.size(), with_frame ? 3U : 1U) << length;
      passed += passing.framer.pass_foreign(as_bytes(foreign), 0).size;
    }
  }
  EXPECT_GT(passed, 0U);
}

TEST(Framer, PassesOverNothingInWhichAFrameMayBegin) {
  const std::string foreign(40, 'x');
  for (const std::string& code : {std::string("\x14\x01", 2), std::string("\x02\x41", 2)}) {
    for (std::size_t at = 0; at <= foreign.size(); ++at) {
      SegmentReader reader;
      const std::string bytes = foreign.substr(0, at) + code + foreign.substr(at);
      EXPECT_EQ(reader.framer.pass_foreign(as_bytes(bytes), 0).size, 0U) << at;
    }
  }
  SegmentReader known;
  known.framer.assume_ck();
  EXPECT_EQ(known.framer.pass_foreign(as_bytes(foreign), 0).size, 0U);
  SegmentReader fresh;
  EXPECT_EQ(fresh.framer.pass_foreign(as_bytes(foreign), foreign.size()).size, 0U);
  EXPECT_GT(fresh.framer.pass_foreign(as_bytes(foreign), 0).size, 0U);
}

}  // namespace
}  // namespace ck::protocol
