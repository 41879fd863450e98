// Messages over segments: split anywhere, packed together, with garbage between, shown the same again.
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

/// Two messages in two segments, cut at every byte of the first and of the second: one connection a cut.
TEST(Stream, PutsAMessageTogetherHoweverItIsSplit) {
  const Buffer both = join({kFirst, kSecond});
  Recording recording;
  for (std::size_t cut = 1; cut < both.size(); ++cut) {
    CkTalk talk = opened(recording, {"10.0.0.1", static_cast<std::uint16_t>(20'000 + cut)});
    talk.client(part(both, 0, cut));
    talk.client(part(both, cut, both.size()));
  }
  const Rows rows = tshark_fields(recording.pcap(), {"frame.number", "ck.message_id"}, as_ck_audit());
  ASSERT_EQ(rows.size(), 5 * (both.size() - 1));
  for (std::size_t cut = 1; cut < both.size(); ++cut) {
    const std::size_t first = (cut - 1) * 5 + 3;
    EXPECT_EQ(rows[first][1], cut >= kFirst.size() ? "1" : "") << "cut at " << cut;
    EXPECT_EQ(rows[first + 1][1], cut >= kFirst.size() ? "2" : "1|2") << "cut at " << cut;
  }
}

TEST(Stream, PutsAMessageTogetherFromSingleBytes) {
  Recording recording;
  CkTalk talk = opened(recording);
  for (const Buffer& piece : split(join({kFirst, kSecond}), 1)) talk.client(piece);
  const Rows rows = tshark_fields(recording.pcap(), {"ck.message_id"}, as_ck_audit());
  ASSERT_EQ(rows.size(), 3 + kFirst.size() + kSecond.size());
  EXPECT_EQ(rows[3 + kFirst.size() - 1][0], "1");
  EXPECT_EQ(rows.back()[0], "2");
}

TEST(Stream, FindsTheNextFrameBehindGarbage) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(join({kFirst, to_bytes("garbage"), kSecond}));
  const Rows rows =
      tshark_fields(recording.pcap(), {"ck.message_id", "ck.malformed", "ck.violation"}, as_ck_audit());
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[3][0], "1|2");
  EXPECT_EQ(rows[3][1], "67617262616765");  // "garbage"
  EXPECT_NE(rows[3][2].find("malformed-frame"), std::string::npos);
}

TEST(Stream, SkipsWhatComesBeforeTheFirstFrame) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(to_bytes("AUTH km-1 secret\n"));
  talk.client(kFirst);
  const Rows rows = tshark_fields(recording.pcap(), {"ck.message_id", "ck.violation"}, as_ck_audit());
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(rows[3][1], "");
  EXPECT_EQ(rows[4][0], "1");
  EXPECT_EQ(rows[4][1], "plaintext-transport");
}

TEST(Stream, NamesTheFinThatCutsAMessageOff) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(kFirst);
  talk.client(part(kSecond, 0, 20));
  const std::uint64_t fin = talk.fin(End::client);
  const Rows rows = tshark_fields(recording.pcap(), {"ck.violation"}, as_ck_audit());
  ASSERT_EQ(rows.size(), fin);
  EXPECT_EQ(rows.back()[0], "truncated-message");
}

/// A header alone does not tell yet that it is Ck's. With this Version Wireshark's RPCAP takes it, and leaves
/// by an exception.
TEST(Stream, SeesASegmentInWhichAnothersDissectorFailed) {
  const Buffer first = frame(7, 101, kRelayNotification, R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(part(first, 0, 10));
  talk.client(part(first, 10, first.size()));
  const Rows rows = tshark_fields(recording.pcap(), {"ck.message_id", "ck.violation"}, as_ck_audit());
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(rows[4], (std::vector<std::string>{"101", "plaintext-transport"}));
}

TEST(Stream, FollowsSegmentsOutOfOrder) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.at(End::client, kFirst.size(), kSecond);
  talk.at(End::client, 0, kFirst);
  const Rows rows = tshark_fields(recording.pcap(), {"ck.message_id"}, as_ck_audit());
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(rows[3][0], "");
  EXPECT_EQ(rows[4][0], "1|2");
}

/// With the C struct's padding behind Version, a message behind missing bytes is first shown without its
/// Version, and then with the frame that brings those.
TEST(Stream, ShowsAMessageThatCameAheadOnce) {
  const auto padded = [](std::uint32_t id) {
    const Buffer message =
        frame(1, id, kRelayNotification, R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
    return join({part(message, 0, 2), {0, 0}, part(message, 2, message.size())});
  };
  const std::size_t size = padded(1).size();
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(join({padded(1), padded(2)}));  // 4
  talk.at(End::client, 3 * size, padded(4));  // 5
  talk.at(End::client, 2 * size, padded(3));  // 6
  const Rows rows = tshark_fields(recording.pcap(), {"ck.message_id"}, {"-2"});
  ASSERT_EQ(rows.size(), 6u);
  EXPECT_EQ(rows[3][0], "1|2");
  EXPECT_EQ(rows[4][0], "");
  EXPECT_EQ(rows[5][0], "3|4");
}

TEST(Stream, LooksTheSameWhenItIsDissectedAgain) {
  Recording recording;
  CkTalk talk = opened(recording);
  const Buffer both = join({kFirst, to_bytes("junk"), kSecond});
  talk.client(part(both, 0, 30));
  talk.client(part(both, 30, both.size()));
  const TempFolder folder;
  const std::string file = folder.write("capture", recording.pcap());
  // Of Info, ours only: TCP's own says on the second pass where a segment was put together.
  for (const char* shown : {"tcp", "ck"}) {
    std::vector<std::string> once{"-r", file, "-Y", shown, "-T", "fields", "-e", "frame.number"};
    for (const char* field : {"ck.message_id", "ck.destination_kma_id", "ck.malformed"})
      once.insert(once.end(), {"-e", field});
    if (shown == std::string("ck")) once.insert(once.end(), {"-e", "_ws.col.Info"});
    std::vector<std::string> twice = once;
    twice.emplace_back("-2");
    const std::string first = tshark(once).out;
    EXPECT_NE(first.find('B'), std::string::npos);
    EXPECT_EQ(first, tshark(twice).out);
  }
}

/// An answer acknowledges its request, which was not captured: nothing of that side shows the hole before.
TEST(Stream, BlamesNobodyForAnAnswerThatAcknowledgesWhatIsMissing) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.km(1, kNextHopRequest, R"({"Destination KMA ID":"B"})");
  talk.ctl(1, kNextHopResponse, R"({"Next KMA IDs":["C"]})");
  talk.skip(End::client, kFirst.size());
  talk.ctl(2, kNextHopResponse, R"({"Next KMA IDs":["C"]})");
  const Rows rows = tshark_fields(recording.pcap(), {"ck.command", "ck.violation"}, as_ck_audit());
  ASSERT_EQ(rows.size(), 6u);
  EXPECT_NE(rows.back()[0], "");
  EXPECT_EQ(rows.back()[1], "");
}

/// An answer that the KM acknowledged and the capture lost, and then nothing but time.
TEST(Stream, BlamesNobodyForAnAnswerThatOnlyItsAcknowledgementShows) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.km(1, kNextHopRequest, R"({"Destination KMA ID":"B"})");
  talk.ctl(1, kNextHopResponse, R"({"Next KMA IDs":["C"]})");
  talk.km(2, kNextHopRequest, R"({"Destination KMA ID":"B"})");
  talk.skip(End::server, kFirst.size());
  talk.ack(End::client);
  recording.wait_ms(60'000);
  CkTalk other = opened(recording, kKm2);
  other.km(1, kNextHopRequest, R"({"Destination KMA ID":"B"})");
  other.ctl(1, kNextHopResponse, R"({"Next KMA IDs":["C"]})");
  for (const auto& row : tshark_fields(recording.pcap(), {"ck.violation"}, as_ck_audit()))
    EXPECT_EQ(row[0].find("unanswered-request"), std::string::npos);
}

/// A SYN between the same ends opens a new connection: the one before is over, and will not answer.
TEST(Stream, AConnectionThatIsReplacedIsOver) {
  Recording recording;
  CkTalk first = opened(recording);
  const std::uint64_t asked = first.km(1, kNextHopRequest, R"({"Destination KMA ID":"B"})");
  TalkOptions again;
  again.initial_seq = {7'000'000, 8'000'000};
  opened(recording, kKm1, kController, again);
  const Rows rows = tshark_fields(recording.pcap(), {"ck.violation"}, as_ck_audit());
  ASSERT_EQ(rows.size(), 7u);
  EXPECT_NE(rows[asked - 1][0].find("unanswered-request"), std::string::npos);
}

}  // namespace
}  // namespace ck::plugin
