// However a stream is split, ordered, repeated and overlapped on the wire, the same bytes and messages come
// out, each with the frame that a byte-by-byte model names. Seeds are fixed.
#include <algorithm>
#include <random>

#include "capture/model.h"

namespace ck::capture {
namespace {

using Part = StreamModel::Part;

/// Parts that cover the whole stream, then more that repeat and overlap them, all shuffled within a distance
/// of `disorder`.
std::vector<Part> random_parts(std::size_t size, std::mt19937& random, std::size_t disorder) {
  const auto pick = [&random](std::size_t low, std::size_t high) {
    return std::uniform_int_distribution<std::size_t>(low, high)(random);
  };
  std::vector<std::pair<std::size_t, Part>> parts;
  const std::size_t longest = pick(1, 200);
  for (std::size_t at = 0; at < size;) {
    const std::size_t length = std::min(size - at, pick(1, longest));
    parts.emplace_back(parts.size() + pick(0, disorder), Part{at, length});
    if (pick(0, 3) == 0) {
      const std::size_t begin = at - std::min(at, pick(0, 50));
      parts.emplace_back(parts.size() + pick(0, disorder),
                         Part{begin, std::min(size - begin, pick(1, 2 * longest))});
    }
    at += length;
  }
  std::stable_sort(parts.begin(), parts.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Part> out;
  for (const auto& [order, part] : parts) out.push_back(part);
  return out;
}

TEST(Metamorphic, BytesAndFramesAreTheModels) {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    std::vector<std::uint8_t> stream(1 + random() % 5000);
    for (std::uint8_t& byte : stream) byte = static_cast<std::uint8_t>(random());
    StreamModel model(stream);
    ByteSink sink;
    StreamBudget budget{.max_per_direction = 1u << 20, .max_total = 1u << 20};
    TcpTable table({10, 0}, sink, budget);
    // Every third stream wraps around 2^32 in its middle.
    const auto anywhere = static_cast<std::uint32_t>(random());
    const std::uint32_t first = seed % 3 == 0 ? 0u - static_cast<std::uint32_t>(stream.size() / 2) : anywhere;
    TcpSegment syn = model.segment({0, 0}, first - 1, 1);
    syn.flags = kTcpSyn;
    table.segment(syn);
    std::uint64_t frame = 1;
    for (const Part& part : random_parts(stream.size(), random, random() % 30)) {
      model.capture(part, ++frame);
      table.segment(model.segment(part, first, frame));
    }
    TcpSegment fin = model.segment({stream.size(), 0}, first, ++frame);
    fin.flags |= kTcpFin;
    table.segment(fin);
    table.finish();
    ASSERT_EQ(sink.bytes, stream);
    for (std::size_t i = 0; i < stream.size(); ++i) ASSERT_EQ(sink.frames[i], model.complete_at(i + 1)) << i;
    EXPECT_EQ(sink.missing, 0u);
    EXPECT_EQ(sink.fins, 1u);
    EXPECT_EQ(budget.total, 0u);
    EXPECT_EQ(budget.conflicting_overlaps, 0u);
  }
}

TEST(Metamorphic, MissingBytesAreCountedAndTheRestComesThrough) {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    std::vector<std::uint8_t> stream(2000 + random() % 3000);
    for (std::uint8_t& byte : stream) byte = static_cast<std::uint8_t>(random());
    StreamModel model(stream);
    ByteSink sink;
    StreamBudget budget{.max_per_direction = 1u << 20, .max_total = 1u << 20};
    TcpTable table({10, 0}, sink, budget);
    TcpSegment syn = model.segment({0, 0}, 99, 1);
    syn.flags = kTcpSyn;
    table.segment(syn);
    std::uint64_t frame = 1;
    for (const Part& part : random_parts(stream.size(), random, random() % 30)) {
      if (random() % 8 == 0) continue;
      model.capture(part, ++frame);
      table.segment(model.segment(part, 100, frame));
    }
    table.finish();
    std::vector<std::uint8_t> present;
    std::size_t last = 0;
    for (std::size_t i = 0; i < stream.size(); ++i) {
      if (model.was_captured(i)) {
        present.push_back(stream[i]);
        last = i;
      }
    }
    ASSERT_EQ(sink.bytes, present);
    EXPECT_EQ(sink.missing, last + 1 - present.size());
  }
}

TEST(Metamorphic, MessagesAreTheSameAndNameTheModelsFrames) {
  std::vector<std::uint8_t> stream;
  std::vector<std::size_t> ends;
  for (std::uint32_t id = 1; id <= 40; ++id) {
    const std::string body = R"({"Source KMA ID":")" + std::string(id * 7 % 60, 'a') + "\"}";
    samples::put(stream, samples::frame(1, id, samples::kRelayNotification, body));
    ends.push_back(stream.size());
  }
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    StreamModel model(stream);
    Pipeline pipeline;
    TcpSegment syn = model.segment({0, 0}, 99, 1);
    syn.flags = kTcpSyn;
    pipeline.table.segment(syn);
    std::uint64_t frame = 1;
    for (const Part& part : random_parts(stream.size(), random, random() % 40)) {
      model.capture(part, ++frame);
      pipeline.table.segment(model.segment(part, 100, frame));
    }
    pipeline.table.finish();
    ASSERT_EQ(pipeline.log.lines.size(), 41u);
    for (std::uint32_t id = 1; id <= 40; ++id) {
      const std::string expected =
          fmt::format("message 0 #{} 0x1403 id={} ", model.complete_at(ends[id - 1]), id);
      EXPECT_EQ(pipeline.log.lines[id].substr(0, expected.size()), expected);
    }
    EXPECT_EQ(pipeline.budget.conflicting_overlaps, 0u);
  }
}

}  // namespace
}  // namespace ck::capture
