// decode_payload() against the reference decoder: every member, element, node, range and fit, and what is
// said of a payload that is no object, and where.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "protocol/helpers.h"
#include "protocol/json_cases.h"
#include "protocol/reference_decoder.h"

namespace ck::protocol {
namespace {

namespace fs = std::filesystem;

/// Both decoders, their buffers used again and again as in an audit.
class Both {
 public:
  /// A line about the first difference; empty where they agree.
  std::string compare(std::string_view text, const MessageSpec* message) {
    decode_payload(as_bytes(text), message, names_, decoded_);
    reference_.decode(as_bytes(text), message, names_, expected_);
    const std::string differs = difference(decoded_, expected_);
    return differs.empty() ? differs : differs + ": " + std::string(text);
  }
  [[nodiscard]] PayloadState state() const { return decoded_.state; }

 private:
  NameTable names_;
  ReferenceDecoder reference_;
  Payload decoded_, expected_;
};

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The payloads of the frames in the samples: wherever a brace stands, as many bytes as the two before it
/// say.
std::vector<std::string> sample_payloads() {
  std::vector<std::string> payloads;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(CK_SOURCE_DIR) / "captures")) {
    if (!entry.path().extension().string().starts_with(".pcap")) continue;
    const std::string bytes = contents(entry.path());
    for (std::size_t at = bytes.find('{', 2); at != std::string::npos; at = bytes.find('{', at + 1)) {
      const auto size = static_cast<std::size_t>(static_cast<unsigned char>(bytes[at - 2]) << 8 |
                                                 static_cast<unsigned char>(bytes[at - 1]));
      if (size >= 2 && size < 4096 && at + size <= bytes.size()) payloads.push_back(bytes.substr(at, size));
    }
  }
  return payloads;
}

TEST(ReferenceDecoder, AgreesOnTheCasesOfTheGrammar) {
  Both both;
  const auto check = [&](const std::string& text) {
    EXPECT_EQ(both.compare(text, find_message(0x1401)), "");
    for (const char* rest : {" ", "\n", "x", " }", "{}", "\"", "\xFF", "\x01"})
      EXPECT_EQ(both.compare(text + rest, find_message(0x1401)), "");
    for (std::size_t size = 0; size < text.size(); ++size)
      EXPECT_EQ(both.compare(text.substr(0, size), find_message(0x1401)), "");
  };
  for (const auto* values : {&kGoodValues[0], &kBadValues[0]}) {
    const std::size_t count = values == &kGoodValues[0] ? std::size(kGoodValues) : std::size(kBadValues);
    for (std::size_t i = 0; i < count; ++i) {
      check(values[i]);
      for (const auto& around : kAround) check(around[0] + values[i] + around[1]);
    }
  }
}

TEST(ReferenceDecoder, AgreesOnNesting) {
  Both both;
  for (const std::size_t levels : {1u, 2u, 62u, 63u, 64u, 65u, 66u, 1200u}) {
    for (const char* open : {"[", "{\"a\":", "[{\"a\":"}) {
      std::string text, end;
      for (std::size_t i = 0; i < levels; ++i) {
        text += open;
        end += open[0] == '[' && open[1] != '\0' ? "}]" : open[0] == '[' ? "]" : "}";
      }
      EXPECT_EQ(both.compare(text + "1" + end, find_message(0x4102)), "");
      EXPECT_EQ(both.compare("{\"Extension\":" + text + "1" + end + "}", find_message(0x4102)), "");
      EXPECT_EQ(both.compare(text, find_message(0x4102)), "");
    }
  }
}

TEST(ReferenceDecoder, AgreesOnTheSeedsOfTheFuzzers) {
  Both both;
  std::size_t seen = 0;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(CK_SOURCE_DIR) / "tests/fuzz/corpus")) {
    if (!entry.is_regular_file()) continue;
    EXPECT_EQ(both.compare(contents(entry.path()), nullptr), "") << entry.path();
    ++seen;
  }
  EXPECT_GT(seen, 0u);
}

TEST(ReferenceDecoder, AgreesOnThePayloadsOfTheSamples) {
  Both both;
  std::size_t objects = 0;
  for (const std::string& text : sample_payloads()) {
    for (const MessageSpec& message : messages()) EXPECT_EQ(both.compare(text, &message), "");
    EXPECT_EQ(both.compare(text, nullptr), "");
    objects += both.state() == PayloadState::object ? 1 : 0;
  }
  EXPECT_GT(objects, 500u) << "the test does not find the samples' payloads";
}

/// One to four slips of a hasty encoder: bytes changed, lost, put in, doubled, and a cut.
std::string mutated(std::string text, std::mt19937& random) {
  static const std::string kMarks = "\"\\{}[],: \t\n\r0-1.eE+tfnu/\x01\x1f\x7f\xc3\xa9\xed\xa0\x80\xff";
  const auto below = [&](std::size_t size) { return static_cast<std::size_t>(random() % size); };
  for (std::size_t slips = 1 + below(4); slips > 0 && !text.empty(); --slips) {
    const std::size_t at = below(text.size());
    const char mark = below(24) == 0 ? '\0' : kMarks[below(kMarks.size())];
    switch (below(6)) {
      case 0:
        text[at] = mark;
        break;
      case 1:
        text.insert(at, 1, mark);
        break;
      case 2:
        text.erase(at, 1 + below(3));
        break;
      case 3:
        text.insert(at, text.substr(below(text.size()), below(24)));
        break;
      case 4:
        text[at] = static_cast<char>(text[at] ^ 1 << below(8));
        break;
      default:
        if (below(4) == 0) text.resize(at);
    }
  }
  return text;
}

TEST(ReferenceDecoder, AgreesOnMutatedPayloads) {
  Both both;
  std::vector<std::string> seeds = sample_payloads();
  for (const std::string& value : kGoodValues) {
    for (const auto& around : kAround) seeds.push_back(around[0] + value + around[1]);
  }
  for (const std::string& value : kBadValues) seeds.push_back("{\"Next KMA IDs\":[" + value + "]}");
  seeds.emplace_back(
      R"({"Next KMA IDs":["a","\u0062\n",7,{"id":null}],"Extension":[{"\ud83d\ude00":["x"]},{}],"Response":"0"})");
  seeds.emplace_back(
      R"( {"Key IDs" : [ {"Key ID":"k\t1","size":256} , {"key_id":2} ] , "Key IDs":"a, \u002c b" , "x":-1.5e+3 } )");
  constexpr int kRounds = 200'000;
  std::mt19937 random(4164);
  std::size_t objects = 0;
  for (int i = 0; i < kRounds; ++i) {
    const std::string text = mutated(seeds[random() % seeds.size()], random);
    const std::size_t which = random() % (kMessageCount + 1);
    ASSERT_EQ(both.compare(text, which < kMessageCount ? &messages()[which] : nullptr), "") << "round " << i;
    objects += both.state() == PayloadState::object ? 1 : 0;
  }
  EXPECT_GT(objects, kRounds / 20u) << "mutations leave too little to decode";
}

}  // namespace
}  // namespace ck::protocol
