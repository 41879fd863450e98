// Copies with comments: what is added and where, and that all else is the same to the bit.
#include "capture/annotated_copy.h"

#include <array>

#include "capture/files.h"

namespace ck::capture {
namespace {

struct Copied {
  Buffer bytes;
  bool whole = false, damaged = false;
  std::uint64_t frames = 0, silent = 0;
};

using Comments = std::vector<std::pair<std::uint64_t, std::string>>;

/// As ck-audit does it: an outline, then the copy.
Copied copy_of(const Buffer& file, const Comments& comments = {}, const std::string& section = "S") {
  Copied out;
  CaptureOutline outline(open_bytes(file));
  for (const auto& [frame, text] : comments) out.silent += !outline.takes_comment(frame);
  outline.finish();
  AnnotatedCopy copy(open_bytes(file), outline.sound_bytes(), section,
                     [&out](Bytes bytes) { out.bytes.insert(out.bytes.end(), bytes.begin(), bytes.end()); });
  for (const auto& [frame, text] : comments) copy.comment(frame, text);
  out.whole = copy.finish();
  out.damaged = outline.damaged();
  out.frames = outline.frames();
  return out;
}

/// A section whose length is not stated, with one comment "S".
const Buffer kCommentedSection =
    block(0x0a0d0d0a, {0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0,   0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                       0xff, 0xff, 1,    0,    1, 0, 'S', 0, 0,    0,    0,    0,    0,    0});

Buffer packet_body(const Buffer& packet) {
  Buffer body{0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0};
  for (int i = 0; i < 2; ++i) {
    body.push_back(static_cast<std::uint8_t>(packet.size()));
    body.resize(body.size() + 3);
  }
  samples::put(body, packet);
  while (body.size() % 4 != 0) body.push_back(0);
  return body;
}

Buffer with(Buffer body, const Buffer& options) {
  samples::put(body, options);
  return body;
}

const Buffer kComment{1, 0, 2, 0, 'h', 'i', 0, 0}, kEnd{0, 0, 0, 0};

TEST(AnnotatedCopy, ABlockWithoutOptionsGetsThem) {
  const Buffer body = packet_body({'a', 'b', 'c'});
  const Copied copy = copy_of(samples::join({kSection, kEthernet, block(6, body)}), {{1, "hi"}});
  EXPECT_EQ(copy.bytes,
            samples::join({kCommentedSection, kEthernet, block(6, with(with(body, kComment), kEnd))}));
  EXPECT_TRUE(copy.whole);
  EXPECT_EQ(copy.silent, 0u);
}

TEST(AnnotatedCopy, CommentsStandBehindTheOptionsThatAreThere) {
  const Buffer flags{2, 0, 4, 0, 1, 0, 0, 0}, old{1, 0, 3, 0, 'o', 'l', 'd', 0};
  const Buffer body = with(with(packet_body({'a'}), old), flags);
  const Buffer after{9, 9, 9, 9};  // behind the end of options: nobody reads it, and it stays
  const Copied copy = copy_of(samples::join({kSection, kEthernet, block(6, with(with(body, kEnd), after))}),
                              {{1, "hi"}, {1, "hi"}});
  const Buffer expected = with(with(with(with(body, kComment), kComment), kEnd), after);
  EXPECT_EQ(copy.bytes, samples::join({kCommentedSection, kEthernet, block(6, expected)}));
}

/// Comments that the caller knows make room; those of others, and other options, stay in their places.
TEST(AnnotatedCopy, ReplacesTheCommentsThatItIsTold) {
  const auto replaced = [](const Buffer& file, const Comments& comments) {
    CaptureOutline outline(open_bytes(file));
    outline.finish();
    Buffer out;
    AnnotatedCopy copy(open_bytes(file), outline.sound_bytes(), "S",
                       [&out](Bytes bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); });
    copy.replace_comments([](std::string_view text) { return text == "hi" || text == "S"; });
    for (const auto& [frame, text] : comments) copy.comment(frame, text);
    EXPECT_TRUE(copy.finish());
    return out;
  };
  const Buffer flags{2, 0, 4, 0, 1, 0, 0, 0}, other{1, 0, 3, 0, 'o', 'l', 'd', 0};
  const Buffer packet = packet_body({'a'});
  const auto of = [&](const std::vector<Buffer>& options) {
    Buffer body = packet;
    for (const Buffer& option : options) body = with(body, option);
    return samples::join({kCommentedSection, kEthernet, block(6, body)});
  };
  EXPECT_EQ(replaced(of({kComment, other, kComment, flags, kEnd}), {}), of({other, flags, kEnd}));
  EXPECT_EQ(replaced(of({kComment, other, kComment, flags, kEnd}), {{1, "hi"}}),
            of({other, flags, kComment, kEnd}));
  EXPECT_EQ(replaced(of({kComment}), {{1, "hi"}}), of({kComment, kEnd})) << "without an end of options";
  EXPECT_EQ(replaced(of({other, kEnd}), {}), of({other, kEnd}));
  const Buffer names = block(4, {1, 0, 2, 0, 'h', 'i', 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(replaced(samples::join({kCommentedSection, names}), {}),
            samples::join({kCommentedSection, names}))
      << "other blocks' bytes are no comments";
}

TEST(AnnotatedCopy, TheSectionKeepsItsOptions) {
  const Buffer head{0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0};
  const Buffer unknown(8, 0xff), stated{40, 0, 0, 0, 0, 0, 0, 0};
  const Buffer os{3, 0, 5, 0, 'L', 'i', 'n', 'u', 'x', 0, 0, 0};
  const Buffer file = block(0x0a0d0d0a, with(with(with(head, stated), os), kEnd));
  const Buffer comment{1, 0, 1, 0, 'S', 0, 0, 0};
  EXPECT_EQ(copy_of(file).bytes, block(0x0a0d0d0a, with(with(with(with(head, unknown), os), comment), kEnd)));
}

TEST(AnnotatedCopy, AllOtherBlocksAreTheSame) {
  const Buffer names = block(4, {1, 0, 6, 0, 10, 0, 0, 1, 'k', 0, 0, 0, 0, 0, 0, 0});
  const Buffer secrets = block(10, {0x4b, 0x53, 0x4c, 0x54, 3, 0, 0, 0, 'a', 'b', 'c', 0});
  const Buffer custom = block(0x00000bad, {1, 2, 3, 4, 5, 6, 7, 8}), strange = block(0x7777, {1, 2, 3, 4});
  const Buffer statistics = block(5, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  const Buffer packet = block(6, packet_body({'x'}));
  const Buffer rest = samples::join({kEthernet, names, secrets, custom, packet, strange, statistics, packet});
  // The custom block is Wireshark's frame 1.
  const Copied copy = copy_of(samples::join({kSection, rest}), {{3, "hi"}});
  EXPECT_EQ(copy.bytes,
            samples::join({kCommentedSection, kEthernet, names, secrets, custom, packet, strange, statistics,
                           block(6, with(with(packet_body({'x'}), kComment), kEnd))}));
  EXPECT_EQ(copy.frames, 3u);
}

TEST(AnnotatedCopy, ASimpleBlockTakesNoComment) {
  const Buffer simple = block(3, {1, 0, 0, 0, 'a'});
  const Copied copy = copy_of(samples::join({kSection, kEthernet, simple, simple}), {{2, "hi"}});
  EXPECT_EQ(copy.bytes, samples::join({kCommentedSection, kEthernet, simple, simple}));
  EXPECT_EQ(copy.silent, 1u);
}

TEST(AnnotatedCopy, AnObsoleteBlockDoes) {
  const Buffer body = packet_body({'a'});
  EXPECT_EQ(copy_of(samples::join({kSection, kEthernet, block(2, body)}), {{1, "hi"}}).bytes,
            samples::join({kCommentedSection, kEthernet, block(2, with(with(body, kComment), kEnd))}));
}

TEST(AnnotatedCopy, OptionsThatRunOverTheBlockAreLeftAlone) {
  const Buffer bad = block(6, with(packet_body({'a'}), {2, 0, 200, 0, 1, 0, 0, 0}));
  const Buffer longer =
      block(6, {0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 'a'});
  const Copied copy = copy_of(samples::join({kSection, kEthernet, bad, longer}), {{1, "hi"}, {2, "hi"}});
  EXPECT_EQ(copy.bytes, samples::join({kCommentedSection, kEthernet, bad, longer}));
  EXPECT_EQ(copy.silent, 2u);
}

/// Both byte orders, one behind the other.
TEST(AnnotatedCopy, EachSectionHasItsByteOrder) {
  const Buffer section{0x0a, 0x0d, 0x0d, 0x0a, 0,    0,    0,    28,   0x1a, 0x2b, 0x3c, 0x4d, 0, 1,
                       0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,    0,    0, 28};
  const Buffer interface { 0, 0, 0, 1, 0, 0, 0, 20, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20 };
  const Buffer packet{0, 0, 0, 6, 0, 0, 0, 36, 0, 0, 0,   0, 0, 0, 0, 0, 0, 0,
                      0, 0, 0, 0, 0, 1, 0, 0,  0, 1, 'a', 0, 0, 0, 0, 0, 0, 36};
  const Buffer commented{0, 0, 0, 6, 0,   0, 0, 48, 0, 0, 0, 0, 0,   0,   0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
                         0, 0, 0, 1, 'a', 0, 0, 0,  0, 1, 0, 2, 'h', 'i', 0, 0, 0, 0, 0, 0, 0, 0, 0, 48};
  const Buffer file =
      samples::join({kSection, kEthernet, block(6, packet_body({'a'})), section, interface, packet});
  const Copied copy = copy_of(file, {{2, "hi"}});
  EXPECT_EQ(copy.bytes, samples::join({kCommentedSection, kEthernet, block(6, packet_body({'a'})), section,
                                       interface, commented}));
}

TEST(AnnotatedCopy, EndsBeforeTheDamage) {
  const Buffer good = samples::join({kSection, kEthernet, block(6, packet_body({'a'}))});
  const Buffer copied = samples::join({kCommentedSection, kEthernet, block(6, packet_body({'a'}))});
  Buffer other_length = block(6, packet_body({'b'}));
  other_length[other_length.size() - 4] ^= 4;
  Buffer cut = block(6, packet_body({'b'}));
  cut.pop_back();
  const Buffer short_one{6, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0}, odd{6, 0, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0, 0},
      huge{6, 0, 0, 0, 0xfc, 0xff, 0xff, 0xff, 0, 0, 0, 0},
      huge_unknown{77, 0, 0, 0, 0xfc, 0xff, 0xff, 0xff, 0, 0, 0, 0}, few{6, 0, 0};
  for (const Buffer& bad : {other_length, cut, short_one, odd, huge, huge_unknown, few}) {
    const Copied copy = copy_of(samples::join({good, bad}), {{1, "hi"}, {2, "never"}});
    EXPECT_TRUE(copy.damaged);
    EXPECT_TRUE(copy.whole) << "all of what is sound";
    EXPECT_EQ(copy.frames, 1u);
    EXPECT_EQ(copy.silent, 1u);
    EXPECT_EQ(copy_of(samples::join({good, bad})).bytes, copied);
  }
}

/// Longer than what is held at once.
TEST(AnnotatedCopy, ALongBlockIsCopiedInPieces) {
  const Buffer custom = block(0x00000bad, Buffer(17u << 20, 0x5a)), packet = block(6, packet_body({'a'}));
  const Copied copy = copy_of(samples::join({kSection, kEthernet, custom, packet}), {{1, "none"}});
  EXPECT_EQ(copy.bytes, samples::join({kCommentedSection, kEthernet, custom, packet}));
  EXPECT_EQ(copy.silent, 1u);
  EXPECT_FALSE(copy.damaged);
}

TEST(AnnotatedCopy, AFrameWithVeryManyFindingsSaysHowMany) {
  const auto text_of = [](int count, const std::string& comment) {
    Comments comments;
    for (int i = 0; i < count; ++i) comments.emplace_back(1, comment);
    const Copied copy = copy_of(samples::join({kSection, kEthernet, block(6, packet_body({'a'}))}), comments);
    EXPECT_TRUE(copy.whole);
    return std::string(copy.bytes.begin(), copy.bytes.end());
  };
  EXPECT_EQ(text_of(2000, "hi").find(" more finding"), std::string::npos);
  EXPECT_NE(text_of(2036, "hi").find("ck-audit: and 36 more findings"), std::string::npos);
  const std::string longer = text_of(2000, std::string(8192, 'x'));
  EXPECT_NE(longer.find("ck-audit: and 1936 more findings"), std::string::npos) << "half a MiB of comments";
  EXPECT_LT(longer.size(), 600'000u);
}

TEST(AnnotatedCopy, ALongCommentEndsBetweenTwoCharacters) {
  std::string text;
  while (text.size() < 70'000) text += "ä";
  const Copied copy =
      copy_of(samples::join({kSection, kEthernet, block(6, packet_body({'a'}))}), {{1, "x" + text}});
  const std::string bytes(copy.bytes.begin(), copy.bytes.end());
  EXPECT_NE(bytes.find("ä…"), std::string::npos);
  EXPECT_LT(bytes.size(), 9'000u);
}

struct PcapKind {
  std::array<std::uint8_t, 4> magic;
  std::size_t record_header;
};

class AnnotatedPcap : public testing::TestWithParam<PcapKind> {};

TEST_P(AnnotatedPcap, IsTheSamePacketsToAReader) {
  const bool little = GetParam().magic[3] == 0xa1;
  const auto word = [little](std::uint32_t value) {
    Buffer out(4);
    for (unsigned i = 0; i < 4; ++i) out[i] = static_cast<std::uint8_t>(value >> 8 * (little ? i : 3 - i));
    return out;
  };
  const Buffer versions = little ? Buffer{2, 0, 4, 0} : Buffer{0, 2, 0, 4};
  const Buffer magic(GetParam().magic.begin(), GetParam().magic.end());
  Buffer file = samples::join({magic, versions, word(0), word(0), word(1'500), word(101)});
  for (std::uint32_t i = 1; i <= 3; ++i) {
    Buffer more(GetParam().record_header - 16, 7);
    file = samples::join(
        {file, word(1'700'000'000 + i), word(999'999 - i), word(i), word(i + 40), more, Buffer(i, 0x45)});
  }
  const Copied copy = copy_of(file, {{2, "hi"}});
  EXPECT_TRUE(copy.whole);
  EXPECT_FALSE(copy.damaged);
  const Read before = read(file), after = read(copy.bytes);
  ASSERT_EQ(before.packets.size(), 3u);
  ASSERT_EQ(after.packets.size(), 3u);
  EXPECT_EQ(after.error, "");
  EXPECT_EQ(after.data, before.data);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(after.packets[i].time_ns, before.packets[i].time_ns);
    EXPECT_EQ(after.packets[i].original_length, before.packets[i].original_length);
    EXPECT_EQ(after.packets[i].link_type, before.packets[i].link_type);
    EXPECT_EQ(after.packets[i].frame, before.packets[i].frame);
  }
  const std::string text(copy.bytes.begin(), copy.bytes.end());
  EXPECT_NE(text.find("hi"), std::string::npos);
  // The interface's snap length is the file's.
  const Buffer interface = samples::join({little ? Buffer{101, 0, 0, 0} : Buffer{0, 101, 0, 0}, word(1'500)});
  EXPECT_NE(text.find(std::string(interface.begin(), interface.end())), std::string::npos);
  // Cut inside the last packet, two are left.
  file.pop_back();
  const Copied cut = copy_of(file);
  EXPECT_TRUE(cut.damaged);
  EXPECT_EQ(read(cut.bytes).packets.size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(
    AllKinds, AnnotatedPcap,
    testing::Values(PcapKind{{0xd4, 0xc3, 0xb2, 0xa1}, 16}, PcapKind{{0xa1, 0xb2, 0xc3, 0xd4}, 16},
                    PcapKind{{0x4d, 0x3c, 0xb2, 0xa1}, 16}, PcapKind{{0xa1, 0xb2, 0x3c, 0x4d}, 16},
                    PcapKind{{0x34, 0xcd, 0xb2, 0xa1}, 24}, PcapKind{{0xa1, 0xb2, 0xcd, 0x34}, 24}));

TEST(AnnotatedCopy, WhatIsNoCaptureIsNotCopied) {
  for (const Buffer& file :
       {Buffer{}, Buffer{'x'}, samples::to_bytes("no capture at all, but text of some length")}) {
    CaptureOutline outline(open_bytes(file));
    outline.finish();
    EXPECT_FALSE(outline.is_capture());
    EXPECT_TRUE(copy_of(file).bytes.empty());
  }
}

}  // namespace
}  // namespace ck::capture
