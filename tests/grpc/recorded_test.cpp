// gRPC's own library on both ends, recorded (captures/record). What is right was typed from what the peers
// were told to say; captures/expected.json says more of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "base/endian.h"
#include "stage.h"

namespace ck::grpc {
namespace {

constexpr std::size_t kFileHeader = 24, kPacketHeader = 16;

Buffer read_capture(const std::string& name) {
  std::ifstream file(CK_CAPTURES "/grpc/" + name, std::ios::binary);
  return Buffer(std::istreambuf_iterator<char>(file), {});
}

Outcome recorded() {
  return audit_of(read_capture("unary.pcap"));
}

/// The packets of a classic pcap, as tcpdump writes it here: with their headers, which are little-endian.
std::vector<Buffer> packets_of(const Buffer& file) {
  std::vector<Buffer> out;
  for (std::size_t at = kFileHeader; at + kPacketHeader <= file.size();) {
    const Buffer size(std::make_reverse_iterator(file.begin() + static_cast<std::ptrdiff_t>(at) + 12),
                      std::make_reverse_iterator(file.begin() + static_cast<std::ptrdiff_t>(at) + 8));
    const std::size_t end = at + kPacketHeader + read_be32(size, 0);
    out.emplace_back(file.begin() + static_cast<std::ptrdiff_t>(at),
                     file.begin() + static_cast<std::ptrdiff_t>(end));
    at = end;
  }
  return out;
}

/// How often each rule is broken, but for the capture's own faults.
std::map<std::string, int> broken_rules(const Outcome& out) {
  std::map<std::string, int> rules;
  for (const std::string& line : out.findings) {
    const std::string slug = line.substr(0, line.find(' '));
    if (slug != "capture-gap") ++rules[slug];
  }
  return rules;
}

class LossTest : public testing::TestWithParam<std::string> {
 protected:
  /// Of the packets from `first` on, without `lost` and `too`.
  [[nodiscard]] Outcome without(std::size_t first, std::size_t lost, std::size_t too = ~std::size_t{}) const {
    Buffer part(file_.begin(), file_.begin() + kFileHeader);
    for (std::size_t i = first; i < packets_.size(); ++i) {
      if (i != lost && i != too) samples::put(part, packets_[i]);
    }
    return audit_of(part, {}, {CK_CAPTURES "/grpc/vendor/keynet.proto"});
  }
  void blame_no_more_than_whole(const Outcome& part, const std::string& what) const {
    for (const auto& [rule, times] : broken_rules(part)) {
      const auto found = whole_.find(rule);
      EXPECT_LE(times, found == whole_.end() ? 0 : found->second) << rule << " " << what;
    }
  }
  const Buffer file_ = read_capture(GetParam());
  const std::vector<Buffer> packets_ = packets_of(file_);
  const std::map<std::string, int> whole_ = broken_rules(without(0, packets_.size()));
};

TEST_P(LossTest, APacketThatWasNotCapturedBlamesNobody) {
  ASSERT_GT(packets_.size(), 10U);
  for (std::size_t lost = 0; lost < packets_.size(); ++lost)
    blame_no_more_than_whole(without(0, lost), "without frame " + std::to_string(lost + 1));
}

/// Every tenth pair of packets.
TEST_P(LossTest, TwoPacketsThatWereNotCapturedBlameNobody) {
  for (std::size_t lost = 0; lost < packets_.size(); ++lost) {
    for (std::size_t too = lost + 1 + lost % 10; too < packets_.size(); too += 10)
      blame_no_more_than_whole(without(0, lost, too), "without frames " + std::to_string(lost + 1) + " and " +
                                                          std::to_string(too + 1));
  }
}

TEST_P(LossTest, ACaptureThatBeginsInTheMiddleBlamesNobody) {
  for (std::size_t first = 1; first < packets_.size(); ++first)
    blame_no_more_than_whole(without(first, packets_.size()), "from frame " + std::to_string(first + 1));
}

TEST_P(LossTest, ACaptureThatEndsInTheMiddleBlamesNobody) {
  for (std::size_t count = 1; count < packets_.size(); ++count) {
    Buffer part(file_.begin(), file_.begin() + kFileHeader);
    for (std::size_t i = 0; i < count; ++i) samples::put(part, packets_[i]);
    blame_no_more_than_whole(audit_of(part, {}, {CK_CAPTURES "/grpc/vendor/keynet.proto"}),
                             "up to frame " + std::to_string(count));
  }
}

std::vector<std::string> clear_captures() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(CK_CAPTURES "/grpc")) {
    if (entry.path().extension() == ".pcap") out.push_back(entry.path().filename());
  }
  return out;
}

INSTANTIATE_TEST_SUITE_P(Captures, LossTest, testing::ValuesIn(clear_captures()), [](const auto& given) {
  std::string name = given.param.substr(0, given.param.find('.'));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

/// Nine calls of Ck's: each asks, all but the aborted one are answered, and the Acknowledgement is no Ck.
TEST(RecordedTest, EveryMessageOnce) {
  std::map<std::string, int> codes;
  const Outcome out = recorded();
  for (const std::string& line : out.messages) ++codes[line.substr(0, 6)];
  const std::map<std::string, int> wanted{
      {"0x1403", 1}, {"0x4104", 1}, {"0x1405", 1}, {"0x1401", 1}, {"0x4102", 1}, {"0x1406", 1}, {"0x4107", 1},
      {"0x4108", 1}, {"0x1409", 1}, {"0x410a", 3}, {"0x140b", 2}, {"0x410c", 1}, {"0x140d", 1}};
  EXPECT_EQ(codes, wanted);
  EXPECT_EQ(out.transports, (Lines{"grpc", "grpc"}));
  EXPECT_EQ(out.count("unreadable_http2"), 0U);
  EXPECT_EQ(out.count("unknown_grpc_encodings"), 0U);
}

TEST(RecordedTest, ProceduresAndTheOneFault) {
  const Outcome out = recorded();
  EXPECT_EQ(out.procedures,
            (Lines{"completed: 0", "completed", "established: 0", "allocated", "rejected", "reserved"}));
  ASSERT_EQ(out.findings.size(), 1U);  // a reservation without a destination
  EXPECT_TRUE(out.findings[0].starts_with("missing-parameter ")) << out.findings[0];
  EXPECT_EQ(out.undecided, 0U);
}

}  // namespace
}  // namespace ck::grpc
