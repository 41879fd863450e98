// Capture files: formats, byte orders, clocks, compression, damage. The bytes are written by the samples'
// generator, which knows nothing of our readers, or by hand from the format's text.
#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include <unistd.h>

#include <filesystem>

#include "capture/files.h"

namespace ck::capture {
namespace {

/// Three packets of 10, 20 and 30 bytes, a millisecond and seven nanoseconds apart.
samples::Recording three() {
  samples::Recording recording;
  recording.step_ns = 1'000'007;
  for (const std::size_t size : {10, 20, 30}) recording.add(Buffer(size, static_cast<std::uint8_t>(size)));
  return recording;
}

void expect_three(const Read& got, bool nanoseconds) {
  EXPECT_EQ(got.error, "");
  ASSERT_EQ(got.packets.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(got.data[i], Buffer((i + 1) * 10, static_cast<std::uint8_t>((i + 1) * 10)));
    EXPECT_EQ(got.packets[i].frame, i + 1);
    EXPECT_EQ(got.packets[i].capture, 3u);
    EXPECT_EQ(got.packets[i].link_type, 1);
    EXPECT_EQ(got.packets[i].original_length, (i + 1) * 10);
    const std::int64_t exact = 1'700'000'000'000'000'000 + static_cast<std::int64_t>(i) * 1'000'007;
    EXPECT_EQ(got.packets[i].time_ns, nanoseconds ? exact : exact / 1000 * 1000);
  }
}

Buffer first_bytes(const Buffer& bytes, std::size_t size) {
  return Buffer(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
}

TEST(PcapFile, ByteOrdersAndPrecisions) {
  for (const bool big : {false, true}) {
    for (const bool nanoseconds : {false, true}) {
      SCOPED_TRACE(fmt::format("big {} nano {}", big, nanoseconds));
      expect_three(read(three().pcap({.nanoseconds = nanoseconds, .big_endian = big})), nanoseconds);
    }
  }
}

TEST(PcapFile, SnapLengthCutsAreSeenAndAWrongOneIsIgnored) {
  Buffer file = three().pcap({.snap_length = 15});
  Read got = read(file);
  ASSERT_EQ(got.packets.size(), 3u);
  EXPECT_EQ(got.data[2].size(), 15u);
  EXPECT_EQ(got.packets[2].original_length, 30u);
  file = three().pcap();
  file[16] = 12;  // a snap length that the packets do not keep to
  file[17] = file[18] = file[19] = 0;
  expect_three(read(file), false);
}

TEST(PcapFile, HeaderWithoutPacketsEndsCleanly) {
  const Read got = read(samples::Recording().pcap());
  EXPECT_EQ(got.error, "");
  EXPECT_TRUE(got.packets.empty());
}

TEST(PcapFile, CutShortAnywhere) {
  const Buffer file = three().pcap();  // 24, 16 + 10, 16 + 20, 16 + 30
  for (std::size_t size = 1; size < file.size(); ++size) {
    SCOPED_TRACE(size);
    const Read got = read(first_bytes(file, size));
    const std::size_t whole = size < 24 + 26 ? 0 : size < 24 + 26 + 36 ? 1 : 2;
    EXPECT_EQ(got.packets.size(), whole);
    const bool at_boundary = size == 24 || size == 50 || size == 86;
    EXPECT_EQ(got.error.empty(), at_boundary) << got.error;
  }
  EXPECT_EQ(read(first_bytes(file, 60)).error,
            "memory: after frame 1, at byte 50: the file is cut short inside a packet (an interrupted copy, "
            "or the capture is still running); what comes before it counts; copy the file again, or let the "
            "capture end first");
}

TEST(PcapFile, ImpossibleLengthIsDamage) {
  Buffer file = three().pcap();
  file[24 + 26 + 8 + 3] = 0x7f;  // the second packet's captured length becomes 2 GiB
  const Read got = read(file);
  EXPECT_EQ(got.packets.size(), 1u);
  EXPECT_NE(got.error.find("after frame 1"), std::string::npos) << got.error;
}

TEST(PcapFile, ModifiedFormat) {
  // Kuznetzov's: 8 more bytes in each packet header (interface index, protocol, packet type, padding).
  Buffer file{0x34, 0xcd, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0};
  samples::put(file,
               Buffer{1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'a', 'b', 'c'});
  const Read got = read(file);
  EXPECT_EQ(got.error, "");
  ASSERT_EQ(got.packets.size(), 1u);
  EXPECT_EQ(got.data[0], samples::to_bytes("abc"));
  EXPECT_EQ(got.packets[0].time_ns, 1'000'002'000);
}

/// 2038-01-19T03:14:08Z is 2^31 seconds after the epoch, and the last second of 32 bits is in 2106.
TEST(PcapFile, SecondsAreUnsigned) {
  for (const std::int64_t second : {2'147'483'647LL, 2'147'483'648LL, 4'294'967'295LL}) {
    for (const bool big : {false, true}) {
      for (const bool nanoseconds : {false, true}) {
        samples::Recording recording;
        recording.now_ns = second * 1'000'000'000 + 999'999'000;
        recording.add(Buffer(10, 1));
        const Read got = read(recording.pcap({.nanoseconds = nanoseconds, .big_endian = big}));
        ASSERT_EQ(got.packets.size(), 1u);
        EXPECT_EQ(got.packets[0].time_ns, second * 1'000'000'000 + 999'999'000) << big << nanoseconds;
      }
    }
  }
}

/// What comes is shown while ordinary records are read; behind an odd one libpcap reads on, and the bytes
/// that were seen may be gone.
TEST(PcapFile, ShowsWhatComesUntilAnOddRecord) {
  constexpr std::uint8_t kPackets = 30, kOdd = 12, kAhead = 12;
  samples::Recording recording;
  for (std::uint8_t i = 0; i < kPackets; ++i) {
    if (i == kOdd) recording.now_ns = std::int64_t{1} << 31;
    if (i == kOdd) recording.now_ns *= 1'000'000'000;  // in 2038, which libpcap takes for before 1970
    recording.add(Buffer(60, i));
  }
  const Buffer file = recording.pcap();
  const auto source = open_memory(file, 0);
  Packet packet;
  for (std::uint8_t i = 0; i < kPackets; ++i) {
    ASSERT_EQ(source->next(packet), SourceStatus::packet);
    const Bytes ahead = source->ahead();
    if (i < kOdd) {
      ASSERT_EQ(ahead.size(), 60u) << int{i};
      EXPECT_EQ(ahead[0], i + kAhead);
    } else {
      EXPECT_TRUE(ahead.empty()) << int{i};
    }
  }
}

TEST(PcapngFile, ByteOrders) {
  expect_three(read(three().pcapng(false)), true);
  expect_three(read(three().pcapng(true)), true);
}

TEST(PcapngFile, InterfacesAndSectionsOfSeveralLinksAndClocks) {
  samples::Recording recording;
  recording.now_ns = 1'700'000'000'123'456'789;
  recording.step_ns = 0;
  const std::size_t cooked = recording.add_interface({samples::Link::cooked2, 6, "any"});
  recording.add(Buffer(4, 1));
  recording.add(Buffer(5, 2), cooked);
  recording.add_section({samples::Link::raw, 3, ""});
  recording.add(Buffer(6, 3));
  const Read got = read(recording.pcapng());
  EXPECT_EQ(got.error, "");
  ASSERT_EQ(got.packets.size(), 3u);
  EXPECT_EQ(got.packets[0].link_type, 1);
  EXPECT_EQ(got.packets[0].time_ns, 1'700'000'000'123'456'789);
  EXPECT_EQ(got.packets[1].link_type, 276);
  EXPECT_EQ(got.packets[1].time_ns, 1'700'000'000'123'456'000);
  EXPECT_EQ(got.packets[2].link_type, 101);
  EXPECT_EQ(got.packets[2].time_ns, 1'700'000'000'123'000'000);
  EXPECT_EQ(got.packets[2].frame, 3u);
}

/// Stamps and offsets may be anything.
TEST(PcapngFile, TimesBeyondAllClocks) {
  // if_tsresol: seconds; if_tsoffset: the least and the greatest.
  const Buffer past =
      block(1, {1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 0, 0, 0, 0, 14, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0x80});
  const Buffer future = block(1, {1, 0, 0,  0, 0, 0, 0,    0,    9,    0,    1,    0,    0,    0,
                                  0, 0, 14, 0, 8, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f});
  const auto packet = [](std::uint8_t interface, std::uint8_t stamp) {
    return block(6, {interface, 0, 0, 0, stamp, stamp, stamp, stamp, stamp, stamp, stamp,
                     stamp,     1, 0, 0, 0,     1,     0,     0,     0,     'a'});
  };
  const Read got = read(samples::join({kSection, past, future, packet(0, 0), packet(1, 0xff)}));
  EXPECT_EQ(got.error, "");
  ASSERT_EQ(got.packets.size(), 2u);
  for (const Packet& one : got.packets) {
    EXPECT_EQ(one.time_ns, kNoTime);
    EXPECT_TRUE(one.far_off);
  }
}

TEST(PcapngFile, SimpleObsoleteAndOtherBlocks) {
  const Buffer limited = block(1, {1, 0, 0, 0, 2, 0, 0, 0});  // snap length 2
  const Buffer simple = block(3, {3, 0, 0, 0, 'a', 'b'});     // 3 bytes, of which 2 were kept
  const Buffer obsolete =
      block(2, {0, 0, 9, 9, 0, 0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0, 7, 0, 0, 0, 'x', 'y', 'z'});
  const Buffer names = block(4, {0, 0, 0, 0});
  const Buffer unknown = block(0x0badf00d, Buffer(100, 1));
  const Read got = read(samples::join({kSection, limited, names, simple, unknown, obsolete}));
  EXPECT_EQ(got.error, "");
  ASSERT_EQ(got.packets.size(), 2u);
  EXPECT_EQ(got.data[0], samples::to_bytes("ab"));
  EXPECT_EQ(got.packets[0].original_length, 3u);
  EXPECT_EQ(got.data[1], samples::to_bytes("xyz"));
  EXPECT_EQ(got.packets[1].original_length, 7u);
  EXPECT_EQ(got.packets[1].time_ns, 5000);  // microseconds where the interface says nothing
  EXPECT_EQ(got.packets[1].frame, 2u);
}

// Measured with tshark 4.0.17: which blocks between two packets make the second packet frame 3.
TEST(PcapngFile, RecordsThatAreNoPacketsTakeAFrameNumber) {
  const Buffer packet = block(6, {0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 'x'});
  const auto second_frame = [&packet](std::uint32_t type) {
    const Read got = read(samples::join({kSection, kEthernet, packet, block(type, Buffer(40, 0)), packet}));
    return got.packets.size() == 2 ? got.packets[1].frame : 0;
  };
  for (const std::uint32_t type : {0x9u, 0xbadu, 0x40000badu, 0x204u, 0x216u, 0x221u})
    EXPECT_EQ(second_frame(type), 3u) << type;
  for (const std::uint32_t type : {4u, 5u, 10u, 0x201u, 0x208u, 0x209u, 0xbadf00du})
    EXPECT_EQ(second_frame(type), 2u) << type;
}

TEST(PcapngFile, TimeOffsetAndBinaryResolution) {
  const Buffer interface = block(1, {1,  0, 0, 0, 0,    0, 0, 0,              //
                                     9,  0, 1, 0, 0x8a, 0, 0, 0,              // 2^-10 seconds
                                     14, 0, 8, 0, 100,  0, 0, 0, 0, 0, 0, 0,  // 100 seconds later
                                     0,  0, 0, 0});
  const Buffer packet =
      block(6, {0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 'x'});  // 1536/1024 s
  const Read got = read(samples::join({kSection, interface, packet}));
  ASSERT_EQ(got.packets.size(), 1u) << got.error;
  EXPECT_EQ(got.packets[0].time_ns, 101'500'000'000);
}

TEST(PcapngFile, CutShortAnywhere) {
  const Buffer file = three().pcapng();
  std::size_t clean_ends = 0;
  for (std::size_t size = 4; size < file.size(); ++size) {
    const Read got = read(first_bytes(file, size));
    if (got.error.empty()) {
      ++clean_ends;
    } else {
      EXPECT_NE(got.error.find(fmt::format("after frame {}, at byte", got.packets.size())), std::string::npos)
          << got.error;
    }
  }
  EXPECT_EQ(clean_ends, 4u);  // behind the section header, the interface, and two of three packets
}

TEST(PcapngFile, DamageIsNamedAndWhatCameBeforeCounts) {
  const Buffer packet = block(6, {0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 'x'});
  const auto error_of = [&packet](const Buffer& bad) {
    const Read got = read(samples::join({kSection, kEthernet, packet, bad, packet}));
    EXPECT_EQ(got.packets.size(), 1u);
    EXPECT_NE(got.error.find("after frame 1, at byte 84"), std::string::npos) << got.error;
    return got.error;
  };
  Buffer bad = packet;
  bad[bad.size() - 4] ^= 4;
  EXPECT_NE(error_of(bad).find("lengths"), std::string::npos);
  bad = block(4, {0, 0, 0, 0});
  bad[bad.size() - 4] ^= 4;
  EXPECT_NE(error_of(bad).find("lengths"), std::string::npos);
  bad = packet;
  bad[4] = 7;
  EXPECT_NE(error_of(bad).find("7 bytes long"), std::string::npos);
  bad = packet;
  bad[8] = 1;
  EXPECT_NE(error_of(bad).find("interface 1"), std::string::npos);
  bad = packet;
  bad[8 + 12] = 5;
  EXPECT_NE(error_of(bad).find("room for"), std::string::npos);
}

Buffer gzip(const Buffer& plain) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  Buffer out(plain.size() + 1000);
  stream.next_in = const_cast<Bytef*>(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}
Buffer zstd(const Buffer& plain) {
  Buffer out(ZSTD_compressBound(plain.size()));
  out.resize(ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 3));
  return out;
}
Buffer lz4(const Buffer& plain) {
  Buffer out(LZ4F_compressFrameBound(plain.size(), nullptr));
  out.resize(LZ4F_compressFrame(out.data(), out.size(), plain.data(), plain.size(), nullptr));
  return out;
}

TEST(Compressed, EachMethodEachFormatAlsoInTwoParts) {
  const Buffer pcap = three().pcap({.nanoseconds = true}), pcapng = three().pcapng();
  for (const auto compress : {gzip, zstd, lz4}) {
    expect_three(read(compress(pcap)), true);
    expect_three(read(compress(pcapng)), true);
    const Buffer rest(pcap.begin() + 40, pcap.end());
    expect_three(read(samples::join({compress(first_bytes(pcap, 40)), compress(rest)})), true);
  }
}

/// pzstd writes one in front of each of its frames; RFC 8878 and the LZ4 frame format have the same 16.
TEST(Compressed, SkippableFramesAreSkipped) {
  const Buffer pcap = three().pcap({.nanoseconds = true});
  const Buffer first = first_bytes(pcap, 40), rest(pcap.begin() + 40, pcap.end());
  for (const auto compress : {zstd, lz4}) {
    for (const auto kind : {std::uint8_t{0x50}, std::uint8_t{0x57}, std::uint8_t{0x5f}}) {
      const Buffer pzstd{kind, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4};
      const Buffer empty{kind, 0x2a, 0x4d, 0x18, 0, 0, 0, 0};
      expect_three(read(samples::join({pzstd, compress(pcap)})), true);
      expect_three(read(samples::join({pzstd, empty, compress(first), pzstd, compress(rest), empty, pzstd})),
                   true);
      const Buffer large = samples::join({{kind, 0x2a, 0x4d, 0x18, 0, 0, 8, 0}, Buffer(0x80000, 7)});
      expect_three(read(samples::join({large, compress(first), large, compress(rest), large})), true);
      EXPECT_NE(read(samples::join({pzstd, samples::to_bytes("no capture, a text")})).error, "");
      EXPECT_NE(read(first_bytes(large, 100)).error, "");
      EXPECT_NE(read(samples::join({compress(pcap), first_bytes(large, 100)})).error, "") << "cut";
    }
  }
}

TEST(Compressed, ManyMembersOrFramesAreOneStream) {
  const Buffer pcap = three().pcap({.nanoseconds = true});
  for (const auto compress : {gzip, zstd, lz4}) {
    Buffer whole = compress({});  // bgzip's and others' empty ones, too
    for (const std::uint8_t byte : pcap) samples::put(whole, compress({byte}));
    samples::put(whole, compress({}));
    expect_three(read(whole), true);
  }
}

TEST(Compressed, EarlyEndIsAnErrorAfterWhatWasRead) {
  samples::Recording recording;
  for (std::uint8_t i = 0; i < 200; ++i) {
    Buffer noise(1000);
    std::uint32_t state = i + 1u;
    for (std::uint8_t& byte : noise)
      byte = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
    recording.add(noise);
  }
  for (const auto compress : {gzip, zstd, lz4}) {
    const Buffer whole = compress(recording.pcap());
    const Read got = read(first_bytes(whole, whole.size() / 2));
    EXPECT_GT(got.packets.size(), 30u);
    EXPECT_LT(got.packets.size(), 101u);
    EXPECT_NE(got.error.find("ends early"), std::string::npos) << got.error;
  }
}

TEST(Compressed, DamageIsAnErrorAndNeverHangs) {
  const Buffer plain = three().pcap();
  for (const auto compress : {gzip, zstd, lz4}) {
    const Buffer whole = compress(plain);
    for (std::size_t at = 4; at < whole.size(); ++at) {
      Buffer bad = whole;
      bad[at] ^= 0x55;
      EXPECT_LE(read(bad).packets.size(), 100u);  // damage may pass for a few more packets, never for many
    }
    Buffer tail = whole;
    samples::put(tail, samples::to_bytes("garbage behind the end"));
    const Read got = read(tail);
    EXPECT_EQ(got.packets.size(), 3u);
    EXPECT_NE(got.error, "");
  }
}

TEST(NoCapture, SaysWhatItLooksLike) {
  EXPECT_NE(read(Buffer{}).error.find("empty"), std::string::npos);
  EXPECT_NE(read(samples::to_bytes("Hello, this is a text.\n")).error.find("text file"), std::string::npos);
  EXPECT_NE(read(Buffer(100, 0)).error.find("not a capture"), std::string::npos);
  EXPECT_NE(read(samples::to_bytes("PK\x03\x04 ....")).error.find("archive"), std::string::npos);
  EXPECT_NE(read(gzip(samples::to_bytes("text in gzip, not a capture"))).error.find("text file"),
            std::string::npos);
  EXPECT_NE(
      read(*open_capture("/nonexistent/file.pcap", 0)).error.find("/nonexistent/file.pcap: No such file"),
      std::string::npos);
  EXPECT_NE(
      read(*open_capture(std::filesystem::temp_directory_path().string(), 0)).error.find("Is a directory"),
      std::string::npos);
}

TEST(NoCapture, LooksLikeCaptureJudgesByContent) {
  const std::string path =
      (std::filesystem::temp_directory_path() / fmt::format("ck-capture-{}", ::getpid())).string();
  const auto looks = [&path](const Buffer& bytes) {
    samples::write_file(path, bytes);
    return looks_like_capture(path);
  };
  EXPECT_TRUE(looks(three().pcap()));
  EXPECT_TRUE(looks(gzip(three().pcapng(true))));
  EXPECT_FALSE(looks(samples::to_bytes("{}")));
  EXPECT_FALSE(looks({}));
  std::filesystem::remove(path);
  EXPECT_FALSE(looks_like_capture(path));
}

TEST(Merge, ByTimeWithEachCapturesOwnOrderKept) {
  samples::Recording a, b;
  a.step_ns = b.step_ns = 0;
  const auto add = [](samples::Recording& recording, std::int64_t time, std::uint8_t name) {
    recording.now_ns = time;
    recording.add(Buffer(1, name));
  };
  add(a, 1000, 'a');
  add(a, 3000, 'b');
  add(a, 2000, 'c');  // out of order in its own file: stays behind 'b'
  add(b, 1000, 'd');  // a tie: the first capture goes first
  add(b, 2500, 'e');
  add(b, 3500, 'f');
  const Buffer first = a.pcapng(), second = first_bytes(b.pcapng(), b.pcapng().size() - 3), third;
  std::vector<std::unique_ptr<Source>> sources;
  sources.push_back(open_memory(first, 0));
  sources.push_back(open_memory(second, 1));
  sources.push_back(open_memory(third, 2));
  std::vector<CaptureFacts> captures(3);
  const auto merged = merge_sources(std::move(sources), captures);
  const Read got = read(*merged);
  std::string order;
  for (const Buffer& data : got.data) order += static_cast<char>(data[0]);
  EXPECT_EQ(order, "adebc");  // 'f' is in the damaged tail
  EXPECT_EQ(got.packets[2].frame, 2u);
  EXPECT_EQ(captures[0].error, "");
  EXPECT_NE(captures[1].error.find("after frame 2"), std::string::npos) << captures[1].error;
  EXPECT_NE(captures[2].error.find("empty"), std::string::npos);
}

}  // namespace
}  // namespace ck::capture
