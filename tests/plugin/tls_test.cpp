// Ck in TLS, between real peers (Python's ssl over OpenSSL, and openssl's own tools for pre-shared keys),
// with the secrets in the files: recognised by content and on a named port, and the rules on TLS.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "tshark.h"

namespace ck::plugin {
namespace {

samples::Buffer recording(const std::string& name) {
  std::ifstream in(CK_TLS_FOLDER "/" + name + ".pcapng", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_FALSE(text.empty()) << name;
  return {text.begin(), text.end()};
}

/// What the peers said, in order: the notification, the request, the response.
const std::vector<std::string> kStory{"0x1403", "0x4104", "0x1405"};

std::vector<std::string> commands(const std::string& name, const std::vector<std::string>& more = {}) {
  std::vector<std::string> options{"-Y", "ck.command"};
  options.insert(options.end(), more.begin(), more.end());
  std::vector<std::string> found;
  for (const auto& row : tshark_fields(recording(name), {"ck.command"}, options)) found.push_back(row[0]);
  return found;
}

TEST(Tls, DecryptedCkIsFoundByItsContent) {
  for (const char* name :
       {"tls-1.0", "tls-1.2", "tls-1.3", "tls-1.2-pre-shared-key", "tls-1.3-pre-shared-key"})
    EXPECT_EQ(commands(name), kStory) << name;
}

TEST(Tls, DecryptedCkIsFoundOnANamedPort) {
  for (const char* name : {"tls-1.2", "tls-1.3"}) {
    // The server's port, from its SYN-ACK.
    const std::string port = tshark_fields(recording(name), {"tcp.srcport"})[1][0];
    const std::vector<std::string> blind{"-o", "ck.heuristics:FALSE"};
    EXPECT_TRUE(commands(name, blind).empty()) << name;
    EXPECT_EQ(commands(name, {"-o", "ck.heuristics:FALSE", "-o", "ck.tls.port:" + port}), kStory) << name;
  }
}

using Findings = std::vector<std::vector<std::string>>;

TEST(Tls, RulesAreJudgedAtTheClientHello) {
  // In each, frames 1 to 3 open the connection and frame 4 is the ClientHello.
  const Findings none, obsolete{{"4", "obsolete-tls"}}, anonymous{{"4", "no-client-certificate"}};
  const std::pair<const char*, Findings> expected[] = {{"tls-1.0", obsolete},
                                                       {"tls-1.2", none},
                                                       {"tls-1.3", none},
                                                       {"tls-1.2-no-client-certificate", anonymous},
                                                       {"tls-1.3-no-client-certificate", anonymous},
                                                       {"tls-1.2-pre-shared-key", none},
                                                       {"tls-1.3-pre-shared-key", none},
                                                       {"tls-1.2-resumed", none},
                                                       {"tls-1.3-resumed", none}};
  for (const auto& [name, findings] : expected) {
    std::vector<std::string> options = as_ck_audit();
    options.insert(options.end(), {"-Y", "ck.violation"});
    EXPECT_EQ(tshark_fields(recording(name), {"frame.number", "ck.violation"}, options), findings) << name;
  }
}

/// The recording without the secrets that it embeds.
samples::Buffer opaque(const std::string& name) {
  constexpr std::uint32_t kDecryptionSecrets = 10;
  const samples::Buffer all = recording(name);
  samples::Buffer rest;
  for (std::size_t at = 0; at + 8 <= all.size();) {
    std::uint32_t block[2];  // type and length, written by this kind of machine
    std::memcpy(block, &all[at], sizeof block);
    if (block[1] < 12 || block[1] > all.size() - at) break;
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(at);
    if (block[0] != kDecryptionSecrets) rest.insert(rest.end(), begin, begin + block[1]);
    at += block[1];
  }
  return rest;
}

TEST(Tls, HandshakesAreJudgedOnANamedPortWithoutSecrets) {
  const Findings none, obsolete{{"4", "obsolete-tls"}}, anonymous{{"4", "no-client-certificate"}};
  // TLS 1.3 hides who shows a certificate, and so does what follows a handshake of TLS 1.2.
  const std::pair<const char*, Findings> expected[] = {{"tls-1.0", obsolete},
                                                       {"tls-1.2", none},
                                                       {"tls-1.2-no-client-certificate", anonymous},
                                                       {"tls-1.2-renegotiated", none},
                                                       {"tls-1.2-renegotiated-certificate", none},
                                                       {"tls-1.2-pre-shared-key", none},
                                                       {"tls-1.2-resumed", none},
                                                       {"tls-1.3-no-client-certificate", none}};
  for (const auto& [name, findings] : expected) {
    const samples::Buffer capture = opaque(name);
    const std::string port = tshark_fields(capture, {"tcp.srcport"})[1][0];
    std::vector<std::string> options = as_ck_audit();
    options.insert(options.end(), {"-Y", "ck.violation || ck.command || ck.expert.undecidable"});
    const std::vector<std::string> fields{"frame.number", "ck.violation"};
    if (name == std::string("tls-1.0")) {
      EXPECT_EQ(tshark_fields(capture, fields, options), none) << "nobody says that it is Ck";
    }
    options.insert(options.end(), {"-o", "ck.tls.port:" + port});
    EXPECT_EQ(tshark_fields(capture, fields, options), findings) << name;
  }
}

}  // namespace
}  // namespace ck::plugin
