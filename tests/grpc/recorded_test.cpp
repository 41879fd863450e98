// gRPC's own library on both ends, recorded (captures/record/grpc_peer.py). What is right was typed from what
// the peers were told to say.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

#include "stage.h"

namespace ck::grpc {
namespace {

Outcome recorded() {
  std::ifstream file(CK_CAPTURES "/grpc/unary.pcap", std::ios::binary);
  return audit_of(Buffer(std::istreambuf_iterator<char>(file), {}));
}

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
