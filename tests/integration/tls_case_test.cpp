// TLS on ports that Wireshark gives to others and behind greetings, and secrets that fit in part: recorded
// from OpenSSL's peers (captures/record). What is right was counted from what the peers were told to say.
#include <gtest/gtest.h>

#include <json/json.h>

#include <map>
#include <memory>

#include "decryption.h"

namespace ck::integration {
namespace {

samples::Sample case_of(const std::string& name) {
  samples::Sample sample;
  sample.path = "cases/" + name;
  return sample;
}

struct Report {
  int status = -1;
  std::string errors;
  Json::Value audit;
};

Report report_of(const Decryption& decryption, std::vector<std::string> options) {
  options.insert(options.begin(), {"-f", "json", "--messages"});
  const ProgramResult outcome = decryption.audit_outcome(options);
  Report out{outcome.status, outcome.errors, {}};
  Json::Value document;
  const std::unique_ptr<Json::CharReader> reader(Json::CharReaderBuilder().newCharReader());
  std::string trouble;
  const std::string& text = outcome.output;
  EXPECT_TRUE(reader->parse(text.data(), text.data() + text.size(), &document, &trouble)) << trouble;
  out.audit = document["audits"][0];
  return out;
}

Report report_of(const std::string& name) {
  const Decryption decryption(case_of(name));
  return report_of(decryption, {decryption.capture()});
}

/// By the controller's port: how many messages, how many bytes before TLS.
std::map<std::string, std::pair<int, int>> connections(const Report& report) {
  std::map<std::string, std::pair<int, int>> out;
  for (const Json::Value& one : report.audit["connections"]) {
    EXPECT_EQ(one["transport"], "tls");
    const std::string controller = one["controller"].asString();
    auto& [messages, skipped] = out[controller.substr(controller.rfind(':') + 1)];
    messages += one["messages"].asInt();
    skipped += one["skipped_bytes"].asInt();
  }
  return out;
}

/// A relay each: three messages. The bytes before are those of tls_greetings.py.
TEST(TlsCaseParityTest, GreetingsAndPortsOfOthersHideNothing) {
  const Report report = report_of("tls-greetings.pcapng");
  EXPECT_EQ(report.status, 0) << report.errors;
  EXPECT_EQ(connections(report),
            (std::map<std::string, std::pair<int, int>>{{"8080", {3, 41 + 39}},
                                                        {"25", {3, 14 + 8 + 22 + 10 + 14}},
                                                        {"143", {3, 9 + 12 + 12}},
                                                        {"5222", {3, 85 + 82 + 51 + 50}},
                                                        {"5432", {3, 8 + 1}},
                                                        {"9092", {3, 43}},
                                                        {"6000", {3, 28}},
                                                        {"5000", {3, 5 + 3}},
                                                        {"1883", {3, 4 + 2}}}));
  EXPECT_EQ(report.audit["findings"].size(), 0u) << report.audit["findings"];
  EXPECT_EQ(report.audit["diagnostics"]["undecrypted_connections"], 0);
}

/// Port 5000 is RSL's in Wireshark. One 0x1401 in frame 10, answered in frame 13.
TEST(TlsCaseParityTest, TlsPort5000) {
  const Report report = report_of("tls-port-5000.pcapng");
  EXPECT_EQ(report.status, 0) << report.errors;
  ASSERT_EQ(report.audit["messages"].size(), 2u);
  EXPECT_EQ(report.audit["messages"][0]["frame"], 10);
  EXPECT_EQ(report.audit["messages"][0]["command"], "0x1401");
  EXPECT_EQ(report.audit["messages"][1]["frame"], 13);
  EXPECT_EQ(report.audit["messages"][1]["paired_with"], 10);
  EXPECT_EQ(report.audit["findings"].size(), 0u);
}

/// The object of frame 17 is not closed. What shows that nothing more of it comes is the answer in frame 19,
/// by when Wireshark has handed its record over.
TEST(TlsCaseParityTest, AnUnclosedPayloadIsAMessageOfTheFrameThatItCameIn) {
  const Decryption decryption(case_of("tls-unclosed-payload.pcapng"));
  const Report report = report_of(decryption, {decryption.capture()});
  EXPECT_EQ(report.status, 1) << report.errors;
  ASSERT_EQ(report.audit["messages"].size(), 9u);
  EXPECT_EQ(report.audit["messages"][2]["frame"], 17);
  EXPECT_EQ(report.audit["messages"][2]["message_id"], 2);
  EXPECT_EQ(report.audit["messages"][3]["frame"], 19);
  EXPECT_EQ(report.audit["messages"][3]["paired_with"], 17);
  EXPECT_EQ(report.audit["messages"][4]["frame"], 21);
  EXPECT_EQ(report.audit["messages"][4]["message_id"], 3);
  ASSERT_EQ(report.audit["findings"].size(), 1u) << report.audit["findings"];
  EXPECT_EQ(report.audit["findings"][0]["rule"], "malformed-payload");
  EXPECT_EQ(report.audit["findings"][0]["frame"], 17);
  const Account plugin = decryption.dissected({}, decryption.capture());
  const Account audit = decryption.audited({}, decryption.capture());
  EXPECT_EQ(plugin, audit) << "plugin:\n" << plugin << "ck-audit:\n" << audit;
}

/// The key log holds no CLIENT_TRAFFIC_SECRET_0: the request stays shut, and its answer is nobody's fault.
TEST(TlsCaseParityTest, TlsOneSideOnly) {
  const Decryption decryption(case_of("tls-one-side-only.pcap"));
  const std::string keys = decryption.write("keys", read_file(CK_CAPTURES "/cases/a-noclient.keys"));
  const Report report = report_of(decryption, {"--tls-keylog", keys, decryption.capture()});
  EXPECT_EQ(report.status, 3);
  EXPECT_NE(report.errors.find("one direction stayed shut"), std::string::npos) << report.errors;
  EXPECT_EQ(report.audit["diagnostics"]["undecrypted_reasons"]["one_side"], 1);
  ASSERT_EQ(report.audit["messages"].size(), 1u);
  EXPECT_EQ(report.audit["messages"][0]["frame"], 9);
  EXPECT_EQ(report.audit["findings"].size(), 0u) << report.audit["findings"];
  EXPECT_EQ(report.audit["summary"]["rules"]["unsolicited-response"]["undecidable"], 1);
}

/// Three connections to one server, of which the key log has two: the third is known to be Ck's.
TEST(TlsCaseParityTest, AConnectionToCksServerThatStaysShutIsAnError) {
  const Report report = report_of("tls-two-of-three.pcapng");
  EXPECT_EQ(report.status, 3);
  EXPECT_NE(report.errors.find("1 TLS connection could not be decrypted"), std::string::npos)
      << report.errors;
  EXPECT_EQ(report.audit["messages"].size(), 6u);
  EXPECT_EQ(report.audit["diagnostics"]["undecrypted_reasons"]["no_secret"], 1);
}

/// TLS with another server may be anything: it is counted.
TEST(TlsCaseParityTest, OtherTlsThatStaysShutIsCounted) {
  const Report report = report_of("tls-other-shut.pcapng");
  EXPECT_EQ(report.status, 0) << report.errors;
  EXPECT_EQ(report.audit["messages"].size(), 3u);
  EXPECT_EQ(report.audit["diagnostics"]["undecrypted_connections"], 1);
}

/// `capture` without its packets up to `first`, or behind it.
std::string part(std::string capture, std::size_t first, bool behind) {
  constexpr std::size_t kEnhancedPacket = 6;
  for (std::size_t at = 0, seen = 0; at < capture.size();) {
    const std::size_t size = little_endian(capture, at + 4);
    if (little_endian(capture, at) == kEnhancedPacket && (++seen > first) != behind) {
      capture.erase(at, size);
    } else {
      at += size;
    }
  }
  return capture;
}

/// A ring of files may cut a connection anywhere; merged, it is whole. The second half alone can never be
/// read.
TEST(TlsCaseParityTest, ConnectionsGoOnInTheNextFile) {
  const Decryption decryption(case_of("tls-port-5000.pcapng"));
  const std::string whole = read_file(decryption.capture());
  for (const std::size_t cut : {4u, 6u, 9u, 12u}) {
    const std::string first = decryption.write("first.pcapng", part(whole, cut, false));
    const std::string second = decryption.write("second.pcapng", without_secrets(part(whole, cut, true)));
    const Report report = report_of(decryption, {"--merge", first, second});
    EXPECT_EQ(report.status, 0) << report.errors;
    EXPECT_EQ(report.audit["messages"].size(), 2u) << cut;
    EXPECT_EQ(report.audit["findings"].size(), 0u) << cut;
  }
  const std::string keys = decryption.write("keys", "\xEF\xBB\xBF" + secrets_of(whole));
  const std::string late = decryption.write("late.pcapng", without_secrets(part(whole, 9, true)));
  const Report report = report_of(decryption, {"--tls-keylog", keys, late});
  EXPECT_EQ(report.status, 3);
  EXPECT_NE(report.errors.find("the handshake was not captured whole"), std::string::npos) << report.errors;
  const std::string bare = decryption.write("bare.pcapng", without_secrets(whole));
  EXPECT_EQ(report_of(decryption, {"--tls-keylog", keys, bare}).status, 0)
      << "a byte order mark hides no key";
}

/// What is said of a capture in cases/, one line a message or finding, and of its only connection.
struct Said {
  std::vector<std::string> messages, findings;
  int skipped = 0;
  friend bool operator==(const Said&, const Said&) = default;
};

std::ostream& operator<<(std::ostream& out, const Said& said) {
  for (const auto* lines : {&said.messages, &said.findings})
    for (const std::string& line : *lines) out << line << "; ";
  return out << said.skipped << " skipped";
}

/// By ck-audit, when the plugin says the same.
Said said_by_both(const Decryption& decryption, const std::string& capture) {
  Account plugin = decryption.dissected({}, capture), audit = decryption.audited({}, capture);
  // What the report says of a stream's bytes stands in the plugin's tree of the frame, whatever message is
  // there.
  for (Account* account : {&plugin, &audit}) {
    decltype(account->findings) by_frame;
    for (auto [rule, severity, text, told, ends] : account->findings)
      by_frame.emplace(rule, severity, text, Told{std::get<0>(told), "", 0}, ends);
    account->findings = std::move(by_frame);
  }
  EXPECT_EQ(plugin, audit) << "plugin:\n" << plugin << "ck-audit:\n" << audit;
  const Report report = report_of(decryption, {capture});
  Said out;
  for (const Json::Value& one : report.audit["messages"])
    out.messages.push_back(one["frame"].asString() + " " + one["command"].asString());
  for (const Json::Value& one : report.audit["findings"])
    out.findings.push_back(one["frame"].asString() + " " + one["rule"].asString());
  out.skipped = report.audit["connections"][0]["skipped_bytes"].asInt();
  return out;
}

Said said_by_both(const std::string& name) {
  const Decryption decryption(case_of(name));
  return said_by_both(decryption, decryption.capture());
}

/// Before its first message the controller says "HELLO\r\n", 7 bytes, or a line of 24.
TEST(TlsCaseParityTest, AGreetingBeforeItsSendersFirstMessageIsSkipped) {
  EXPECT_EQ(said_by_both("tls-controllers-greeting.pcapng"), (Said{{"11 0x410A", "13 0x140B"}, {}, 7}));
  EXPECT_EQ(said_by_both("tls-1.2-controllers-greeting.pcapng"),
            (Said{{"11 0x410A", "13 0x140B", "14 0x1401", "16 0x4102"}, {}, 24}));
}

/// Frame 13 answers something in the KM's 46 bytes of frame 10, which cannot be read, or nothing.
TEST(TlsCaseParityTest, BytesBeforeRecognitionMayHoldTheRequestOfAnAnswer) {
  EXPECT_EQ(said_by_both("tls-unread-request.pcapng"),
            (Said{{"13 0x4102", "15 0x1401", "16 0x4102"}, {}, 46}));
}

/// The 0x1406 of frame 15 holds `{"x`, and is complete by its Length. The header and the payload of the next
/// message, and of those that a line feed follows, are a record each.
TEST(TlsCaseParityTest, AMessageInTwoRecordsBehindOneThatWaitsIsOne) {
  EXPECT_EQ(said_by_both("tls-unclosed-then-two-records.pcapng"),
            (Said{{"9 0x1401", "13 0x4102", "15 0x1406", "18 0x1401", "19 0x4102", "20 0x1401", "21 0x4102"},
                  {"15 malformed-payload", "15 unanswered-request"},
                  0}));
  EXPECT_EQ(said_by_both("tls-line-feed-then-two-records.pcapng"),
            (Said{{"9 0x1401", "13 0x4102", "16 0x1401", "18 0x4102", "20 0x1401", "22 0x4102", "23 0x1401",
                   "24 0x4102"},
                  {"16 malformed-frame"},
                  0}));
}

/// The last message, of which 36 bytes came, lacks its last byte. A capture that ends before the close of
/// frame 21 leaves open whether that byte comes.
TEST(TlsCaseParityTest, AMessageThatTheCloseCutsOffIsTruncated) {
  const Decryption decryption(case_of("tls-message-cut-off.pcapng"));
  const std::vector<std::string> messages{"9 0x1401", "13 0x4102"};
  EXPECT_EQ(said_by_both(decryption, decryption.capture()), (Said{messages, {"21 truncated-message"}, 36}));
  const std::string open = decryption.write("open.pcapng", part(read_file(decryption.capture()), 20, false));
  const Said said = said_by_both(decryption, open);
  EXPECT_EQ(said.messages, messages);
  EXPECT_EQ(said.findings, std::vector<std::string>{});
}

}  // namespace
}  // namespace ck::integration
