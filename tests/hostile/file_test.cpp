// Files that are damaged, lie about lengths, or unpack to far more than they are: what lies before the damage
// is read, the error says where and what to do, and memory stays what it is.
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <fstream>
#include <memory>

#include "hostile/measured.h"
#include "hostile/writer.h"

namespace ck::hostile {
namespace {

namespace fs = std::filesystem;

#ifdef CK_SANITIZED
constexpr double kMostMib = 512;  // of which the sanitizer takes most
#else
constexpr double kMostMib = 64;
#endif

std::string le16(std::uint32_t number) {
  const std::string be = be16(number);
  return {be.rbegin(), be.rend()};
}
std::string le32(std::uint32_t number) {
  const std::string be = be32(number);
  return {be.rbegin(), be.rend()};
}

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// A handshake and one message: four packets.
void talk(Writer& writer) {
  Talk(writer, {}).km(ck_frame(0x1403, 1, R"({"Source KMA ID":"A","Destination KMA ID":"C"})"));
}

/// The same as a pcap file.
std::string pcap(const fs::path& folder) {
  Writer writer(folder / "talk.pcap");
  talk(writer);
  writer.close();
  return contents(folder / "talk.pcap");
}

std::string block(std::uint32_t type, const std::string& body) {
  const std::string length = le32(static_cast<std::uint32_t>(body.size() + 12));
  return le32(type) + length + body + length;
}

std::string section() {
  return block(0x0a0d0d0a, le32(0x1a2b3c4d) + le16(1) + le16(0) + std::string(8, '\xff'));
}

std::string interface_of(const std::string& options = {}) {
  return block(1, le16(101) + le16(0) + le32(262144) + options);
}

std::string enhanced(const std::string& packet, const std::string& options = {}) {
  const std::string size = le32(static_cast<std::uint32_t>(packet.size()));
  return block(6, le32(0) + le32(0x00060000) + le32(0) + size + size + packet +
                      std::string(-packet.size() % 4, '\0') + options);
}

/// talk() as pcapng blocks, without a section header and interface.
std::string packets(const fs::path& folder, const std::string& options = {}) {
  const std::string file = pcap(folder);
  std::string out;
  for (std::size_t at = 24; at < file.size();) {
    const auto size = static_cast<std::uint8_t>(file[at + 8]);
    out += enhanced(file.substr(at + 16, size), options);
    at += 16 + size;
  }
  return out;
}

Measured audit_bytes(const fs::path& folder, const std::string& bytes) {
  write(folder / "hostile", bytes);
  return audit(folder / "hostile");
}

std::uint64_t messages(const Measured& run) {
  std::uint64_t sum = 0;
  for (const Json::Value& count : run.summary["messages"]) sum += count.asUInt64();
  return sum;
}

/// The message before the damage counts; the error names the file, the last whole frame, the byte and a way
/// out.
void expect_damage(const Measured& run, std::uint64_t frame, std::uint64_t byte, const std::string& what) {
  EXPECT_EQ(run.status, 3) << run.errors;
  EXPECT_EQ(messages(run), 1u);
  EXPECT_NE(run.capture_error.find("hostile: after frame " + std::to_string(frame) + ", at byte " +
                                   std::to_string(byte) + ": "),
            std::string::npos)
      << run.capture_error;
  EXPECT_NE(run.capture_error.find(what), std::string::npos) << run.capture_error;
  EXPECT_NE(run.capture_error.find("what comes before it counts; copy the file again, or "),
            std::string::npos)
      << run.capture_error;
  EXPECT_LT(run.peak_mib, kMostMib);
}

void expect_clean(const Measured& run) {
  EXPECT_TRUE(run.status == 0 || run.status == 1) << run.status << run.errors;
  EXPECT_EQ(run.capture_error, "");
  EXPECT_EQ(messages(run), 1u);
  EXPECT_LT(run.peak_mib, kMostMib);
}

// pcap -----------------------------------------------------------------------------------------------------

TEST(HostilePcap, CapturedLengths) {
  const TemporaryFolder folder;
  const std::string start = pcap(folder.path());
  for (const std::uint32_t length : {0xffffffffu, 0x7fffffffu, 0x80000000u, 100'000'000u}) {
    SCOPED_TRACE(length);
    const std::string record = std::string(8, '\0') + le32(length) + le32(length);
    expect_damage(audit_bytes(folder.path(), start + record + std::string(100, 'x')), 4, start.size(), "");
  }
}

TEST(HostilePcap, CutAnywhere) {
  const TemporaryFolder folder;
  const std::string whole =
      pcap(folder.path()) + std::string(8, '\0') + le32(50) + le32(50) + std::string(50, 'x');
  for (const std::size_t rest : {1u, 15u, 16u, 17u, 65u})
    expect_damage(audit_bytes(folder.path(), whole.substr(0, whole.size() - 66 + rest)), 4, whole.size() - 66,
                  "cut short");
}

// pcapng ---------------------------------------------------------------------------------------------------

TEST(HostilePcapng, BlockLengths) {
  const TemporaryFolder folder;
  const std::string start = section() + interface_of() + packets(folder.path());
  for (const std::uint32_t type : {6u, 1u, 3u, 10u, 0x0a0d0d0au, 0x4711u}) {
    for (const std::uint32_t length : {0u, 4u, 11u, 13u, 0xffffffffu, 0xfffffffcu, 0x7ffffffcu}) {
      SCOPED_TRACE(std::to_string(type) + " " + std::to_string(length));
      const std::string bad = le32(type) + le32(length) + le32(0x1a2b3c4d) + std::string(100, '\1');
      expect_damage(audit_bytes(folder.path(), start + bad), 4, start.size(), "");
    }
  }
}

TEST(HostilePcapng, PacketsThatDoNotFitTheirBlock) {
  const TemporaryFolder folder;
  const std::string start = section() + interface_of() + packets(folder.path());
  std::string claims = enhanced("abcd"), foreign = enhanced("abcd"), torn = enhanced("abcd"),
              simple = block(3, le32(4000) + "abcd");
  claims.replace(20, 4, le32(0xffffffff));
  foreign.replace(8, 4, le32(7));
  torn.replace(torn.size() - 4, 4, le32(44));
  expect_damage(audit_bytes(folder.path(), start + claims), 4, start.size(), "4294967295 bytes");
  expect_damage(audit_bytes(folder.path(), start + foreign), 4, start.size(), "interface 7");
  expect_damage(audit_bytes(folder.path(), start + torn), 4, start.size(), "lengths");
  expect_damage(audit_bytes(folder.path(), start + simple), 4, start.size(), "4000 bytes");
}

/// Options that nothing ends, comments of megabytes, and names in between: passed by.
TEST(HostilePcapng, OptionsAndComments) {
  const TemporaryFolder folder;
  const std::string empty_options = [] {
    std::string out;
    while (out.size() < 8u << 20) out += le16(1) + le16(0);
    return out;
  }();
  const std::string comment = le16(1) + le16(65'532) + std::string(65'532, '\x1b');
  std::string comments;
  while (comments.size() < 4u << 20) comments += comment;
  expect_clean(audit_bytes(folder.path(), section() + interface_of(empty_options) +
                                              packets(folder.path(), comments) +
                                              block(4, std::string(32u << 20, 'n'))));
  // An option longer than its block ends the options.
  expect_clean(
      audit_bytes(folder.path(), section() + interface_of(le16(9) + le16(65'535)) + packets(folder.path())));
}

/// Secrets in a length that no capture has; none of them is a TLS key log, for which tshark would be asked.
TEST(HostilePcapng, DecryptionSecrets) {
  const TemporaryFolder folder;
  const std::string start = section() + interface_of() + packets(folder.path());
  expect_clean(audit_bytes(
      folder.path(), start + block(10, le32(0x57474b4c) + le32(64u << 20) + std::string(64u << 20, 's'))));
  expect_damage(audit_bytes(folder.path(),
                            start + le32(10) + le32(0xfffffff0) + le32(0x57474b4c) + std::string(100, 's')),
                4, start.size(), "cut short");
}

// Compression ----------------------------------------------------------------------------------------------

constexpr std::size_t kBomb = 512u << 20;

/// talk(), and behind it half a GiB of zeros: as pcap, packets of no bytes; as pcapng, a block of length
/// zero.
void gzip(const fs::path& path, const std::string& start, std::size_t zeros) {
  const gzFile file = gzopen(path.c_str(), "wb9");
  gzwrite(file, start.data(), static_cast<unsigned>(start.size()));
  const std::string piece(1u << 20, '\0');
  for (std::size_t done = 0; done < zeros; done += piece.size())
    gzwrite(file, piece.data(), static_cast<unsigned>(piece.size()));
  gzclose(file);
}

/// With the largest window that the format's defaults allow.
void zstd(const fs::path& path, const std::string& start, std::size_t zeros) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, 27);
  std::ofstream file(path, std::ios::binary);
  std::string out(1u << 20, '\0');
  const auto feed = [&](const std::string& bytes, ZSTD_EndDirective end) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    for (std::size_t left = 1; left != 0 && (end == ZSTD_e_end || in.pos < in.size);) {
      ZSTD_outBuffer to{out.data(), out.size(), 0};
      left = ZSTD_compressStream2(context.get(), &to, &in, end);
      ASSERT_EQ(ZSTD_isError(left), 0u);
      file.write(out.data(), static_cast<std::streamsize>(to.pos));
      if (end == ZSTD_e_continue) left = 1;
    }
  };
  feed(start, ZSTD_e_continue);
  const std::string piece(1u << 20, '\0');
  for (std::size_t done = 0; done < zeros; done += piece.size()) feed(piece, ZSTD_e_continue);
  feed({}, ZSTD_e_end);
}

TEST(HostileCompression, Gzip) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "hostile";
  gzip(file,
       section() + interface_of() + packets(folder.path()) + le32(0x4711) + le32(kBomb + 12) +
           std::string(kBomb % 4, '\0'),
       kBomb);
  EXPECT_LT(fs::file_size(file), 1u << 20);
  const Measured run = audit(file);  // the block's last length is not there any more
  EXPECT_EQ(run.status, 3);
  EXPECT_EQ(messages(run), 1u);
  EXPECT_LT(run.peak_mib, kMostMib);
}

TEST(HostileCompression, PacketsOfNothing) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "hostile";
  constexpr std::size_t kZeros = 64u << 20;
  gzip(file, pcap(folder.path()), kZeros);
  const Measured run = audit(file);
  expect_clean(run);
  EXPECT_EQ(run.diagnostics["short_packets"].asUInt64(), kZeros / 16);
}

TEST(HostileCompression, ZstdWithALargeWindow) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "hostile";
  zstd(file, section() + interface_of() + packets(folder.path()) + le32(0x4711) + le32(kBomb + 12), kBomb);
  EXPECT_LT(fs::file_size(file), 1u << 20);
  const Measured run = audit(file);
  EXPECT_EQ(run.status, 3);
  EXPECT_EQ(messages(run), 1u);
  EXPECT_LT(run.peak_mib, 128 + kMostMib);  // the window
}

/// Compressed twice is no capture.
TEST(HostileCompression, OneWithinTheOther) {
  const TemporaryFolder folder;
  const fs::path once = folder.path() / "once";
  gzip(once, pcap(folder.path()), 0);
  gzip(folder.path() / "hostile", contents(once), 0);
  const Measured run = audit(folder.path() / "hostile");
  EXPECT_EQ(run.status, 3);
  EXPECT_NE(run.capture_error.find("hostile: "), std::string::npos) << run.capture_error;
}

// Packets --------------------------------------------------------------------------------------------------

/// Lengths and offsets that lie: counted, and the conversation around them is read.
TEST(HostilePackets, LengthsAndOffsets) {
  const TemporaryFolder folder;
  Writer writer(folder.path() / "hostile");
  Talk both(writer, {});
  const auto ip = [](std::uint32_t version_and_header, std::uint32_t total, std::uint32_t offset) {
    return be16(version_and_header << 8) + be16(total) + be32(0x4000) + be16(0x4006) + be16(0) +
           be32(0x0a290001) + be32(0x0a0e0001) + be16(41000) + be16(51640) + be32(1001) + be32(5001) +
           be16(offset << 12 | kAck) + be16(64240) + be32(0) + "{\"garbage\":true}";
  };
  for (const std::uint32_t header : {0u, 1u, 4u}) writer.packet(ip(0x40 | header, 56, 5));  // below 20 bytes
  writer.packet(ip(0x45, 19, 5));                                                   // total below the header
  for (const std::uint32_t offset : {0u, 4u}) writer.packet(ip(0x45, 56, offset));  // TCP header below 20
  writer.packet(ip(0x45, 56, 15));                                                  // beyond the datagram
  writer.packet(ip(0x45, 39, 5));                // TCP header cut by the total
  writer.packet(ip(0x4f, 56, 5).substr(0, 40));  // header beyond the packet
  both.km(ck_frame(0x1403, 1, R"({"Source KMA ID":"A","Destination KMA ID":"C"})"));
  writer.close();
  const Measured run = audit(folder.path() / "hostile");
  expect_clean(run);
  EXPECT_EQ(run.diagnostics["malformed_ip"].asUInt64(), 4u);
  EXPECT_EQ(run.diagnostics["malformed_tcp"].asUInt64(), 3u);
  EXPECT_EQ(run.diagnostics["short_packets"].asUInt64(), 2u);
}

/// A frame of 64 KiB that never comes: its connection's own loss, and no one else's.
TEST(HostilePackets, ALengthThatIsNeverDelivered) {
  const TemporaryFolder folder;
  Writer writer(folder.path() / "hostile");
  Talk liar(writer, {});
  liar.km(ck_frame(0x1403, 1, R"({"Source KMA ID":"A")", 65'535));
  Talk honest(writer, {0x0a290002, 0x0a0e0001, 41000, 51640});
  honest.km(ck_frame(0x1403, 1, R"({"Source KMA ID":"A","Destination KMA ID":"C"})"));
  writer.close();
  const Measured run = audit(folder.path() / "hostile");
  expect_clean(run);
  EXPECT_EQ(run.diagnostics["undecoded_streams"].asUInt64(), 1u) << run.diagnostics;
}

}  // namespace
}  // namespace ck::hostile
