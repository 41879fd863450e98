// Captures made to exhaust whoever reads them: each costs in proportion to its packets, takes no more memory
// than the bounds that are documented, and what is dropped at one is counted under its name.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "hostile/floods.h"
#include "hostile/grpc_floods.h"
#include "hostile/measured.h"

namespace ck::hostile {
namespace {

struct Flood {
  const char* name;
  void (*make)(Writer& writer, std::uint32_t n);
  std::uint32_t n;  ///< the second capture has four times as many
  double most_mib;  ///< of the larger one
  std::set<std::string>
      bounds;  ///< that the larger one reaches: what was dropped is counted under these names
};

void PrintTo(const Flood& flood, std::ostream* out) {
  *out << flood.name;
}

// What the bounds' defaults allow: 262,144 connections of half a KiB, 131,072 procedures of a KiB, 256 MiB of
// bytes that wait. Where none of these fills, a few MiB for the tool and its buffers.
constexpr double kConnections = 160, kProcedures = 200, kBuffered = 350, kFew = 64;
/// … and 128 MiB that procedures leave behind.
constexpr double kLong = 200;
/// 100,000 connections on which Ck was recognised, at 4 KiB each, and how their peers speak.
constexpr double kWithCk = 450;

const Flood kFloods[] = {
    {"Syns", syns, 250'000, kConnections, {"connections"}},
    {"HalfOpenConnections", half_open, 25'000, kConnections, {}},
    {"HalfOpenConnectionsWithManyBytes", half_open_large, 2'500, kBuffered, {"buffered_bytes"}},
    {"UnfinishedMessagesInTinySegments", dribbles, 120'000, kFew, {}},
    {"MessagesInTinySegments", whole_dribbles, 120'000, kFew, {}},
    {"SegmentsBehindHoles", behind_a_hole, 250'000, kFew, {"buffered_per_direction"}},
    {"SegmentsBehindHolesBackwards", behind_a_hole_backwards, 250'000, kFew, {"buffered_per_direction"}},
    {"Fragments", fragments, 75'000, kFew, {"fragmented_datagrams"}},
    {"MessagesOfOneConnection", conversation, 250'000, kFew, {"remembered_ids", "unused_offers"}},
    {"OpenRequests", open_requests, 50'000, kProcedures, {"open_requests", "remembered_ids"}},
    {"ForeignAnswers", foreign_answers, 25'000, kProcedures, {}},
    {"Sessions", sessions, 75'000, kProcedures, {"open_procedures", "open_requests", "remembered_ids"}},
    {"SessionRequests", session_requests, 25'000, kProcedures, {}},
    {"Relays", relays, 75'000, kProcedures, {"open_procedures", "open_requests", "remembered_ids"}},
    {"Hops", hops, 25'000, kProcedures, {"unused_offers"}},
    {"Destinations", destinations, 150'000, kProcedures, {"remembered_ids"}},
    {"Reservations", reservations, 75'000, kProcedures, {"remembered_ids"}},
    {"KmaIds", kma_ids, 75'000, kProcedures, {"open_procedures", "open_requests", "remembered_ids"}},
    {"MemberNames",
     member_names,
     75'000,
     kProcedures,
     {"open_procedures", "open_requests", "remembered_ids"}},
    {"CodesAndVersions", codes_and_versions, 100'000, kFew, {}},
    {"MalformedFrames",
     malformed,
     75'000,
     kProcedures,
     {"open_procedures", "open_requests", "remembered_ids"}},
    {"Decoys", decoys, 500, kFew, {}},
    {"Findings", findings, 250, kFew, {}},
    {"Connections", connections, 25'000, kWithCk, {}},
    {"NamesOfOneHost", names_of_one_host, 15'000, kProcedures, {}},
    {"LongNames", long_names, 750, kLong, {"procedure_bytes"}},
    {"LongRoutes", long_routes, 250, kLong, {"procedure_bytes"}},
    {"LongAllocations", long_allocations, 60, kProcedures, {"allocations", "known_keys"}},
#ifdef CK_GRPC
    {"Rpcs", rpcs, 25'000, kFew, {"rpcs"}},
    {"HeaderBombs", header_bombs, 250, kFew, {}},
    {"EndlessHeaderList", endless_header_list, 25'000, kFew, {}},
    {"EndlessMessages", endless_messages, 12'500, kBuffered, {}},
    {"GzipBombs", gzip_bombs, 25, kBuffered, {}},
    {"SettingsFlood", settings_flood, 25'000, kFew, {}},
    {"LyingLengths", lying_lengths, 10'000, kWithCk, {}},
    {"EndlessUpgrades", endless_upgrades, 100'000, kFew, {}},
#endif
};

class FloodTest : public testing::TestWithParam<Flood> {};

Measured flood(const Flood& flood, std::uint32_t n) {
  const TemporaryFolder folder;
  Writer writer(folder.path() / "flood.pcap");
  flood.make(writer, n);
  writer.close();
  return audit(folder.path() / "flood.pcap");
}

TEST_P(FloodTest, CostsInProportionAndIsBounded) {
  const Measured small = flood(GetParam(), GetParam().n);
  const Measured large = flood(GetParam(), 4 * GetParam().n);
  ASSERT_TRUE(small.status == 0 || small.status == 1) << small.errors;
  ASSERT_TRUE(large.status == 0 || large.status == 1) << large.errors;
  constexpr double kSlack = 2, kNoise = 0.2;  // a quadratic cost would be 16 times as much
  EXPECT_LT(large.cpu_seconds, 4 * kSlack * small.cpu_seconds + kNoise);
  EXPECT_LT(large.peak_mib, GetParam().most_mib);
  for (const std::string& bound : GetParam().bounds)
    EXPECT_GT(large.diagnostics["dropped"][bound].asUInt64(), 0u) << bound << large.diagnostics;
}

INSTANTIATE_TEST_SUITE_P(Captures, FloodTest, testing::ValuesIn(kFloods),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace ck::hostile
