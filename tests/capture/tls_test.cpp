// Handshakes in clear, typed from RFC 5246 and RFC 8446: what they show, in any split, and where they show
// nothing.
#include <gtest/gtest.h>

#include <algorithm>

#include "capture/exported_pdu.h"
#include "stream/tls_handshake.h"

namespace ck::capture {
namespace {

using Buffer = std::vector<std::uint8_t>;

Buffer operator+(Buffer a, const Buffer& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Buffer record(std::uint8_t type, const Buffer& fragment) {
  return Buffer{type, 3, 3, static_cast<std::uint8_t>(fragment.size() >> 8),
                static_cast<std::uint8_t>(fragment.size())} +
         fragment;
}
Buffer message(std::uint8_t type, const Buffer& body) {
  return Buffer{type, 0, static_cast<std::uint8_t>(body.size() >> 8),
                static_cast<std::uint8_t>(body.size())} +
         body;
}

/// version, 32 bytes of Random, no session, two suites, no compression, no extensions.
Buffer client_hello() {
  return message(1, Buffer{3, 3} + Buffer(32, 7) + Buffer{0, 0, 4, 0xC0, 0x2B, 0x13, 0x01, 1, 0});
}
Buffer server_hello(std::uint8_t minor, std::uint16_t suite, const Buffer& extensions = {}) {
  Buffer body = Buffer{3, minor} + Buffer(32, 9) +
                Buffer{0, static_cast<std::uint8_t>(suite >> 8), static_cast<std::uint8_t>(suite), 0};
  if (!extensions.empty()) body = body + Buffer{0, static_cast<std::uint8_t>(extensions.size())} + extensions;
  return message(2, body);
}
const Buffer kVersion13 = {0, 43, 0, 2, 3, 4};
const Buffer kChosenKey = {0, 41, 0, 2, 0, 0};
/// A list of one certificate of two bytes; a list of none.
const Buffer kCertificate = {11, 0, 0, 8, 0, 0, 5, 0, 0, 2, 0xAB, 0xCD};
const Buffer kNoCertificate = {11, 0, 0, 3, 0, 0, 0};
const Buffer kHelloDone = {14, 0, 0, 0};
const Buffer kKeyExchange = {16, 0, 0, 1, 0};
const Buffer kChangeCipher = {20, 3, 3, 0, 1, 1};
/// What follows ChangeCipherSpec: encrypted, and nothing that it could be taken for.
const Buffer kEncrypted = {22, 3, 3, 0, 6, 11, 0, 0, 2, 9, 9};

struct Story {
  Buffer client, server;
};

Story full(const Buffer& client_certificate, std::uint8_t minor = 3, std::uint16_t suite = 0xC02B) {
  return {
      record(22, client_hello()) + record(22, client_certificate + kKeyExchange) + kChangeCipher + kEncrypted,
      record(22, server_hello(minor, suite) + kCertificate) + record(22, kHelloDone) + kChangeCipher +
          kEncrypted};
}

/// `step` bytes at a time, each in a frame of its own; the client is side 1.
TlsWatch watch(const Story& story, std::size_t step = 1000) {
  TlsWatch out;
  std::uint64_t frame = 0;
  for (const unsigned side : {1u, 0u}) {
    const Buffer& bytes = side == 1 ? story.client : story.server;
    for (std::size_t at = 0; at < bytes.size(); at += step)
      out.data(side, Bytes(bytes).subspan(at, std::min(step, bytes.size() - at)), {0, ++frame, 0});
  }
  return out;
}

TEST(TlsHandshake, AFullOneWithACertificateInAnySplit) {
  const Story story = full(kCertificate);
  for (std::size_t step = 1; step <= story.server.size(); ++step) {
    const TlsWatch seen = watch(story, step);
    EXPECT_TRUE(seen.is_final()) << step;
    EXPECT_EQ(seen.verdict().version, 0x0303) << step;
    EXPECT_EQ(seen.verdict().certificate, ClientCertificate::shown) << step;
    // The ClientHello's record is 52 bytes long: 5, 4, 2 + 32 + 9.
    EXPECT_EQ(seen.verdict().at.frame, (52 + step - 1) / step) << step;
  }
}

TEST(TlsHandshake, NoCertificateOrAnEmptyList) {
  EXPECT_EQ(watch(full({})).verdict().certificate, ClientCertificate::none);
  EXPECT_EQ(watch(full(kNoCertificate)).verdict().certificate, ClientCertificate::none);
}

TEST(TlsHandshake, TheServersVersionCounts) {
  EXPECT_EQ(watch(full(kCertificate, 1)).verdict().version, 0x0301);
  const Story newer = {record(22, client_hello()), record(22, server_hello(3, 0x1301, kVersion13))};
  EXPECT_EQ(watch(newer).verdict().version, 0x0304);
  EXPECT_EQ(watch({record(22, client_hello()), {}}).verdict().version, std::nullopt);
}

TEST(TlsHandshake, AnUnfinishedOneTellsNothingOfTheCertificate) {
  Story story = full({});
  story.server.resize(story.server.size() - kEncrypted.size() - kChangeCipher.size());  // refused, say
  EXPECT_EQ(watch(story).verdict().certificate, ClientCertificate::unknown);
  EXPECT_FALSE(watch(story).is_final());
  story = full({});
  TlsWatch gap;
  gap.data(0, story.client, {0, 1, 0});
  gap.data(1, Bytes(story.server).first(20), {0, 2, 0});
  gap.lost(1);
  gap.data(1, Bytes(story.server).subspan(30), {0, 3, 0});
  EXPECT_EQ(gap.verdict().certificate, ClientCertificate::unknown);
  EXPECT_EQ(gap.verdict().version, std::nullopt);
}

/// RFC 5246, 7.4.6: who is asked and has no certificate sends an empty list; the server may refuse that with
/// an alert instead of its ChangeCipherSpec. Before the client's own, nothing is said.
TEST(TlsHandshake, ARefusedOneShowsThatThereIsNoCertificate) {
  Story story = full(kNoCertificate);
  story.server.resize(story.server.size() - kEncrypted.size() - kChangeCipher.size());
  TlsWatch closed = watch(story);
  EXPECT_EQ(closed.verdict().certificate, ClientCertificate::unknown) << "what the server says may come yet";
  closed.close();
  EXPECT_EQ(closed.verdict().certificate, ClientCertificate::none);
  TlsWatch gap = watch(story);
  gap.lost(0);
  gap.close();
  EXPECT_EQ(gap.verdict().certificate, ClientCertificate::unknown);
  story.server = story.server + record(21, {2, 40});
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{1000}})
    EXPECT_EQ(watch(story, step).verdict().certificate, ClientCertificate::none) << step;
  story.client.resize(story.client.size() - kEncrypted.size() - kChangeCipher.size());
  EXPECT_EQ(watch(story).verdict().certificate, ClientCertificate::unknown);
  Story shown = full(kCertificate);
  shown.server = story.server;
  EXPECT_NE(watch(shown).verdict().certificate, ClientCertificate::none);
}

TEST(TlsHandshake, ResumptionShowsNoCertificate) {
  const Story resumed = {record(22, client_hello()) + kChangeCipher + kEncrypted,
                         record(22, server_hello(3, 0xC02B)) + kChangeCipher + kEncrypted};
  EXPECT_TRUE(watch(resumed).is_final());
  EXPECT_EQ(watch(resumed).verdict().version, 0x0303);
  EXPECT_EQ(watch(resumed).verdict().certificate, ClientCertificate::unknown);
}

/// What follows Finished can be read only with the secrets.
TEST(TlsHandshake, ARenegotiationMayShowTheCertificateLater) {
  for (const unsigned who : {0u, 1u}) {
    TlsWatch seen = watch(full({}), 3);
    EXPECT_EQ(seen.verdict().certificate, ClientCertificate::none);
    seen.data(who, record(23, Buffer(40, 22)), {0, 900, 0});
    EXPECT_EQ(seen.verdict().certificate, ClientCertificate::none);
    for (const std::uint8_t byte : kEncrypted) seen.data(who, Buffer{byte}, {0, 901, 0});
    EXPECT_EQ(seen.verdict().certificate, ClientCertificate::unknown);
    TlsWatch bare = seen;
    bare.decrypted(1, {false, true});
    EXPECT_EQ(bare.verdict().certificate, ClientCertificate::none);
    seen.decrypted(1, {true, true});
    EXPECT_EQ(seen.verdict().certificate, ClientCertificate::shown);
  }
}

TEST(TlsHandshake, TellsTheClientsRandomAndWhetherDataFollows) {
  Story story = full(kCertificate);
  for (std::size_t step = 1; step <= 60; ++step) {
    const TlsWatch seen = watch(story, step);
    TlsRandom random;
    random.fill(7);
    EXPECT_EQ(seen.side(1).random, random) << step;
    EXPECT_EQ(seen.side(0).random, std::nullopt) << step;
    EXPECT_FALSE(seen.side(0).application_data || seen.side(1).application_data) << step;
  }
  story.server = story.server + record(23, Buffer(20, 1));
  EXPECT_TRUE(watch(story).side(0).application_data);
  EXPECT_FALSE(watch(story).side(1).application_data);
}

/// A proxy's line, or the request that asks for TLS, in one segment with the ClientHello.
/// RFC 5246, 7.4.9: Finished comes right behind ChangeCipherSpec, and is encrypted.
TEST(TlsHandshake, OnlyAnEncryptedRecordMayHideOne) {
  const Buffer clear = record(22, server_hello(3, 0xC02B) + kCertificate) + record(22, kHelloDone);
  const Buffer alert = record(21, {1, 0}), data = record(23, {1, 2, 3}), encrypted = kEncrypted;
  TlsWatch shown;
  EXPECT_FALSE(shown.may_hide_handshake(0, clear + alert));
  EXPECT_TRUE(shown.may_hide_handshake(0, clear + kChangeCipher + encrypted));
  EXPECT_TRUE(shown.may_hide_handshake(0, data)) << "the version is not known yet";
  shown.data(0, clear + kChangeCipher, {0, 1, 0});
  EXPECT_TRUE(shown.may_hide_handshake(0, encrypted));
  EXPECT_TRUE(shown.may_hide_handshake(0, Bytes(encrypted).first(1)));
  EXPECT_FALSE(shown.may_hide_handshake(0, data + alert));
  EXPECT_TRUE(shown.may_hide_handshake(0, data + encrypted)) << "a renegotiation";
  EXPECT_FALSE(shown.may_hide_handshake(1, record(22, client_hello()))) << "that side is in clear";
  shown.data(0, Bytes(encrypted).first(7), {0, 2, 0});
  EXPECT_TRUE(shown.may_hide_handshake(0, Bytes(encrypted).subspan(7))) << "its end";
  shown.data(0, Bytes(encrypted).subspan(7), {0, 3, 0});
  EXPECT_FALSE(shown.may_hide_handshake(0, data));
  shown.lost(0);
  EXPECT_TRUE(shown.may_hide_handshake(0, data)) << "where records begin is not known";
}

/// RFC 8446, 5.2: what is encrypted looks like application data, whatever it is.
TEST(TlsHandshake, AnyRecordOfTls13MayHideOne) {
  const Buffer data = record(23, {1, 2, 3});
  TlsWatch hiding;
  const Buffer hello = record(22, server_hello(3, 0x1301, kVersion13));
  EXPECT_FALSE(hiding.may_hide_handshake(0, hello));
  hiding.data(0, hello, {0, 1, 0});
  EXPECT_TRUE(hiding.side(0).is_in_clear());
  EXPECT_FALSE(hiding.may_hide_handshake(0, kChangeCipher));
  EXPECT_TRUE(hiding.may_hide_handshake(0, data));
  hiding.data(0, data, {0, 2, 0});
  EXPECT_FALSE(hiding.side(0).is_in_clear());
  EXPECT_TRUE(hiding.may_hide_handshake(0, data));
}

TEST(TlsStart, IsFoundBehindOtherBytes) {
  const Buffer hello = record(22, client_hello());
  const Buffer line = {'P', 'R', 'O', 'X', 'Y', 22, 3, '\r', '\n'};
  EXPECT_EQ(find_client_hello(hello), 0u);
  EXPECT_EQ(find_client_hello(line + hello), line.size());
  EXPECT_EQ(find_client_hello(line + Buffer(hello.begin(), hello.begin() + 11)), line.size());
  EXPECT_EQ(find_client_hello(hello + hello), 0u);
}

TEST(TlsStart, IsNotFoundWhereBytesOnlyResembleIt) {
  const Buffer hello = record(22, client_hello()), line(5, 'x');
  const auto changed = [&](std::size_t at, std::uint8_t to) {
    Buffer out = line + hello;
    out[line.size() + at] = to;
    return find_client_hello(out) == out.size();
  };
  EXPECT_TRUE(changed(0, 23));   // no handshake
  EXPECT_TRUE(changed(1, 2));    // SSL 2
  EXPECT_TRUE(changed(2, 5));    // no version
  EXPECT_TRUE(changed(4, 200));  // the record is longer than its message
  EXPECT_TRUE(changed(5, 2));    // a ServerHello
  EXPECT_TRUE(changed(6, 1));
  EXPECT_TRUE(changed(9, 0x14));
  EXPECT_FALSE(changed(11, 99));  // its Random
  EXPECT_EQ(find_client_hello(Buffer(hello.begin(), hello.begin() + 10)), 10u);
  EXPECT_EQ(find_client_hello({}), 0u);
}

TEST(TlsHandshake, PreSharedKeysShowNoCertificate) {
  for (const std::uint16_t suite :
       std::initializer_list<std::uint16_t>{0x008C, 0x00A8, 0x00B6, 0xC035, 0xC0A4, 0xCCAC, 0xD001})
    EXPECT_EQ(watch(full({}, 3, suite)).verdict().certificate, ClientCertificate::unknown) << suite;
  for (const std::uint16_t suite :
       std::initializer_list<std::uint16_t>{0x002F, 0x009C, 0xC02B, 0xC02F, 0xC0AC, 0xCCA8, 0xCCAA})
    EXPECT_EQ(watch(full({}, 3, suite)).verdict().certificate, ClientCertificate::none) << suite;
  TlsWatch seen =
      watch({record(22, client_hello()), record(22, server_hello(3, 0x1301, kVersion13 + kChosenKey))});
  seen.decrypted(1, {false, true});
  EXPECT_EQ(seen.verdict().certificate, ClientCertificate::unknown);
}

TEST(TlsHandshake, OneOfTls13NeedsItsSecrets) {
  const Story story = {
      record(22, client_hello()) + kChangeCipher + record(23, Buffer(40, 1)),
      record(22, server_hello(3, 0x1301, kVersion13)) + kChangeCipher + record(23, Buffer(40, 1))};
  TlsWatch seen = watch(story);
  EXPECT_FALSE(seen.is_final());
  EXPECT_EQ(seen.verdict().certificate, ClientCertificate::unknown);
  seen.decrypted(0, {true, true});  // the server's say nothing of the client
  EXPECT_EQ(seen.verdict().certificate, ClientCertificate::unknown);
  TlsWatch none = seen;
  none.decrypted(1, {false, true});
  EXPECT_EQ(none.verdict().certificate, ClientCertificate::none);
  none.decrypted(1, {false, false, true});  // what follows is hidden
  EXPECT_EQ(none.verdict().certificate, ClientCertificate::unknown);
  seen.decrypted(1, {true, false});
  seen.decrypted(1, {false, true});
  EXPECT_EQ(seen.verdict().certificate, ClientCertificate::shown);
}

TEST(TlsHandshake, AfterAHelloRetryRequestTheSecondServerHelloCounts) {
  Buffer retry = server_hello(3, 0x1301, kVersion13);
  const Buffer random = {0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C,
                         0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB,
                         0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};
  std::copy(random.begin(), random.end(), retry.begin() + 6);
  TlsWatch seen = watch({record(22, client_hello()) + kChangeCipher + record(22, client_hello()),
                         record(22, retry) + kChangeCipher +
                             record(22, server_hello(3, 0x1301, kVersion13 + kChosenKey)) + kChangeCipher});
  seen.decrypted(1, {false, true});
  EXPECT_EQ(seen.verdict().certificate, ClientCertificate::unknown);
  EXPECT_EQ(seen.verdict().at.frame, 1u);
}

TEST(TlsGuess, RecordsAreToldFromFrames) {
  const Buffer hello = record(22, client_hello());
  EXPECT_EQ(starts_tls(hello), TlsGuess::yes);
  for (std::size_t size = 0; size < 7; ++size)
    EXPECT_EQ(starts_tls(Bytes(hello).first(size)), TlsGuess::more_bytes);
  EXPECT_EQ(starts_tls(Buffer{0, 1, 0, 0, 0, 1, 0x14, 1}), TlsGuess::no);
  // Version 0x1603, MessageID 0x01004001, 0x1401.
  EXPECT_EQ(starts_tls(Buffer{0x16, 3, 1, 0, 0x40, 1, 0x14, 1}), TlsGuess::no);
  EXPECT_EQ(starts_tls(Buffer{23, 3, 3, 0, 40, 1, 0, 0}), TlsGuess::no);
  EXPECT_EQ(starts_tls_record(Buffer{23, 3, 3, 0, 40, 1, 0, 0}), TlsGuess::yes);
  EXPECT_EQ(starts_tls_record(Buffer{23, 3, 3, 0x60, 0, 1, 0, 0}), TlsGuess::no);
}

TEST(ExportedPdu, TagsAreRead) {
  const Buffer packet = {
      0, 12, 0, 4, 'c', 'k', 0,    0,                                 // dissector
      0, 20, 0, 4, 10,  0,   0,    1, 0, 21,  0,  4, 10, 0, 0,    2,  // addresses
      0, 24, 0, 4, 0,   0,   0,    2, 0, 25,  0,  4, 0,  0, 0x10, 0,  // port type, source port
      0, 26, 0, 4, 0,   0,   0x20, 1, 0, 30,  0,  4, 0,  0, 0,    9,  // destination port, frame
      0, 99, 0, 1, 7,   0,   0,    0, 0, 'x', 'y'};                   // unknown, end, data
  ExportedPdu pdu;
  ASSERT_TRUE(decode_exported_pdu(packet, pdu));
  EXPECT_EQ(pdu.dissector, "ck");
  EXPECT_EQ(pdu.source.address.bytes[3], 1);
  EXPECT_EQ(pdu.destination.address.bytes[3], 2);
  EXPECT_EQ(pdu.source.port, 0x1000);
  EXPECT_EQ(pdu.destination.port, 0x2001);
  EXPECT_EQ(pdu.frame, 9u);
  EXPECT_EQ(pdu.data.size(), 2u);
  for (std::size_t size = 0; size + 2 < packet.size(); ++size)
    EXPECT_FALSE(decode_exported_pdu(Bytes(packet).first(size), pdu)) << size;
}

}  // namespace
}  // namespace ck::capture
