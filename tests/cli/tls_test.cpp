// TLS without its secrets on a named port, and exported PDUs: what the report says of them.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "cli/shut_tls.h"
#include "tool.h"

namespace ck::cli::test {
namespace {

/// A recording of OpenSSL peers; nothing decrypts it in memory.
samples::Buffer recorded(const std::string& name) {
  std::ifstream file(std::string(CK_CAPTURES) + "/tls/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Json::Value audited(const std::string& name, const std::string& port) {
  return run({"-f", "json", "--port", port, "a"}, {{"a", recorded(name)}}).json()["audits"][0];
}

TEST(OpaqueTls, IsListedOnANamedPortAndItsHandshakeJudged) {
  const Json::Value audit = audited("tls-1.2-no-client-certificate.pcapng", "51653");
  ASSERT_EQ(audit["connections"].size(), 1u);
  EXPECT_EQ(audit["connections"][0]["transport"], "tls");
  EXPECT_EQ(audit["connections"][0]["messages"], 0);
  EXPECT_EQ(audit["connections"][0]["first_frame"], 1);
  ASSERT_EQ(audit["findings"].size(), 1u);
  EXPECT_EQ(audit["findings"][0]["rule"], "no-client-certificate");
  EXPECT_EQ(audit["findings"][0]["frame"], 4);
}

/// A KM without a certificate is refused, by an alert and a RST, and comes back as often; RFC 5246, 7.2.2 and
/// 7.4.6. Whatever its pause, that is said of each of its connections.
TEST(OpaqueTls, ARefusedClientThatComesBackIsToldEachTime) {
  using samples::Buffer;
  const auto record = [](std::uint8_t type, Buffer bytes) {
    bytes.insert(bytes.begin(), {type, 3, 3, 0, static_cast<std::uint8_t>(bytes.size())});
    return bytes;
  };
  const auto hello = [](std::uint8_t type, std::uint8_t filler, const Buffer& rest) {
    Buffer bytes{type, 0, 0, static_cast<std::uint8_t>(34 + rest.size()), 3, 3};
    bytes.insert(bytes.end(), 32, filler);  // Random
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    return bytes;
  };
  const Buffer no_certificate{11, 0, 0, 3, 0, 0, 0}, hello_done{14, 0, 0, 0}, key_exchange{16, 0, 0, 1, 0};
  for (const std::int64_t pause_ms : {200, 3'000}) {
    samples::Recording recording;
    for (std::uint16_t port = 41'000; port < 41'004; ++port) {
      samples::TcpTalk talk{recording, {"10.41.0.11", port}, {"10.14.0.1", 9000}};
      talk.handshake();
      talk.client(record(22, hello(1, 7, {0, 0, 2, 0xC0, 0x2B, 1, 0})));
      talk.server(record(22, hello(2, 9, {0, 0xC0, 0x2B, 0})));
      talk.server(record(22, {13, 0, 0, 4, 1, 1, 0, 0}));  // CertificateRequest
      talk.server(record(22, hello_done));
      talk.client(record(22, no_certificate));
      talk.client(record(22, key_exchange));
      talk.client(record(20, {1}));
      talk.server(record(21, {2, 40}));
      talk.rst(samples::End::server);
      recording.wait_ms(pause_ms);
    }
    const Json::Value audit =
        run({"-f", "json", "--port", "9000", "a"}, {{"a", recording.pcap()}}).json()["audits"][0];
    EXPECT_EQ(audit["summary"]["rules"]["no-client-certificate"]["violated"], 4) << pause_ms;
    EXPECT_EQ(audit["summary"]["rules"]["obsolete-tls"]["checked"], 4) << pause_ms;
  }
}

TEST(OpaqueTls, AnObsoleteVersionIsSeenInClear) {
  const Json::Value audit = audited("tls-1.0.pcapng", "51651");
  ASSERT_EQ(audit["findings"].size(), 1u);
  EXPECT_EQ(audit["findings"][0]["rule"], "obsolete-tls");
  EXPECT_EQ(audit["findings"][0]["frame"], 4);
}

TEST(OpaqueTls, WhatCannotBeToldIsUndecidable) {
  const Json::Value newer = audited("tls-1.3-no-client-certificate.pcapng", "51656");
  EXPECT_EQ(newer["summary"]["rules"]["no-client-certificate"]["undecidable"], 1);
  EXPECT_EQ(newer["summary"]["rules"]["obsolete-tls"]["checked"], 1);
  const Json::Value resumed = audited("tls-1.2-resumed.pcapng", "51654");
  EXPECT_EQ(resumed["summary"]["rules"]["no-client-certificate"]["checked"], 1);
  EXPECT_EQ(resumed["summary"]["rules"]["no-client-certificate"]["undecidable"], 1);
  EXPECT_TRUE(resumed["findings"].empty());
}

TEST(OpaqueTls, ARenegotiationMayHaveShownTheCertificate) {
  for (const auto& [name, port] : {std::pair{"tls-1.2-renegotiated-certificate.pcapng", "51661"},
                                   {"tls-1.2-renegotiated.pcapng", "51666"}}) {
    const Json::Value audit = audited(name, port);
    EXPECT_TRUE(audit["findings"].empty()) << name;
    EXPECT_EQ(audit["summary"]["rules"]["no-client-certificate"]["undecidable"], 1) << name;
    EXPECT_EQ(audit["summary"]["rules"]["obsolete-tls"]["checked"], 1) << name;
  }
}

TEST(OpaqueTls, MayBeginBehindOtherBytes) {
  const Json::Value audit = audited("tls-1.3-behind-authentication.pcapng", "51661");
  ASSERT_EQ(audit["connections"].size(), 1u);
  EXPECT_EQ(audit["connections"][0]["transport"], "tls");
  EXPECT_EQ(audit["connections"][0]["skipped_bytes"], 10);  // "hello" in both directions
  EXPECT_EQ(audit["summary"]["rules"]["obsolete-tls"]["checked"], 1);
  EXPECT_TRUE(audit["findings"].empty());
}

TEST(OpaqueTls, IsNothingOfOursOnAnotherPort) {
  const Json::Value audit =
      run({"-f", "json", "a"}, {{"a", recorded("tls-1.2-no-client-certificate.pcapng")}}).json()["audits"][0];
  EXPECT_TRUE(audit["connections"].empty());
  EXPECT_TRUE(audit["findings"].empty());
  EXPECT_EQ(audit["diagnostics"]["undecoded_streams"], 1);
}

/// Without secrets TLS may hold Ck or not: that is no failure, but said.
TEST(OpaqueTls, IsNamedWithWhatWouldHelp) {
  const ToolRun tool = run({"a"}, {{"a", recorded("tls-1.3.pcapng")}});
  EXPECT_EQ(tool.status, 0);
  EXPECT_EQ(tool.out.rfind("NO CK SEEN", 0), 0u) << tool.out;
  EXPECT_NE(tool.out.find("1 TLS connection could not be decrypted: no secrets were given"),
            std::string::npos)
      << tool.out;
  for (const char* remedy : {"--tls-keylog FILE", "editcap --inject-secrets", "--port"})
    EXPECT_NE(tool.out.find(remedy), std::string::npos) << tool.out;
  const Json::Value facts = run({"-f", "json", "a"}, {{"a", recorded("tls-1.2-resumed.pcapng")}})
                                .json()["audits"][0]["diagnostics"];
  EXPECT_EQ(facts["undecrypted_connections"], 2);  // the second one resumes the first
  EXPECT_EQ(facts["undecrypted_reasons"]["no_secrets"], 2);
}

TEST(OpaqueTls, IsNotNamedWhereThereIsNone) {
  for (const samples::Buffer& capture : {clean_capture(), foreign_capture()}) {
    EXPECT_EQ(run({"a"}, {{"a", capture}}).out.find("TLS connection"), std::string::npos);
    const Json::Value facts = run({"-f", "json", "a"}, {{"a", capture}}).json()["audits"][0]["diagnostics"];
    EXPECT_EQ(facts["undecrypted_connections"], 0);
    EXPECT_FALSE(facts.isMember("undecrypted_reasons"));
  }
}

ShutConnections shut(std::uint64_t ours, std::uint64_t others) {
  ShutConnections out;
  out.ours[static_cast<std::size_t>(TlsShut::one_side)] = ours;
  out.others[static_cast<std::size_t>(TlsShut::no_secret)] = others;
  return out;
}

/// With a key log, TLS that stays shut leaves the audit in part only where it is known to be Ck's, or where
/// nothing else is.
TEST(ShutTls, IsAnErrorWhereItIsKnownToBeCks) {
  const ShutTls both = check_shut_tls(shut(1, 2), true, true);
  EXPECT_EQ(both.error.rfind("1 TLS connection could not be decrypted: the secrets of one side alone", 0),
            0u);
  EXPECT_EQ(
      both.passed_over.rfind("2 TLS connections could not be decrypted: the secrets that were given", 0), 0u);
  EXPECT_EQ(both.counts.at("one_side"), 1u);
  EXPECT_EQ(both.counts.at("no_secret"), 2u);
  EXPECT_EQ(check_shut_tls(shut(0, 2), true, true).error, "");
  EXPECT_NE(check_shut_tls(shut(0, 2), true, false).error, "");
  EXPECT_EQ(check_shut_tls(shut(0, 2), true, false).passed_over, "");
  EXPECT_EQ(check_shut_tls(shut(1, 2), false, false).error, "");
  EXPECT_EQ(check_shut_tls(shut(0, 0), true, false).error, "");
}

void put32(samples::Buffer& to, std::uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) to.push_back(static_cast<std::uint8_t>(value >> shift));
}

/// A pcap of link type 252 with one PDU for the dissector "ck": a 0x1403 from 10.0.0.1:4096 to 10.0.0.2:8193.
samples::Buffer exported() {
  const std::string payload = R"({"Source KMA ID":"A","Destination KMA ID":"B"})";
  samples::Buffer pdu = {0,
                         12,
                         0,
                         4,
                         'c',
                         'k',
                         0,
                         0,  // dissector
                         0,
                         20,
                         0,
                         4,
                         10,
                         0,
                         0,
                         1,
                         0,
                         21,
                         0,
                         4,
                         10,
                         0,
                         0,
                         2,  // addresses
                         0,
                         24,
                         0,
                         4,
                         0,
                         0,
                         0,
                         2,
                         0,
                         25,
                         0,
                         4,
                         0,
                         0,
                         16,
                         0,  // port type, source port
                         0,
                         26,
                         0,
                         4,
                         0,
                         0,
                         32,
                         1,
                         0,
                         30,
                         0,
                         4,
                         0,
                         0,
                         0,
                         9,  // destination port, frame
                         0,
                         0,
                         0,
                         0,
                         0,
                         1,
                         0,
                         0,
                         0,
                         7,
                         0x14,
                         3,
                         0,  // end, header
                         static_cast<std::uint8_t>(payload.size())};
  pdu.insert(pdu.end(), payload.begin(), payload.end());
  samples::Buffer file;
  for (const std::uint32_t word : {0xA1B2C3D4u, 0x00020004u, 0u, 0u, 65535u, 252u, 1700000000u, 0u})
    put32(file, word);
  put32(file, static_cast<std::uint32_t>(pdu.size()));
  put32(file, static_cast<std::uint32_t>(pdu.size()));
  file.insert(file.end(), pdu.begin(), pdu.end());
  return file;
}

TEST(ExportedPdus, AreAConnectionOfWhichNotAllIsKnown) {
  const ToolRun tool = run({"-f", "json", "--messages", "a"}, {{"a", exported()}});
  EXPECT_EQ(tool.status, 0);
  const Json::Value audit = tool.json()["audits"][0];
  EXPECT_TRUE(audit["captures"][0]["error"].isNull());
  ASSERT_EQ(audit["connections"].size(), 1u);
  EXPECT_EQ(audit["connections"][0]["transport"], "exported-pdu");
  EXPECT_EQ(audit["connections"][0]["km"], "10.0.0.1:4096");
  EXPECT_EQ(audit["connections"][0]["controller"], "10.0.0.2:8193");
  ASSERT_EQ(audit["messages"].size(), 1u);
  EXPECT_EQ(audit["messages"][0]["frame"], 1);
  EXPECT_EQ(audit["messages"][0]["message_id"], 7);
  EXPECT_TRUE(audit["findings"].empty());
  EXPECT_EQ(audit["summary"]["rules"]["plaintext-transport"]["undecidable"], 1);
}

TEST(TlsKeylog, MustBeAFileThatCanBeRead) {
  const ToolRun missing = run({"--tls-keylog", "none", "a"}, {{"a", clean_capture()}});
  EXPECT_EQ(missing.status, 2);
  EXPECT_NE(missing.err.find("none"), std::string::npos) << missing.err;
  EXPECT_EQ(run({"--tls-keylog", "-", "a"}, {{"a", clean_capture()}}).status, 2);
}

TEST(TlsKeylog, WhatCannotBeDecryptedIsNotReadToItsEnd) {
  const ToolRun tool =
      run({"-f", "json", "--tls-keylog", "keys", "a"}, {{"a", clean_capture()}, {"keys", {}}});
  EXPECT_EQ(tool.status, 3);
  EXPECT_EQ(tool.json()["audits"][0]["captures"][0]["messages"], 3);
}

/// Any file can be given by mistake; one without a secret is as good as none.
TEST(TlsKeylog, WithoutASecretIsSaid) {
  const auto note = [](const std::string& text, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"--tls-keylog", "keys", "a"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const std::string err = run(arguments, {{"a", foreign_capture()}, {"keys", samples::to_bytes(text)}}).err;
    return err.find("ck-audit: keys: no line of it is a TLS secret") != std::string::npos &&
           err.find("CLIENT_RANDOM, 64 hexadecimal digits") != std::string::npos;
  };
  const std::string random(64, 'a'), secret(96, '0');
  EXPECT_TRUE(note(""));
  EXPECT_TRUE(note("# a comment\n\nssl.key = 12\nclient_random 12 34\nCLIENT_RANDOM\nCLIENT_RANDOM 12\n"));
  EXPECT_TRUE(note("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n"));
  EXPECT_FALSE(note("", {"-q"}));
  EXPECT_FALSE(note("# a comment\r\nCLIENT_RANDOM " + random + " " + secret + "\r\n"));
  EXPECT_FALSE(note("\xEF\xBB\xBFSERVER_TRAFFIC_SECRET_0 " + random + " " + secret))
      << "without a last newline";
  EXPECT_FALSE(note("x\nRSA 0123456789abcdef " + secret));
  EXPECT_FALSE(note("RSA Session-ID:" + random + " Master-Key:" + secret));
  EXPECT_FALSE(
      note(std::string(100'000, 'x') + "\nEXPORTER_SECRET " + random + " " + std::string(5000, 'f')));
}

/// What is wrong with a merged timeline is no capture's, not the first one's either.
TEST(TlsKeylog, OfAMergedTimelineNoSingleCaptureIsBlamed) {
  const Files files{{"a", clean_capture()}, {"b", foreign_capture()}, {"keys", {}}};
  const ToolRun tool = run({"--merge", "--tls-keylog", "keys", "-f", "json=j", "-f", "sarif=s", "-f",
                            "html=h", "-f", "text", "a", "b"},
                           files);
  EXPECT_EQ(tool.status, 3);
  EXPECT_NE(tool.err.find("ck-audit: 2 captures merged: TLS of a capture in memory"), std::string::npos)
      << tool.err;
  EXPECT_EQ(tool.err.find("a: "), std::string::npos) << tool.err;
  EXPECT_NE(tool.out.find("\n  not read whole: 2 captures merged: TLS of a"), std::string::npos) << tool.out;
  EXPECT_EQ(tool.out.find("not read to its end"), std::string::npos) << tool.out;
  EXPECT_NE(tool.written.at("j").find("\"error\":\"2 captures merged: TLS of a"), std::string::npos);
  const std::string& sarif = tool.written.at("s");
  const std::size_t told = sarif.find("2 captures merged: TLS");
  ASSERT_NE(told, std::string::npos);
  EXPECT_EQ(sarif.find("\"locations\"", told), std::string::npos) << "of the notification";
  EXPECT_EQ(tool.written.at("h").find("class=\"trouble\""), std::string::npos);
  EXPECT_NE(run({"--tls-keylog", "keys", "a"}, files).err.find("ck-audit: a: TLS of a capture"),
            std::string::npos)
      << "one capture is named";
}

}  // namespace
}  // namespace ck::cli::test
