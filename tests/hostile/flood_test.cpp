// Captures made to exhaust whoever reads them: each costs in proportion to its packets, takes no more memory
// than the bounds that are documented, and what is let go at one is counted under its name.
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

#include "hostile/measured.h"
#include "hostile/writer.h"

namespace ck::hostile {
namespace {

struct Flood {
  const char* name;
  void (*make)(Writer& writer, std::uint32_t n);
  std::uint32_t n;  ///< the second capture has four times as many
  double most_mib;  ///< of the larger one
  std::set<std::string>
      bounds;  ///< that the larger one reaches: what was let go is counted under these names
};

void PrintTo(const Flood& flood, std::ostream* out) {
  *out << flood.name;
}

std::string numbered(const char* before, std::uint32_t number, const char* after) {
  return before + std::to_string(number) + after;
}

Flow flow_number(std::uint32_t number) {
  return {0x0a290000u + number / 50'000, 0x0a0e0001, static_cast<std::uint16_t>(10'000 + number % 50'000),
          51640};
}

// TCP ------------------------------------------------------------------------------------------------------

void syns(Writer& writer, std::uint32_t n) {
  std::mt19937 random(1);
  for (std::uint32_t i = 0; i < n; ++i) {
    const Flow flow{static_cast<std::uint32_t>(random()), 0x0a0e0001, static_cast<std::uint16_t>(random()),
                    static_cast<std::uint16_t>(random())};
    writer.segment(flow, kSyn, static_cast<std::uint32_t>(random()), 0);
  }
}

/// Each has begun a frame of 64 KiB.
void half_open(Writer& writer, std::uint32_t n) {
  const std::string start = ck_frame(0x1403, 1, "{\"Source KMA ID\":\"A", 65'535);
  for (std::uint32_t i = 0; i < n; ++i) {
    writer.segment(flow_number(i), kSyn, 1000, 0);
    writer.segment(flow_number(i), kPsh | kAck, 1001, 1, start);
  }
}

/// The same with as much of the frame as a segment holds.
void half_open_large(Writer& writer, std::uint32_t n) {
  std::string start = ck_frame(0x1403, 1, "{\"Source KMA ID\":\"", 65'535);
  start.resize(30'000, 'A');
  for (std::uint32_t i = 0; i < n; ++i) {
    writer.segment(flow_number(i), kSyn, 1000, 0);
    writer.segment(flow_number(i), kPsh | kAck, 1001, 1, start);
  }
}

/// A hole, and behind it segments that never become contiguous.
void behind_a_hole(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  talk.km(ck_frame(0x1403, 1, R"({"Source KMA ID":"A"})"));
  for (std::uint32_t i = 0; i < n; ++i) {
    talk.lose(0, 7);
    talk.km("0123456789");
  }
}

/// The same in descending order, which is the worst for what inserts in front.
void behind_a_hole_backwards(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  talk.km(ck_frame(0x1403, 1, R"({"Source KMA ID":"A"})"));
  for (std::uint32_t i = n; i > 0; --i) writer.segment({}, kPsh | kAck, 2000 + 17 * i, 5001, "0123456789");
}

/// Fragments of datagrams that are never whole, each as far behind as it can be.
void fragments(Writer& writer, std::uint32_t n) {
  for (std::uint32_t i = 0; i < n; ++i) {
    std::string packet = be16(0x4500) + be16(36) + be16(i) + be16(0x3ff0) + be16(0x4006) + be16(0);
    packet += be32(0x0a000000 + i / 65'536) + be32(0x0a0e0001) + std::string(16, 'x');
    writer.packet(packet);
  }
}

// Ck -------------------------------------------------------------------------------------------------------

/// Requests and answers that keep every rule, all on one connection.
void conversation(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  for (std::uint32_t i = 0; i < n / 2; ++i) {
    talk.km(ck_frame(0x1401, i, R"({"Source KMA ID":"A","Destination KMA ID":"C"})"));
    talk.controller(
        ck_frame(0x4102, i, R"({"Source KMA ID":"A","Destination KMA ID":"C","Next KMA IDs":["B"]})"));
  }
}

void open_requests(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  for (std::uint32_t i = 0; i < n; ++i)
    talk.km(ck_frame(
        0x1406, i,
        numbered(R"({"Application source ID":"a","Application destination ID":"b","Number of keys":)", i + 1,
                 "}")));
}

/// Requests without an answer, and then answers without a request that could be theirs.
void foreign_answers(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  for (std::uint32_t i = 0; i < n / 2; ++i)
    talk.km(ck_frame(0x1401, i, numbered(R"({"Source KMA ID":"A)", i, R"(","Destination KMA ID":"C"})")));
  for (std::uint32_t i = 0; i < n / 2; ++i)
    talk.controller(ck_frame(
        0x4102, n + 2 * i,
        numbered(R"({"Source KMA ID":"B)", i, R"(","Destination KMA ID":"D","Next KMA IDs":["B"]})")));
}

void sessions(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  for (std::uint32_t i = 0; i < n; ++i)
    talk.controller(ck_frame(
        0x4108, i,
        numbered(
            R"({"Application source ID":"a","Application destination ID":"b","Source KM ID":"k","Number of keys":1,"Session ID":")",
            i, "\"}")));
}

/// Requests for sessions of ever the same two applications, which only an ID that is not known yet tells
/// apart.
void session_requests(Writer& writer, std::uint32_t n) {
  Talk km(writer, flow_number(1)), other(writer, flow_number(2));
  for (std::uint32_t i = 0; i < n / 2; ++i)
    km.km(ck_frame(0x1406, i,
                   R"({"Application source ID":"a","Application destination ID":"b","Number of keys":1})"));
  for (std::uint32_t i = 0; i < n / 2; ++i)
    other.controller(ck_frame(
        0x4108, i,
        numbered(
            R"({"Application source ID":"a","Application destination ID":"b","Source KM ID":"k","Number of keys":1,"Session ID":")",
            i, "\"}")));
}

void relays(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  for (std::uint32_t i = 0; i < n; ++i)
    talk.controller(ck_frame(
        0x4104, i,
        numbered(
            R"({"Source KMA ID":"A","Destination KMA ID":"C","Transit KMA IDs":"B","Key relay request ID":")",
            i, "\"}")));
}

/// Hops of a distributed relay that all could follow one another.
void hops(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  for (std::uint32_t i = 0; i < n / 2; ++i) {
    talk.km(ck_frame(0x1401, i, numbered(R"({"Source KMA ID":"A","Destination KMA ID":"C)", i % 3, "\"}")));
    talk.controller(ck_frame(0x4102, i,
                             numbered(R"({"Source KMA ID":"A","Destination KMA ID":"C)", i % 3,
                                      R"(","Next KMA IDs":["X","Y"]})")));
  }
}

/// Each hop towards a destination of its own.
void destinations(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  for (std::uint32_t i = 0; i < n / 2; ++i) {
    const std::string ends = numbered(R"({"Source KMA ID":"A","Destination KMA ID":"C)", i, "\"");
    talk.km(ck_frame(0x1401, i, ends + "}"));
    talk.controller(ck_frame(0x4102, i, ends + R"(,"Next KMA IDs":["X","Y"]})"));
  }
}

void reservations(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  for (std::uint32_t i = 0; i < n / 2; ++i) {
    talk.controller(ck_frame(0x410A, i, R"({"Source KMA ID":"A","Destination KMA ID":"C"})"));
    talk.km(ck_frame(
        0x140B, i,
        numbered(R"({"Source KMA ID":"A","Destination KMA ID":"C","Response":0,"Key IDs":")", i, "\"}")));
  }
}

void kma_ids(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  for (std::uint32_t i = 0; i < n; ++i)
    talk.km(ck_frame(0x1403, i, numbered(R"({"Source KMA ID":")", i, R"(","Destination KMA ID":"C"})")));
}

void member_names(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  for (std::uint32_t i = 0; i < n; ++i)
    talk.km(ck_frame(0x1403, i, numbered(R"({"Source KMA ID":"A","Destination KMA ID":"C","x)", i, "\":1}")));
}

/// Every CommandCode under the two directions' digits, and every Version.
void codes_and_versions(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  talk.km(ck_frame(0x1403, 0, R"({"Source KMA ID":"A"})"));
  for (std::uint32_t i = 0; i < n; ++i) {
    std::string frame = ck_frame(static_cast<std::uint16_t>(i * 7 + 3), i, R"({"Source KMA ID":"A"})");
    frame[0] = static_cast<char>(i >> 8);
    frame[1] = static_cast<char>(i);
    talk.km(frame);
  }
}

/// Frames that cannot be: each is searched for the next one that can.
void malformed(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  talk.km(ck_frame(0x1403, 0, R"({"Source KMA ID":"A"})"));
  for (std::uint32_t i = 0; i < n; ++i)
    talk.km(std::string(20, 'z') + ck_frame(0x1403, i, R"({"Source KMA ID":"A"})"));
}

/// Headers that may begin a frame at every sixth byte, each of 16 KiB: a search that looked at all of what
/// each claims would be quadratic.
void decoys(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  talk.km(ck_frame(0x1403, 0, R"({"Source KMA ID":"A"})"));
  std::string piece;
  for (std::uint32_t i = 0; i < 1000; ++i) piece += be16(0x1403) + be16(0x4000) + "{ ";
  for (std::uint32_t i = 0; i < n; ++i) talk.km(piece);
}

void findings(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  std::string payload = R"({"Source KMA ID":"A","Destination KMA ID":"C")";
  for (int i = 0; i < 1000; ++i) payload += numbered(",\"x", static_cast<std::uint32_t>(i), "\":1");
  payload += "}";
  for (std::uint32_t i = 0; i < n; ++i) talk.km(ck_frame(0x1403, i, payload));
}

void connections(Writer& writer, std::uint32_t n) {
  for (std::uint32_t i = 0; i < n; ++i) {
    writer.segment(flow_number(i), kSyn, 1000, 0);
    writer.segment(flow_number(i), kPsh | kAck, 1001, 1,
                   ck_frame(0x1403, i, R"({"Source KMA ID":"A","Destination KMA ID":"C"})"));
  }
}

/// One host, ever another KMA.
void names_of_one_host(Writer& writer, std::uint32_t n) {
  for (std::uint32_t i = 0; i < n; ++i) {
    const Flow flow{0x0a290001, 0x0a0e0001 + i / 50'000, static_cast<std::uint16_t>(10'000 + i % 50'000),
                    51640};
    const std::string told =
        ck_frame(0x1403, i, numbered(R"({"Source KMA ID":"A)", i, R"(","Destination KMA ID":"C"})"));
    writer.segment(flow, kSyn, 1000, 0);
    writer.segment(flow, kPsh | kFin | kAck, 1001, 1, told);
    writer.segment(flow.back(), kFin | kAck, 1, 1002 + static_cast<std::uint32_t>(told.size()));
  }
}

/// Names as long as a payload allows, one a connection.
void long_names(Writer& writer, std::uint32_t n) {
  const std::string name(50'000, 'A');
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::string told = ck_frame(0x1401, i, "{\"Source KMA ID\":\"" + name + std::to_string(i) + "\"}");
    writer.segment(flow_number(i), kSyn, 1000, 0);
    writer.segment(flow_number(i), kPsh | kAck, 1001, 1, told);
  }
}

/// Relays over as many KMAs as a payload allows.
void long_routes(Writer& writer, std::uint32_t n) {
  std::string route = R"(,"Transit KMA IDs":"B)";
  for (std::uint32_t i = 0; route.size() < 50'000; ++i) route += "," + std::to_string(i);
  Talk talk(writer, {});
  for (std::uint32_t i = 0; i < n; ++i)
    talk.controller(ck_frame(
        0x4104, i,
        numbered(R"({"Source KMA ID":"A","Destination KMA ID":"C","Key relay request ID":")", i, "\"") +
            route + "\"}"));
}

/// Allocations of as many keys as a payload allows, which nobody answers.
void long_allocations(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  for (std::uint32_t i = 0; i < n; ++i) {
    std::string keys = "\"k\"";
    for (std::uint32_t k = 0; keys.size() < 50'000; ++k) keys += ",\"" + std::to_string(k * n + i) + "\"";
    talk.controller(
        ck_frame(0x410C, i, R"({"Source KMA ID":"A","Destination KMA ID":"C","Key IDs":[)" + keys + "]}"));
  }
}

// What the documented bounds allow: 262,144 connections of half a KiB, as many procedures of up to a KiB, 256
// MiB of bytes that wait. Where none of these fills, a few MiB for the tool and its buffers.
constexpr double kConnections = 160, kProcedures = 300, kBuffered = 350, kFew = 64;
/// … and 128 MiB that procedures leave behind.
constexpr double kLong = 200;
/// 100,000 connections on which Ck was recognised, at 4 KiB each.
constexpr double kWithCk = 450;

const Flood kFloods[] = {
    {"Syns", syns, 250'000, kConnections, {"connections"}},
    {"HalfOpenConnections", half_open, 25'000, kConnections, {}},
    {"HalfOpenConnectionsWithManyBytes", half_open_large, 2'500, kBuffered, {"buffered_bytes"}},
    {"SegmentsBehindHoles", behind_a_hole, 250'000, kFew, {"buffered_per_direction"}},
    {"SegmentsBehindHolesBackwards", behind_a_hole_backwards, 250'000, kFew, {"buffered_per_direction"}},
    {"Fragments", fragments, 75'000, kFew, {"fragmented_datagrams"}},
    {"MessagesOfOneConnection",
     conversation,
     250'000,
     kProcedures,
     {"open_procedures", "remembered_ids", "unused_offers"}},
    {"OpenRequests", open_requests, 50'000, kProcedures, {"open_requests", "remembered_ids"}},
    {"ForeignAnswers", foreign_answers, 25'000, kProcedures, {}},
    {"Sessions", sessions, 75'000, kProcedures, {"open_procedures", "open_requests", "remembered_ids"}},
    {"SessionRequests", session_requests, 25'000, kProcedures, {}},
    {"Relays", relays, 75'000, kProcedures, {"open_procedures", "open_requests", "remembered_ids"}},
    {"Hops", hops, 25'000, kProcedures, {"unused_offers"}},
    {"Destinations", destinations, 150'000, kProcedures, {"open_procedures", "remembered_ids"}},
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
  std::set<std::string> dropped;
  for (const std::string& bound : large.diagnostics["dropped"].getMemberNames()) dropped.insert(bound);
  EXPECT_EQ(dropped, GetParam().bounds);
}

INSTANTIATE_TEST_SUITE_P(Captures, FloodTest, testing::ValuesIn(kFloods),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace ck::hostile
