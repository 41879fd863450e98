// "Ck session", "Ck relay", "Ck reservation" and "Ck association" in Wireshark's menu Conversation Filter:
// what a plugin of the tests is offered on each frame, as the window is, and which frames those filters then
// find.
#include <gtest/gtest.h>

#include <map>

#include "filters.h"

namespace ck::plugin {
namespace {

using namespace samples;

/// The filters offered, by their name in the menu.
using Offers = std::map<std::string, std::string>;

const std::string kSessionSample = CK_SOURCE_DIR "/captures/session-creation.pcap";
const std::string kProbe = "WIRESHARK_PLUGIN_DIR=" CK_PROBE_PLUGIN_DIR;

Output with_probe(const std::string& capture, const std::vector<std::string>& options) {
  std::vector<std::string> command{"env", kProbe, "tshark", "-2", "-r", capture};
  command.insert(command.end(), options.begin(), options.end());
  return run_unprivileged(command);
}

/// What each frame offers, by its number; frames that offer nothing are not there.
std::map<unsigned, Offers> offered(const std::string& capture) {
  const Output output = with_probe(
      capture, {"-T", "fields", "-E", "aggregator=|", "-e", "frame.number", "-e", "ck_probe.filter"});
  EXPECT_EQ(output.status, 0) << output.err;
  std::map<unsigned, Offers> all;
  for (const std::string& line : split_text(output.out, '\n')) {
    const std::vector<std::string> cells = split_text(line, '\t');
    if (cells.size() != 2 || cells[1].empty()) continue;
    Offers& offers = all[static_cast<unsigned>(std::stoul(cells[0]))];
    for (const std::string& offer : split_text(cells[1], '|')) {
      const std::size_t colon = offer.find(": ");
      EXPECT_TRUE(offers.emplace(offer.substr(0, colon), offer.substr(colon + 2)).second) << offer;
    }
  }
  return all;
}

/// The frames that a filter lets through once it is applied.
std::vector<unsigned> applied(const std::string& capture, const std::string& filter) {
  const Output output = with_probe(capture, {"-Y", filter, "-T", "fields", "-e", "frame.number"});
  EXPECT_EQ(output.status, 0) << filter << '\n' << output.err;
  std::vector<unsigned> frames;
  std::vector<std::string> lines = split_text(output.out, '\n');
  lines.pop_back();
  for (const std::string& line : lines) frames.push_back(static_cast<unsigned>(std::stoul(line)));
  return frames;
}

std::vector<unsigned> frames_of(const std::map<unsigned, Offers>& all) {
  std::vector<unsigned> frames;
  for (const auto& [frame, offers] : all) frames.push_back(frame);
  return frames;
}

class Capture {
 public:
  explicit Capture(const Buffer& bytes) : path_(folder_.write("capture", bytes)) {}
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  TempFolder folder_;
  std::string path_;
};

const std::string_view kReservation = R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-2"})";
const std::string_view kRequest = R"({"Application source ID":"p","Application destination ID":"q"})";
const std::string_view kOtherRequest = R"({"Application source ID":"p","Application destination ID":"r"})";

/// Frames 7 and 10 are on the asking KM's connection, 8 and 9 on the other KM's; the rest is TCP's alone.
TEST(ConversationFilters, FindASessionAcrossConnections) {
  const auto all = offered(kSessionSample);
  EXPECT_EQ(frames_of(all), (std::vector<unsigned>{7, 8, 9, 10}));
  for (const auto& [frame, offers] : all) {
    ASSERT_EQ(offers.size(), 2U) << frame;
    EXPECT_EQ(applied(kSessionSample, offers.at("Ck session")), (std::vector<unsigned>{7, 8, 9, 10}))
        << frame;
    EXPECT_EQ(applied(kSessionSample, offers.at("Ck association")),
              frame == 7 || frame == 10 ? (std::vector<unsigned>{7, 10}) : (std::vector<unsigned>{8, 9}))
        << frame;
  }
  EXPECT_EQ(all.at(7).at("Ck association"),
            "ck and ip.addr == 10.41.0.11 and ip.addr == 10.14.0.1 and tcp.port == 51640");
}

TEST(ConversationFilters, FindARelayFromAnyOfItsHops) {
  const std::string capture = CK_SOURCE_DIR "/captures/relay-distributed.pcap";
  const auto all = offered(capture);
  EXPECT_EQ(frames_of(all), (std::vector<unsigned>{7, 8, 9, 10}));
  for (const auto& [frame, offers] : all) {
    EXPECT_EQ(offers.count("Ck session"), 0U) << frame;
    EXPECT_EQ(applied(capture, offers.at("Ck relay")), (std::vector<unsigned>{7, 8, 9, 10})) << frame;
  }
}

/// The KM comes back from another port, frames 8 to 10; another KM, and another controller, are left out.
TEST(ConversationFilters, FindAnAssociationOverAllItsConnections) {
  Recording recording;
  CkTalk first = opened(recording);
  first.ctl(1, kReservationRequest, kReservation);  // frame 4
  first.close();
  CkTalk second = opened(recording, {"10.41.0.11", 41055});
  second.km(2, kRelayNotification, kReservation);  // frame 11
  CkTalk other_km = opened(recording, kKm2);
  other_km.ctl(1, kReservationRequest, kReservation);  // frame 15
  CkTalk other_controller = opened(recording, kKm1, {"10.14.0.1", 51641});
  other_controller.ctl(1, kReservationRequest, kReservation);  // frame 19
  const Capture capture(recording.pcap());
  const auto all = offered(capture.path());
  EXPECT_EQ(frames_of(all), (std::vector<unsigned>{4, 11, 15, 19}));
  const std::vector<std::pair<unsigned, std::vector<unsigned>>> expected{
      {4, {4, 11}}, {11, {4, 11}}, {15, {15}}, {19, {19}}};
  for (const auto& [frame, frames] : expected) {
    EXPECT_EQ(applied(capture.path(), all.at(frame).at("Ck association")), frames) << frame;
  }
  // Frame 4 asks for a reservation, frame 11 for a relay.
  EXPECT_EQ(all.at(4).count("Ck reservation"), 1U);
  EXPECT_EQ(all.at(4).size(), 2U);
  EXPECT_EQ(all.at(11).count("Ck relay"), 1U);
  EXPECT_EQ(all.at(11).size(), 2U);
}

/// Frames 4 and 5 reserve two keys that 6 to 9 allocate.
TEST(ConversationFilters, FindAReservationWithItsAllocations) {
  const std::string capture = CK_SOURCE_DIR "/captures/key-allocation.pcap";
  const auto all = offered(capture);
  EXPECT_EQ(frames_of(all), (std::vector<unsigned>{4, 5, 6, 7, 8, 9}));
  for (const auto& [frame, offers] : all) {
    EXPECT_EQ(offers.count("Ck session") + offers.count("Ck relay"), 0U) << frame;
    EXPECT_EQ(applied(capture, offers.at("Ck reservation")), frames_of(all)) << frame;
  }
}

/// Where the controller opened the connection its port is one of many: the two hosts make the association.
TEST(ConversationFilters, FindAnAssociationThatTheControllerOpens) {
  Recording recording;
  CkTalk first = opened(recording, {"10.14.0.1", 40001}, {"10.41.0.11", 51640});
  first.client(frame(1, 1, kReservationRequest, kReservation));  // frame 4
  CkTalk second = opened(recording, {"10.14.0.1", 40002}, {"10.41.0.11", 51640});
  second.client(frame(1, 2, kReservationRequest, kReservation));  // frame 8
  const Capture capture(recording.pcap());
  const auto all = offered(capture.path());
  EXPECT_EQ(frames_of(all), (std::vector<unsigned>{4, 8}));
  for (const auto& [frame, offers] : all)
    EXPECT_EQ(applied(capture.path(), offers.at("Ck association")), frames_of(all)) << frame;
}

TEST(ConversationFilters, TakeAllSessionsOfOneFrame) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(join({frame(1, 1, kSessionRequest, kRequest), frame(1, 2, kSessionRequest, kOtherRequest)}));
  talk.ctl(2, kSessionResponse, R"({"Session ID":"S2","Response":"created","Destination KM ID":"m"})");
  talk.km(3, kRelayNotification, kReservation);
  talk.ctl(1, kSessionResponse, R"({"Session ID":"S1","Response":"created","Destination KM ID":"m"})");
  const Capture capture(recording.pcap());
  const auto all = offered(capture.path());
  EXPECT_EQ(applied(capture.path(), all.at(4).at("Ck session")), (std::vector<unsigned>{4, 5, 7}));
  EXPECT_EQ(applied(capture.path(), all.at(5).at("Ck session")), (std::vector<unsigned>{4, 5}));
  EXPECT_EQ(applied(capture.path(), all.at(7).at("Ck session")), (std::vector<unsigned>{4, 7}));
}

TEST(ConversationFilters, SpeakIpv6) {
  Recording recording;
  CkTalk talk = opened(recording, {"2001:db8::1", 41001}, {"2001:db8::2", 51640});
  talk.ctl(1, kReservationRequest, kReservation);
  CkTalk other = opened(recording, {"2001:db8::3", 41001}, {"2001:db8::2", 51640});
  other.ctl(1, kReservationRequest, kReservation);
  const Capture capture(recording.pcap());
  const auto all = offered(capture.path());
  EXPECT_EQ(all.at(4).at("Ck association"),
            "ck and ipv6.addr == 2001:db8::2 and ipv6.addr == 2001:db8::1 and tcp.port == 51640");
  EXPECT_EQ(applied(capture.path(), all.at(4).at("Ck association")), (std::vector<unsigned>{4}));
}

TEST(ConversationFilters, AreOfferedInDecryptedTls) {
  const std::string capture = CK_TLS_FOLDER "/tls-1.3.pcapng";
  const auto all = offered(capture);
  ASSERT_EQ(all.size(), 3U) << "a notification, a request, a response";
  for (const auto& [frame, offers] : all) {
    EXPECT_EQ(applied(capture, offers.at("Ck relay")), frames_of(all)) << frame;
    EXPECT_EQ(applied(capture, offers.at("Ck association")), frames_of(all)) << frame;
  }
}

/// Exported PDUs have no packets of IP or TCP that a filter could find.
TEST(ConversationFilters, OfExportedPdusNameNoAssociation) {
  const TempFolder folder;
  const std::string exported = folder.path() / "out.pcapng";
  tshark({"-r", kSessionSample, "-U", "Ck", "-w", exported});
  const auto all = offered(exported);
  EXPECT_EQ(frames_of(all), (std::vector<unsigned>{1, 2, 3, 4}));
  for (const auto& [frame, offers] : all) {
    ASSERT_EQ(offers.size(), 1U) << frame;
    EXPECT_EQ(applied(exported, offers.at("Ck session")), (std::vector<unsigned>{1, 2, 3, 4})) << frame;
  }
}

}  // namespace
}  // namespace ck::plugin
