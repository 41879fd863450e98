// Ck under TLS: ck-audit, which has tshark decrypt, says what was typed by hand, and what the plugin says.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "decryption.h"
#include "tshark.h"

namespace ck::integration {
namespace {

using samples::Sample;

std::vector<Sample> encrypted_samples() {
  std::vector<Sample> out;
  for (Sample& sample : samples::all_samples()) {
    if (sample.encrypted && !sample.grpc) out.push_back(std::move(sample));
  }
  return out;
}

std::multiset<std::pair<std::uint64_t, std::uint64_t>> expected_pairs(const Sample& sample) {
  std::multiset<std::pair<std::uint64_t, std::uint64_t>> out;
  for (const samples::Pair& pair : *sample.expected.pairs) out.emplace(pair.response, pair.request);
  return out;
}

class TlsParityTest : public testing::TestWithParam<Sample> {};

TEST_P(TlsParityTest, EmbeddedSecretsServeWithoutAnOption) {
  const Decryption decryption(GetParam());
  const Seen seen = decryption.audit(GetParam(), decryption.capture());
  ASSERT_EQ(seen.trouble, "");
  EXPECT_EQ(seen.status, 0);
  EXPECT_EQ(seen.messages.size(), GetParam().expected.messages);
  EXPECT_EQ(seen.findings, expected_findings(GetParam()));
  EXPECT_EQ(seen.pairs, expected_pairs(GetParam()));
  ASSERT_EQ(seen.procedures.size(), GetParam().expected.procedures->size());
  auto found = seen.procedures.begin();
  for (const samples::Procedure& expected : *GetParam().expected.procedures) {
    EXPECT_EQ(found->second.kind, expected.kind);
    EXPECT_EQ(found->second.state, expected.state);
    EXPECT_EQ(found->second.frames, expected.frames);
    ++found;
  }
}

TEST_P(TlsParityTest, BothFacesSayTheSameWithEmbeddedSecrets) {
  const Decryption decryption(GetParam());
  const Account plugin = decryption.dissected({}, decryption.capture());
  const Account audit = decryption.audited({}, decryption.capture());
  ASSERT_EQ(audit.trouble + plugin.trouble, "");
  EXPECT_EQ(audit.messages.size(), GetParam().expected.messages);
  EXPECT_EQ(plugin, audit) << "plugin:\n" << plugin << "ck-audit:\n" << audit;
}

TEST_P(TlsParityTest, BothFacesSayTheSameWithAKeyLog) {
  const Decryption decryption(GetParam());
  const std::string whole = read_file(decryption.capture());
  const std::string keys = decryption.write("keys", secrets_of(whole));
  const std::string bare = decryption.write("bare.pcapng", without_secrets(whole));
  const Account plugin = decryption.dissected({"-o", "tls.keylog_file:" + keys}, bare);
  const Account audit = decryption.audited({"--tls-keylog", keys}, bare);
  ASSERT_EQ(audit.trouble + plugin.trouble, "");
  EXPECT_EQ(plugin, audit) << "plugin:\n" << plugin << "ck-audit:\n" << audit;
  EXPECT_EQ(audit, decryption.audited({}, decryption.capture())) << "embedded secrets say something else";
}

/// What the tap exports is a capture of its own: no longer of TLS, and of no connection's start.
TEST_P(TlsParityTest, ExportedPdusAreRead) {
  const Decryption decryption(GetParam());
  const std::string exported = decryption.file("exported.pcapng");
  const ProgramResult outcome =
      decryption.tshark({"-2", "-r", decryption.capture(), "-U", "Ck", "-w", exported});
  ASSERT_EQ(outcome.status, 0) << outcome.errors;
  const Seen seen = decryption.audit(GetParam(), exported);
  ASSERT_EQ(seen.trouble, "");
  EXPECT_EQ(seen.status, 0);
  EXPECT_TRUE(seen.findings.empty()) << text(seen.findings);
  ASSERT_EQ(seen.messages.size(), GetParam().expected.messages);
  std::uint64_t frame = 0;
  for (const auto& message : seen.messages) EXPECT_EQ(std::get<0>(message), ++frame);
}

/// A capture that misses a packet is not a peer's fault, wherever that packet stood: behind a hole, TLS may
/// not be decrypted any more.
TEST_P(TlsParityTest, AMissingPacketIsNobodysFault) {
  const std::string whole = read_file(path_of(GetParam()));
  for (const samples::Pair& pair : *GetParam().expected.pairs) {
    const Decryption decryption(GetParam());
    const std::string gap = decryption.write("gap.pcapng", without_packet(whole, pair.request));
    const Account plugin = decryption.dissected({}, gap), audit = decryption.audited({}, gap);
    ASSERT_EQ(audit.trouble + plugin.trouble, "");
    EXPECT_EQ(plugin.messages, audit.messages) << "plugin:\n" << plugin << "ck-audit:\n" << audit;
    EXPECT_EQ(plugin.procedures, audit.procedures) << "plugin:\n" << plugin << "ck-audit:\n" << audit;
    for (const Account* face : {&plugin, &audit}) {
      for (const auto& finding : face->findings) {
        if (std::get<1>(finding) == "note") continue;
        EXPECT_EQ(GetParam().expected.findings.size(), 1u) << *face;
        for (const samples::Found& found : GetParam().expected.findings) {
          EXPECT_EQ(std::get<0>(finding), found.rule) << *face;
        }
      }
    }
  }
}

/// Segments behind the hole wait for a second, or for the connection's end: what they bring is decrypted as
/// of the packet that ended their waiting, and told as of it.
TEST(TlsParityTest, WhatWaitedBehindAHoleIsReadAllTheSame) {
  samples::Sample sample;
  sample.path = "tls/tls-1.3-hello-retry-request.pcapng";
  const Decryption decryption(sample);
  const std::string whole = read_file(decryption.capture());
  for (const auto& [packet, messages] : {std::pair<std::size_t, std::size_t>{8, 3}, {11, 1}}) {
    const Account audit =
        decryption.audited({}, decryption.write("gap.pcapng", without_packet(whole, packet)));
    EXPECT_EQ(audit.messages.size(), messages) << packet << audit;
  }
}

/// `capture` with its n-th packet twice.
std::string with_packet_twice(std::string capture, std::uint64_t packet) {
  constexpr std::size_t kEnhancedPacket = 6;
  for (std::size_t at = 0, seen = 0; at < capture.size(); at += little_endian(capture, at + 4)) {
    if (little_endian(capture, at) == kEnhancedPacket && ++seen == packet)
      return capture.insert(at, capture.substr(at, little_endian(capture, at + 4)));
  }
  throw std::out_of_range("no such packet");
}

/// From 4.4 on Wireshark may keep bytes back where others come twice, which under TLS nobody else can read:
/// they may have held a client's certificate, so the plugin then leaves open what ck-audit, which gives its
/// tshark the TLS alone and in order, has seen to the end.
TEST_P(TlsParityTest, APacketThatComesTwiceIsNobodysFault) {
  const std::string whole = read_file(path_of(GetParam()));
  for (const samples::Pair& pair : *GetParam().expected.pairs) {
    const Decryption decryption(GetParam());
    const std::string twice = decryption.write("twice.pcapng", with_packet_twice(whole, pair.request));
    const Account plugin = decryption.dissected({}, twice), audit = decryption.audited({}, twice);
    ASSERT_EQ(audit.trouble + plugin.trouble, "");
    EXPECT_EQ(plugin.messages.size(), GetParam().expected.messages) << plugin;
    if (hands_over_everything()) {
      EXPECT_EQ(plugin.findings, audit.findings) << "plugin:\n" << plugin << "ck-audit:\n" << audit;
    } else {
      EXPECT_TRUE(std::includes(audit.findings.begin(), audit.findings.end(), plugin.findings.begin(),
                                plugin.findings.end()))
          << "plugin:\n"
          << plugin << "ck-audit:\n"
          << audit;
    }
    for (const auto& finding : audit.findings) {
      EXPECT_EQ(GetParam().expected.findings.size(), 1u) << audit;
      for (const samples::Found& found : GetParam().expected.findings)
        EXPECT_EQ(std::get<0>(finding), found.rule) << audit;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Captures, TlsParityTest, testing::ValuesIn(encrypted_samples()), sample_test_name);

/// The last bytes of both sides and the server's end are not captured, the client's FIN is: what it follows
/// may have been a certificate.
TEST(TlsParityTest, AHoleThatNothingButTheEndFollowsIsTold) {
  for (Sample& sample : encrypted_samples()) {
    if (sample.path != "tls/tls-1.2-no-client-certificate.pcapng") continue;
    const Decryption decryption(sample);
    std::string cut = read_file(decryption.capture());
    for (const std::uint64_t packet : {16u, 13u, 12u, 11u}) cut = without_packet(cut, packet);
    const std::string path = decryption.write("cut.pcapng", cut);
    const Account plugin = decryption.dissected({}, path), audit = decryption.audited({}, path);
    ASSERT_EQ(audit.trouble + plugin.trouble, "");
    EXPECT_EQ(plugin.findings, audit.findings) << "plugin:\n" << plugin << "ck-audit:\n" << audit;
    ASSERT_EQ(audit.findings.size(), 1u) << audit;
    EXPECT_EQ(std::get<0>(*audit.findings.begin()), "capture-gap") << audit;
  }
}

/// The client shows its certificate after the handshake. Wireshark 4.0 cannot decrypt what the client says
/// after that: then the controller's 0x4104 is answered, for all that is known.
TEST(TlsParityTest, APostHandshakeCertificateCountsAndWhatStaysHiddenIsNobodysFault) {
  Sample sample;
  sample.path = "../tests/integration/tls-1.3-post-handshake-certificate.pcapng";
  const Decryption decryption(sample);
  const Account plugin = decryption.dissected({}, decryption.capture());
  const Account audit = decryption.audited({}, decryption.capture());
  ASSERT_EQ(audit.trouble + plugin.trouble, "");
  EXPECT_EQ(plugin, audit) << "plugin:\n" << plugin << "ck-audit:\n" << audit;
  EXPECT_EQ(audit.messages.count({{9, "0x1403", 1}, audit.messages.begin()->second}), 1u);
  EXPECT_EQ(audit.messages.count({{11, "0x4104", 1}, audit.messages.begin()->second}), 1u);
  EXPECT_TRUE(audit.findings.empty()) << audit;
}

TEST(TlsParityTest, SecretsOfOthersAreNamedAsSuch) {
  const Sample sample = encrypted_samples().front();
  const Decryption decryption(sample);
  const std::string bare = decryption.write("bare.pcapng", without_secrets(read_file(decryption.capture())));
  std::string line(1'000'000, 'a');
  for (const std::string& text : {secrets_of(read_file(path_of(encrypted_samples().back()))), std::string(),
                                  "CLIENT_RANDOM " + line + " " + line + "\n", std::string(100'000, '\0')}) {
    const ProgramResult outcome =
        decryption.audit_outcome({"-q", "--tls-keylog", decryption.write("keys", text), bare});
    EXPECT_EQ(outcome.status, 3);
    EXPECT_NE(outcome.errors.find("the secrets that were given hold none for it"), std::string::npos)
        << outcome.errors;
  }
}

TEST(TlsParityTest, ATsharkWithoutThePluginIsNamedWithTheRemedy) {
  const Sample sample = encrypted_samples().front();
  const Decryption decryption(sample);
  std::filesystem::remove(decryption.plugin());
  const ProgramResult outcome = decryption.audit_outcome({"-q", decryption.capture()});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_NE(outcome.errors.find("tshark does not load the Ck plugin; install it"), std::string::npos)
      << outcome.errors;
}

TEST(TlsParityTest, AKeyLogServesAndItsAbsenceHidesEverything) {
  const Sample sample = encrypted_samples().front();
  const Decryption decryption(sample);
  const std::string whole = read_file(decryption.capture());
  const std::string keys = decryption.write("keys", secrets_of(whole));
  const std::string bare = decryption.write("bare.pcapng", without_secrets(whole));
  EXPECT_TRUE(decryption.audit(sample, bare).messages.empty());
  Sample with_keys = sample;
  with_keys.options = {"--tls-keylog", keys};
  const Seen seen = decryption.audit(with_keys, bare);
  EXPECT_EQ(seen.messages.size(), sample.expected.messages);
  EXPECT_EQ(seen.findings, expected_findings(sample));
}

}  // namespace
}  // namespace ck::integration
