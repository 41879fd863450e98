// Times and counts of a capture as the report has them: what its writer lost, what a snap length cut, clocks
// that were set back, and packets that have no time.
#include <gtest/gtest.h>

#include <algorithm>

#include "cli/options.h"
#include "cli/tool.h"
#include "generator/payloads.h"
#include "report/diagnostic_texts.h"

namespace ck::cli::test {
namespace {

using samples::Buffer;

Json::Value audit_of(const Buffer& capture, std::vector<std::string> options = {}) {
  options.insert(options.end(), {"-f", "json", "--messages", "a"});
  return run(options, {{"a", capture}}).json()["audits"][0];
}
std::string text_of(const Buffer& capture, std::vector<std::string> options = {}) {
  options.emplace_back("a");
  return run(options, {{"a", capture}}).out;
}
void expect_line(const std::string& text, const std::string& line) {
  EXPECT_NE(text.find(line), std::string::npos) << line << "\nnot in\n" << text;
}

/// A reservation: handshake in frames 1 to 3, the request in 4, `between` it and its answer in 5.
samples::Recording reservation(std::int64_t between_ms) {
  samples::Recording recording;
  auto talk = samples::opened(recording);
  talk.ctl(1, samples::kReservationRequest, R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
  recording.wait_ms(between_ms);
  talk.km(1, samples::kReservationResponse,
          R"({"Source KMA ID":"A","Destination KMA ID":"B","Key IDs":"k1","Response":0})");
  return recording;
}

TEST(Limit, ConnectionsForgottenForTheirSilenceAreCounted) {
  const Buffer capture = reservation(1000).pcap();
  const std::vector<std::string> forgetful{"--idle-timeout", "0.5"};
  EXPECT_EQ(audit_of(capture, forgetful)["diagnostics"]["dropped"]["connections"], 1);
  expect_line(text_of(capture, forgetful), "--idle-timeout");
  // Near misses: not silent for so long, and never forgotten.
  EXPECT_TRUE(audit_of(capture, {"--idle-timeout", "2"})["diagnostics"]["dropped"].empty());
  EXPECT_TRUE(audit_of(capture)["diagnostics"]["dropped"].empty());
}

TEST(Limit, AConnectionThatIsOverIsNotForgottenForItsSilence) {
  for (const bool by_reset : {false, true}) {
    samples::Recording recording;
    auto talk = samples::opened(recording);
    talk.km(1, samples::kRelayNotification, R"({"Source KMA ID":"A","Destination KMA ID":"C"})");
    if (by_reset) {
      talk.rst(samples::End::client);
    } else {
      talk.close();
    }
    recording.wait_ms(10'000);
    samples::opened(recording, samples::kKm2);
    EXPECT_TRUE(audit_of(recording.pcap(), {"--idle-timeout", "0.5"})["diagnostics"]["dropped"].empty())
        << by_reset;
  }
}

TEST(Clock, SetBackBetweenTheTwoOfAPair) {
  const Buffer capture = reservation(-7'200'000).pcap();
  const Json::Value audit = audit_of(capture);
  EXPECT_EQ(audit["diagnostics"]["clock_steps"], 1);
  EXPECT_TRUE(audit["response_times"].empty());
  EXPECT_TRUE(audit["reservations"][0]["duration"].isNull());
  // 22:13:20 and two hours less; the earliest packet is the last one, and the latest the request.
  EXPECT_EQ(audit["captures"][0]["first_time"], "2023-11-14T20:13:20.004000000Z");
  EXPECT_EQ(audit["captures"][0]["last_time"], "2023-11-14T22:13:20.003000000Z");
  EXPECT_EQ(audit["summary"]["rules"]["unanswered-request"]["violated"], 0);
  const std::string text = text_of(capture);
  expect_line(
      text,
      "pairs whose times run backwards, which count for no response time and no duration: 1\n    remedy: ");
  expect_line(text, "duration unknown");
  EXPECT_EQ(text.find("7199"), std::string::npos) << text;
  const Json::Value forwards = audit_of(reservation(7).pcap());
  EXPECT_EQ(forwards["diagnostics"]["clock_steps"], 0);
  EXPECT_EQ(forwards["reservations"][0]["duration"].asDouble(), 0.008);
}

/// What the KM sends is stamped by a clock that is 37 s behind, as UTC is behind TAI. The near miss: by the
/// same one, and its answer takes 37 s.
TEST(Clock, TwoInOneCaptureMakeNoRequestOverdue) {
  for (const bool two : {true, false}) {
    samples::Recording recording;
    auto talk = samples::opened(recording);
    if (two) recording.wait_ms(-37'000);
    talk.km(1, samples::kNextHopRequest, samples::kAskFour);
    recording.wait_ms(37'000);
    talk.ctl(1, samples::kNextHopResponse, samples::kNextFour);
    const Json::Value audit = audit_of(recording.pcap());
    EXPECT_EQ(audit["summary"]["rules"]["unanswered-request"]["violated"], two ? 0 : 1);
    EXPECT_EQ(audit["diagnostics"]["clock_steps"], two ? 1 : 0);
    EXPECT_EQ(audit["response_times"].size(), two ? 0U : 1U);
  }
}

/// Set back by two hours, and then 31 s pass.
TEST(Clock, SetBackStillShowsWhatIsOverdue) {
  samples::Recording recording;
  auto talk = samples::opened(recording);
  recording.wait_ms(-7'200'000);
  talk.km(1, samples::kNextHopRequest, samples::kAskFour);
  recording.wait_ms(31'000);
  talk.ctl(1, samples::kNextHopResponse, samples::kNextFour);
  EXPECT_EQ(audit_of(recording.pcap())["summary"]["rules"]["unanswered-request"]["violated"], 1);
}

/// A packet that is stamped two hours ahead comes behind two requests, one of which is answered at once, and
/// the other one open when the capture ends. Its log says the same.
TEST(Clock, AheadInOnePacketMakesNoRequestOverdue) {
  samples::Recording recording;
  auto talk = samples::opened(recording);
  talk.km(1, samples::kNextHopRequest, samples::kAskFour);
  talk.km(2, samples::kNextHopRequest, samples::kAskFour);
  recording.wait_ms(7'200'000);
  recording.add(Buffer(60, 0));
  recording.wait_ms(-7'200'000);
  talk.ctl(1, samples::kNextHopResponse, samples::kNextFour);
  const ToolRun of_capture = run({"-f", "json", "--emit-messages", "log", "a"}, {{"a", recording.pcap()}});
  const ToolRun of_log = run({"-f", "json", "b"}, {{"b", samples::to_bytes(of_capture.written.at("log"))}});
  for (const ToolRun* one : {&of_capture, &of_log}) {
    const Json::Value rule = one->json()["summary"]["rules"]["unanswered-request"];
    EXPECT_EQ(rule["checked"], 1);
    EXPECT_EQ(rule["violated"], 0);
    EXPECT_EQ(rule["undecidable"], 1);
  }
}

TEST(Clock, SetBackMakesNoRequestOverdueAtTheEnd) {
  samples::Recording recording;
  auto talk = samples::opened(recording);
  recording.wait_ms(-7'200'000);
  talk.ctl(1, samples::kReservationRequest, R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
  const Json::Value audit = audit_of(recording.pcap());
  EXPECT_EQ(audit["summary"]["rules"]["unanswered-request"]["violated"], 0) << "asked by the last packet";
  EXPECT_EQ(audit["summary"]["rules"]["unanswered-request"]["undecidable"], 1);
}

TEST(Clock, Of2038And2106) {
  samples::Recording recording;
  recording.now_ns = 2'147'483'648'000'000'000;
  recording.add(Buffer(60, 0));
  recording.now_ns = 4'294'967'295'000'000'000;
  recording.add(Buffer(60, 0));
  const Json::Value capture = audit_of(recording.pcap())["captures"][0];
  EXPECT_EQ(capture["first_time"], "2038-01-19T03:14:08.000000000Z");
  EXPECT_EQ(capture["last_time"], "2106-02-07T06:28:15.000000000Z");
}

void put_le32(Buffer& out, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}
Buffer block(std::uint32_t type, const Buffer& body) {
  const auto padded = static_cast<std::uint32_t>((body.size() + 3) / 4 * 4);
  Buffer out;
  put_le32(out, type);
  put_le32(out, padded + 12);
  samples::put(out, body);
  out.resize(8 + padded, 0);
  put_le32(out, padded + 12);
  return out;
}

/// The recording's packets, those of `timed` in Enhanced Packet Blocks, the others in Simple ones.
Buffer partly_timed(const samples::Recording& recording, const std::vector<std::size_t>& timed) {
  Buffer out = samples::join(
      {block(0x0a0d0d0a, {0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255}),
       block(1, {1, 0, 0, 0, 0, 0, 0, 0})});
  for (std::size_t i = 0; i < recording.packets().size(); ++i) {
    const samples::Packet& packet = recording.packets()[i];
    const auto size = static_cast<std::uint32_t>(packet.bytes.size());
    const bool has_time = std::find(timed.begin(), timed.end(), i + 1) != timed.end();
    const std::uint64_t microseconds = static_cast<std::uint64_t>(packet.time_ns) / 1000;
    Buffer body;
    if (has_time) {
      put_le32(body, 0);
      put_le32(body, static_cast<std::uint32_t>(microseconds >> 32));
      put_le32(body, static_cast<std::uint32_t>(microseconds));
      put_le32(body, size);
    }
    put_le32(body, size);
    samples::put(body, packet.bytes);
    samples::put(out, block(has_time ? 6 : 3, body));
  }
  return out;
}

TEST(SimplePackets, HaveNoTime) {
  const Json::Value audit = audit_of(partly_timed(reservation(0), {}));
  EXPECT_TRUE(audit["captures"][0]["first_time"].isNull());
  EXPECT_TRUE(audit["captures"][0]["last_time"].isNull());
  EXPECT_EQ(audit["captures"][0]["messages"], 2);
  EXPECT_TRUE(audit["messages"][0]["time"].isNull());
  EXPECT_TRUE(audit["connections"][0]["start"].isNull());
  EXPECT_TRUE(audit["connections"][0]["end"].isNull());
  EXPECT_TRUE(audit["reservations"][0]["start"].isNull());
  EXPECT_TRUE(audit["reservations"][0]["duration"].isNull());
  EXPECT_TRUE(audit["response_times"].empty());
  EXPECT_EQ(audit["diagnostics"]["clock_steps"], 0);
  const std::string text = text_of(partly_timed(reservation(0), {}));
  EXPECT_EQ(text.find("1970"), std::string::npos) << text;
  EXPECT_EQ(text.find("1823"), std::string::npos) << text;
  const std::string rows = text_of(partly_timed(reservation(0), {}), {"-f", "csv"});
  expect_line(rows, "a,4,,warning,plaintext-transport");
}

TEST(SimplePackets, MakeNoFirstTimeAndFireNoTimeOut) {
  // Frame 1 has a time, and 5, the answer, 8 ms later; the request in frame 4 has none.
  for (const std::vector<std::size_t>& timed : {std::vector<std::size_t>{1, 5}, {5}, {4}, {2, 3, 4}}) {
    const Json::Value audit = audit_of(partly_timed(reservation(4), timed));
    const std::string first = audit["captures"][0]["first_time"].asString();
    EXPECT_EQ(first.substr(0, 18), "2023-11-14T22:13:2");
    EXPECT_EQ(audit["summary"]["rules"]["unanswered-request"]["violated"], 0);
    EXPECT_EQ(audit["summary"]["rules"]["unanswered-request"]["checked"], 1);
    EXPECT_TRUE(audit["response_times"].empty());
  }
  EXPECT_EQ(audit_of(partly_timed(reservation(4), {4, 5}))["response_times"][0]["p50"].asDouble(), 0.005);
}

/// The recording, whose interface says that its times count from 9,000,000,000 seconds on (2255): then they
/// end in 2309.
Buffer far_off(const samples::Recording& recording) {
  Buffer out = partly_timed(recording, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  const Buffer section(out.begin(), out.begin() + 28), packets(out.begin() + 48, out.end());
  const Buffer interface = block(1, {1, 0,    0,    0,    0, 0, 0, 0, 14, 0, 8, 0,  // if_tsoffset
                                     0, 0x1a, 0x71, 0x18, 2, 0, 0, 0});
  return samples::join({section, interface, packets});
}

TEST(FarOffTimes, AreNoTimesAndCounted) {
  const Buffer capture = far_off(reservation(0));
  const Json::Value audit = audit_of(capture);
  EXPECT_EQ(audit["diagnostics"]["far_off_times"], audit["captures"][0]["packets"]);
  EXPECT_TRUE(audit["captures"][0]["first_time"].isNull());
  EXPECT_TRUE(audit["captures"][0]["last_time"].isNull());
  EXPECT_EQ(audit["captures"][0]["messages"], 2);
  EXPECT_TRUE(audit["messages"][0]["time"].isNull());
  EXPECT_TRUE(audit["response_times"].empty());
  EXPECT_EQ(audit["diagnostics"]["clock_steps"], 0);
  EXPECT_EQ(audit["summary"]["rules"]["unanswered-request"]["violated"], 0);
  const std::string text = text_of(capture);
  EXPECT_EQ(text.find("2262-"), std::string::npos) << text;
  expect_line(text,
              "packets whose times lie before 1823 or behind 2262, which count as packets without a time: 5\n"
              "    remedy: ");
}

TEST(FarOffTimes, ArePacketsThatHaveOne) {
  EXPECT_EQ(audit_of(reservation(0).pcapng())["diagnostics"]["far_off_times"], 0);
  EXPECT_EQ(audit_of(partly_timed(reservation(0), {}))["diagnostics"]["far_off_times"], 0) << "without any";
  EXPECT_EQ(text_of(reservation(0).pcapng()).find("behind 2262"), std::string::npos);
}

TEST(CaptureDrops, AreWhatThePcapngSays) {
  const Buffer plain = reservation(0).pcapng();
  EXPECT_EQ(audit_of(plain)["diagnostics"]["capture_drops"], 0);
  EXPECT_EQ(text_of(plain).find("lost before"), std::string::npos);
  const Buffer statistics = block(5, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 8, 0, 7, 0, 0, 0,
                                      0, 0, 0, 0, 7, 0, 8, 0, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  const Buffer lossy = samples::join({plain, statistics});  // isb_ifdrop 7, isb_osdrop 265
  EXPECT_EQ(audit_of(lossy)["diagnostics"]["capture_drops"], 272);
  EXPECT_EQ(audit_of(lossy, {"--filter", "tcp"})["diagnostics"]["capture_drops"], 272);
  expect_line(text_of(lossy),
              "packets that were lost before they reached the file, as it says itself: 272\n    remedy: ");
  const Json::Value merged =
      run({"--merge", "-f", "json", "a", "b"}, {{"a", lossy}, {"b", lossy}}).json()["audits"][0];
  EXPECT_EQ(merged["diagnostics"]["capture_drops"], 544);
}

/// A gateway's two interfaces, in one capture: the KM's network, and the one before the controller. The near
/// miss: another connection, with a number of its own.
TEST(Translations, AConnectionOnBothSidesOfATranslatorCountsOnce) {
  using samples::End;
  for (const bool same : {true, false}) {
    samples::Recording recording;
    samples::TalkOptions options;
    options.initial_seq = {0x1234'5678, 0x9abc'def0};
    samples::TcpTalk inner(recording, {"10.0.0.1", 40000}, {"10.9.0.1", 51640}, options);
    if (!same) ++options.initial_seq[1];
    samples::TcpTalk outer(recording, {"192.0.2.1", 61000}, {"10.9.0.1", 51640}, options);
    const auto syn = [](samples::TcpTalk& talk, End from, std::uint8_t flags) {
      samples::Segment segment = talk.segment(from, 0, {});
      --segment.seq;
      segment.flags = flags;
      talk.put_segment(segment);
    };
    syn(inner, End::client, samples::kSyn);
    syn(outer, End::client, samples::kSyn);
    syn(outer, End::server, samples::kSyn | samples::kAck);
    syn(inner, End::server, samples::kSyn | samples::kAck);
    const Buffer ask = samples::frame(1, 1, samples::kReservationRequest,
                                      R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
    const Buffer answer =
        samples::frame(1, 1, samples::kReservationResponse, R"({"Key IDs":"k1","Response":0})");
    for (auto* talk : {&outer, &inner}) talk->server(ask);
    for (auto* talk : {&inner, &outer}) talk->client(answer);
    const Json::Value audit = audit_of(recording.pcap());
    EXPECT_EQ(audit["diagnostics"]["translated_connections"], same ? 1 : 0);
    EXPECT_EQ(audit["connections"].size(), same ? 1U : 2U);
    EXPECT_EQ(audit["messages"].size(), same ? 2U : 4U);
    EXPECT_EQ(audit["messages"][0]["frame"], 5);
  }
}

TEST(CutPackets, OfANamedPortAreCountedAndSaid) {
  samples::Recording recording = reservation(0);
  const Buffer whole = recording.pcap(), cut = recording.pcap({.snap_length = 60});  // 54 of headers
  const std::vector<std::string> named{"--port", "51640"}, other{"--port", "1-100"};
  EXPECT_EQ(audit_of(whole, named)["diagnostics"]["cut_packets"], 0);
  EXPECT_EQ(audit_of(cut, named)["diagnostics"]["cut_packets"], 2) << "the two messages";
  EXPECT_EQ(audit_of(cut, other)["diagnostics"]["cut_packets"], 0);
  EXPECT_EQ(audit_of(cut)["diagnostics"]["cut_packets"], 0) << "no port is named";
  expect_line(text_of(cut, named), "packets on the named ports that a snap length cut: 2\n    remedy: ");
}

TEST(Diagnostics, AreAllThereInEveryFormatOfObjects) {
  for (const char* format : {"json", "ndjson"}) {
    const std::string out = run({"-f", format, "a"}, {{"a", reservation(0).pcap()}}).out;
    for (const char* name :
         {"unknown_links", "dropped", "conflicting_overlaps", "undecoded_streams", "undecrypted_connections",
          "capture_drops", "cut_packets", "ignored_resets", "clock_steps", "far_off_times"})
      expect_line(out, "\"" + std::string(name) + "\":");
  }
}

TEST(Limits, SayWhatMayBeMissedAndWhatRaisesThem) {
  const ToolRun result = run_on_disk({"--max-message-ids", "1", CK_CAPTURES "/violations.pcap"});
  expect_line(result.out,
              "  dropped at the limit remembered_ids, so a MessageID that is used again may pass unseen: ");
  expect_line(result.out, "    remedy: raise --max-message-ids\n");
}

TEST(Limits, NameOptionsThatThereAre) {
  const std::vector<std::string> options = option_names();
  std::size_t named = 0;
  for (const DiagnosticText& limit : limit_texts()) {
    EXPECT_FALSE(limit.what.empty()) << limit.name;
    const std::string remedy(limit.remedy);
    for (std::size_t at = remedy.find("--"); at != std::string::npos; at = remedy.find("--", at + 2)) {
      const std::string option = remedy.substr(at, remedy.find_first_of(" ,", at) - at);
      EXPECT_NE(std::find(options.begin(), options.end(), option), options.end()) << option;
      ++named;
    }
  }
  EXPECT_GT(named, 8U);
}

}  // namespace
}  // namespace ck::cli::test
