// Captures made to exhaust whoever reads them.
#include "hostile/floods.h"

#include <algorithm>
#include <random>
#include <string>

namespace ck::hostile {
namespace {

std::string numbered(const char* before, std::uint32_t number, const char* after) {
  return before + std::to_string(number) + after;
}

Flow flow_number(std::uint32_t number) {
  return {0x0a290000u + number / 50'000, 0x0a0e0001, static_cast<std::uint16_t>(10'000 + number % 50'000),
          51640};
}

/// Messages of 60,000 bytes, each on a connection of its own, in `n` segments of two bytes.
void dribble(Writer& writer, std::uint32_t n, bool whole) {
  constexpr std::uint32_t kSegments = 30'000;
  for (std::uint32_t number = 0; number * kSegments < n; ++number) {
    const std::uint32_t segments = std::min(kSegments, n - number * kSegments);
    std::string payload = R"({"Source KMA ID":"A","Destination KMA ID":"C","x":")";
    payload.resize(2 * segments - 12, 'x');
    payload += "\"}";
    const std::string frame = ck_frame(0x1403, 2, payload, whole ? payload.size() : 65'535);
    Talk talk(writer, flow_number(number));
    talk.km(ck_frame(0x1403, 1, R"({"Source KMA ID":"A","Destination KMA ID":"C"})"));
    for (std::size_t at = 0; at < frame.size(); at += 2) talk.km(frame.substr(at, 2));
  }
}

}  // namespace

// TCP ------------------------------------------------------------------------------------------------------

void syns(Writer& writer, std::uint32_t n) {
  std::mt19937 random(1);
  for (std::uint32_t i = 0; i < n; ++i) {
    const Flow flow{static_cast<std::uint32_t>(random()), 0x0a0e0001, static_cast<std::uint16_t>(random()),
                    static_cast<std::uint16_t>(random())};
    writer.segment(flow, kSyn, static_cast<std::uint32_t>(random()), 0);
  }
}

void half_open(Writer& writer, std::uint32_t n) {
  const std::string start = ck_frame(0x1403, 1, "{\"Source KMA ID\":\"A", 65'535);
  for (std::uint32_t i = 0; i < n; ++i) {
    writer.segment(flow_number(i), kSyn, 1000, 0);
    writer.segment(flow_number(i), kPsh | kAck, 1001, 1, start);
  }
}

void half_open_large(Writer& writer, std::uint32_t n) {
  std::string start = ck_frame(0x1403, 1, "{\"Source KMA ID\":\"", 65'535);
  start.resize(30'000, 'A');
  for (std::uint32_t i = 0; i < n; ++i) {
    writer.segment(flow_number(i), kSyn, 1000, 0);
    writer.segment(flow_number(i), kPsh | kAck, 1001, 1, start);
  }
}

void dribbles(Writer& writer, std::uint32_t n) {
  dribble(writer, n, false);
}

void whole_dribbles(Writer& writer, std::uint32_t n) {
  dribble(writer, n, true);
}

void behind_a_hole(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  talk.km(ck_frame(0x1403, 1, R"({"Source KMA ID":"A"})"));
  for (std::uint32_t i = 0; i < n; ++i) {
    talk.lose(0, 7);
    talk.km("0123456789");
  }
}

void behind_a_hole_backwards(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  talk.km(ck_frame(0x1403, 1, R"({"Source KMA ID":"A"})"));
  for (std::uint32_t i = n; i > 0; --i) writer.segment({}, kPsh | kAck, 2000 + 17 * i, 5001, "0123456789");
}

void fragments(Writer& writer, std::uint32_t n) {
  for (std::uint32_t i = 0; i < n; ++i) {
    std::string packet = be16(0x4500) + be16(36) + be16(i) + be16(0x3ff0) + be16(0x4006) + be16(0);
    packet += be32(0x0a000000 + i / 65'536) + be32(0x0a0e0001) + std::string(16, 'x');
    writer.packet(packet);
  }
}

// Ck -------------------------------------------------------------------------------------------------------

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

void hops(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  for (std::uint32_t i = 0; i < n / 2; ++i) {
    talk.km(ck_frame(0x1401, i, numbered(R"({"Source KMA ID":"A","Destination KMA ID":"C)", i % 3, "\"}")));
    talk.controller(ck_frame(0x4102, i,
                             numbered(R"({"Source KMA ID":"A","Destination KMA ID":"C)", i % 3,
                                      R"(","Next KMA IDs":["X","Y"]})")));
  }
}

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

void malformed(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  talk.km(ck_frame(0x1403, 0, R"({"Source KMA ID":"A"})"));
  for (std::uint32_t i = 0; i < n; ++i)
    talk.km(std::string(20, 'z') + ck_frame(0x1403, i, R"({"Source KMA ID":"A"})"));
}

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

void long_names(Writer& writer, std::uint32_t n) {
  const std::string name(50'000, 'A');
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::string told = ck_frame(0x1401, i, "{\"Source KMA ID\":\"" + name + std::to_string(i) + "\"}");
    writer.segment(flow_number(i), kSyn, 1000, 0);
    writer.segment(flow_number(i), kPsh | kAck, 1001, 1, told);
  }
}

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

void long_allocations(Writer& writer, std::uint32_t n) {
  Talk talk(writer, {});
  for (std::uint32_t i = 0; i < n; ++i) {
    std::string keys = "\"k\"";
    for (std::uint32_t k = 0; keys.size() < 50'000; ++k) keys += ",\"" + std::to_string(k * n + i) + "\"";
    talk.controller(
        ck_frame(0x410C, i, R"({"Source KMA ID":"A","Destination KMA ID":"C","Key IDs":[)" + keys + "]}"));
  }
}

}  // namespace ck::hostile
