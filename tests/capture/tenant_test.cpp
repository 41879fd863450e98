// One 5-tuple under several tags and tunnels: which of it is one connection, and which is two.
#include <algorithm>
#include <random>

#include "capture/stream_log.h"
#include "generator/wrappings.h"

namespace ck::capture {
namespace {

using samples::Buffer;
using samples::End;
using samples::Link;
using Frames = std::vector<Buffer>;
using Wrap = std::function<Buffer(const Buffer& ip_packet)>;

struct Numbers {
  std::uint32_t client = 1'000'000, server = 2'000'000;
};

/// A whole conversation's IP packets: handshake, a request of the KM's, the controller's, both closing. Their
/// MessageIDs are `id` and `id` + 1.
Frames conversation(const Numbers& numbers, std::uint32_t id, bool close = true) {
  samples::Recording recording(Link::raw);
  samples::TalkOptions options;
  options.link.link = Link::raw;
  options.initial_seq = {numbers.client, numbers.server};
  samples::TcpTalk talk(recording, kKm, kController, options);
  talk.handshake();
  talk.client(request(id));
  talk.ack(End::server);
  talk.server(request(id + 1));
  talk.ack(End::client);
  if (close) talk.close();
  Frames packets;
  for (const samples::Packet& packet : recording.packets()) packets.push_back(packet.bytes);
  return packets;
}
Frames wrapped(const Frames& packets, const Wrap& wrap) {
  Frames out;
  std::transform(packets.begin(), packets.end(), std::back_inserter(out), wrap);
  return out;
}
Wrap vlan(std::uint16_t number) {
  return [number](const Buffer& packet) {
    return samples::link_frame({Link::ethernet, {number}, {}}, packet);
  };
}
Buffer plain(const Buffer& packet) {
  return samples::link_frame({}, packet);
}
Wrap network(std::uint32_t identifier) {
  return [identifier](const Buffer& packet) {
    return plain(samples::vxlan("192.0.2.1", "192.0.2.2", identifier, plain(packet)));
  };
}
/// Each in turn, as long as it has packets.
Frames interleaved(const std::vector<Frames>& several) {
  Frames out;
  for (std::size_t i = 0;; ++i) {
    const std::size_t before = out.size();
    for (const Frames& frames : several) {
      if (i < frames.size()) out.push_back(frames[i]);
    }
    if (out.size() == before) return out;
  }
}
Frames joined(Frames first, const Frames& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}
Frames part(const Frames& frames, std::size_t begin, std::size_t end) {
  return {frames.begin() + static_cast<std::ptrdiff_t>(begin),
          frames.begin() + static_cast<std::ptrdiff_t>(end)};
}

struct Told {
  std::size_t connections = 0;
  std::vector<std::uint32_t> ids;  ///< of messages, ascending
  std::size_t gaps = 0, conflicts = 0;
  friend bool operator==(const Told&, const Told&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Told& told) {
    out << told.connections << " connections, " << told.gaps << " gaps, " << told.conflicts
        << " conflicts, messages";
    for (const std::uint32_t id : told.ids) out << ' ' << id;
    return out;
  }
};
Told told_by(Pipeline& pipeline, const Frames& frames) {
  samples::Recording recording(Link::ethernet);
  for (const Buffer& frame : frames) recording.add(frame);
  pipeline.run(recording);
  Told told;
  told.conflicts = static_cast<std::size_t>(pipeline.budget.conflicting_overlaps);
  for (const std::string& line : pipeline.log.lines) {
    if (line.rfind("open ", 0) == 0) ++told.connections;
    if (line.rfind("gap ", 0) == 0) ++told.gaps;
    if (const std::size_t at = line.find(" id="); line.rfind("message ", 0) == 0)
      told.ids.push_back(static_cast<std::uint32_t>(std::stoul(line.substr(at + 4))));
  }
  std::sort(told.ids.begin(), told.ids.end());
  return told;
}
Told told_by(const Frames& frames) {
  Pipeline pipeline;
  return told_by(pipeline, frames);
}

const Numbers kOther{5'000'000, 7'000'000};
const Told kOne{1, {1, 2}, 0, 0};
const Told kTwo{2, {1, 2, 11, 12}, 0, 0};

TEST(Tenants, WithNumbersOfTheirOwnAreTwoConnections) {
  const auto gre = [](std::uint8_t key) {
    return [key](const Buffer& packet) {
      return plain(samples::ip("192.0.2.1", "192.0.2.2", samples::kProtocolGre,
                               samples::join({{0x20, 0, 8, 0, 0, 0, 0, key}, packet})));
    };
  };
  const auto label = [](std::uint32_t number) {
    return [number](const Buffer& packet) {
      return samples::link_frame({Link::ethernet, {}, {16, number}}, packet);
    };
  };
  const auto stack = [](std::uint16_t outer) {
    return [outer](const Buffer& packet) {
      return samples::link_frame({Link::ethernet, {outer, 7}, {}}, packet);
    };
  };
  const auto to = [](const char* far) {
    return [far](const Buffer& packet) { return plain(samples::gre("192.0.2.1", far, packet)); };
  };
  const std::pair<Wrap, Wrap> pairs[] = {
      {vlan(5), vlan(6)},
      {plain, vlan(6)},
      {stack(5), stack(6)},
      {network(100), network(200)},
      {gre(1), gre(2)},
      {label(17), label(18)},
      {to("192.0.2.2"), to("192.0.2.3")},
      {plain, network(100)},
  };
  for (const auto& [a, b] : pairs) {
    SCOPED_TRACE(&a - &pairs[0].first);
    const Frames first = wrapped(conversation({}, 1), a), second = wrapped(conversation(kOther, 11), b);
    EXPECT_EQ(told_by(interleaved({first, second})), kTwo);
    EXPECT_EQ(told_by(interleaved({second, first})), kTwo);
    EXPECT_EQ(told_by(joined(first, second)), kTwo);
  }
}

/// Numbers that lie near each other, as test equipment chooses them, differ all the same.
TEST(Tenants, WithNearNumbersAreTwoConnections) {
  const Numbers near{1'000'500, 2'000'500};
  EXPECT_EQ(
      told_by(interleaved({wrapped(conversation({}, 1), vlan(5)), wrapped(conversation(near, 11), vlan(6))})),
      kTwo);
  const Numbers server_alone{1'000'000, 9'000'000};
  EXPECT_EQ(told_by(interleaved(
                {wrapped(conversation({}, 1), vlan(5)), wrapped(conversation(server_alone, 11), vlan(6))})),
            kTwo);
}

TEST(Tenants, SeenFromTheMiddleAreTwoConnections) {
  const Frames first = wrapped(conversation({}, 1), network(100)),
               second = wrapped(conversation(kOther, 11), network(200));
  Told told = told_by(interleaved({part(first, 3, first.size()), part(second, 3, second.size())}));
  EXPECT_EQ(told, kTwo);
  told = told_by(interleaved({first, part(second, 3, second.size())}));
  EXPECT_EQ(told, kTwo);
}

/// A segment that begins before what was captured of a stream is compared where that was captured.
TEST(Tenants, BeginningBeforeWhatWasCapturedWithOtherBytesIsTwoConnections) {
  const auto message = [](std::size_t before, const Buffer& bytes) {
    samples::Recording recording(Link::raw);
    samples::TalkOptions options;
    options.link.link = Link::raw;
    samples::TcpTalk talk(recording, kKm, kController, options);
    talk.at(End::client, before, bytes);
    return recording.packets().front().bytes;
  };
  const Buffer first = request(1), both = samples::join({request(11), request(12)});
  const Frames seen = {vlan(5)(message(first.size(), first))};
  EXPECT_EQ(told_by(joined(seen, {vlan(6)(message(0, both))})), (Told{2, {1, 11, 12}, 0, 0}));
  // With the same bytes it is one connection, whose first message was captured too late to be told.
  const Buffer same = samples::join({request(11), first});
  EXPECT_EQ(told_by(joined(seen, {vlan(6)(message(0, same))})), (Told{1, {1}, 0, 0}));
}

TEST(Tenants, ATagThatDiffersByDirectionIsOneConnection) {
  const auto by_direction = [](const Buffer& packet) { return vlan(packet[15] == 1 ? 5 : 6)(packet); };
  ASSERT_EQ(conversation({}, 1)[0][15], 1) << "the KM's address ends with 1";
  const Frames frames = wrapped(conversation({}, 1), by_direction);
  EXPECT_EQ(told_by(frames), kOne);
  EXPECT_EQ(told_by(part(frames, 3, frames.size())), kOne);
  // And so for two tenants at a time, each with two tags.
  const auto other = [](const Buffer& packet) { return vlan(packet[15] == 1 ? 7 : 8)(packet); };
  EXPECT_EQ(told_by(interleaved({frames, wrapped(conversation(kOther, 11), other)})), kTwo);
  // One tag in one direction only: the tap sits where it was taken off for the other.
  const auto half = [](const Buffer& packet) { return packet[15] == 1 ? vlan(5)(packet) : plain(packet); };
  EXPECT_EQ(told_by(wrapped(conversation({}, 1), half)), kOne);
}

/// A mirror of both sides of a switch: each packet before and behind a tag or tunnel.
TEST(Tenants, TheSamePacketBeforeAndBehindATagIsOneConnection) {
  for (const Wrap& wrap : {vlan(5), network(100)}) {
    const Frames before = wrapped(conversation({}, 1), plain), behind = wrapped(conversation({}, 1), wrap);
    EXPECT_EQ(told_by(interleaved({before, behind})), kOne);
    EXPECT_EQ(told_by(interleaved({behind, before})), kOne);
    // The copies come late: three packets, and after everything else.
    const Frames late =
        joined(joined(part(before, 0, 3), interleaved({part(before, 3, before.size()), behind})),
               part(behind, behind.size() - 3, behind.size()));
    EXPECT_EQ(told_by(late), kOne);
    EXPECT_EQ(told_by(joined(before, behind)), kOne);
    // From the middle, and where one of the two places starts later.
    EXPECT_EQ(told_by(interleaved({part(before, 3, before.size()), part(behind, 3, behind.size())})), kOne);
    EXPECT_EQ(told_by(interleaved({before, part(behind, 4, behind.size())})), kOne);
  }
}

/// The same ports again, the copies in the other order than the first time.
TEST(Tenants, ReuseUnderCopiesIsTwoConnections) {
  for (const bool close : {true, false}) {
    SCOPED_TRACE(close);
    const Frames first = conversation({}, 1, close), second = conversation(kOther, 11, close);
    EXPECT_EQ(told_by(joined(interleaved({wrapped(first, plain), wrapped(first, vlan(5))}),
                             interleaved({wrapped(second, vlan(5)), wrapped(second, plain)}))),
              kTwo);
  }
}

TEST(Tenants, APathThatChangesIsOneConnection) {
  const Frames packets = conversation({}, 1);
  for (std::size_t at = 1; at < packets.size(); ++at) {
    SCOPED_TRACE(at);
    EXPECT_EQ(told_by(joined(wrapped(part(packets, 0, at), network(100)),
                             wrapped(part(packets, at, packets.size()), network(200)))),
              kOne);
  }
}

/// A priority is no tenant, and a VLAN of number 0 is a priority alone.
TEST(Tenants, PrioritiesAreNone) {
  Pipeline pipeline;
  Packet packet;
  std::vector<std::uint64_t> tenants;
  const Buffer ip_packet = conversation({}, 1)[3];
  for (const unsigned tag : {0x0000u, 0xe000u, 0x0005u, 0xe005u, 0x0006u}) {
    const Buffer frame = vlan(static_cast<std::uint16_t>(tag))(ip_packet);
    packet.data = frame;
    packet.original_length = static_cast<std::uint32_t>(frame.size());
    packet.link_type = 1;
    TcpSegment segment;
    ASSERT_TRUE(pipeline.decoder.decode(packet, segment));
    tenants.push_back(segment.tenant);
  }
  EXPECT_EQ(tenants[0], 0u);
  EXPECT_EQ(tenants[1], 0u);
  EXPECT_EQ(tenants[2], tenants[3]);
  EXPECT_NE(tenants[2], tenants[4]);
  EXPECT_NE(tenants[2], 0u);
}

/// Two networks fragment datagrams with the same addresses and identification.
TEST(Tenants, FragmentsDoNotMix) {
  std::vector<Frames> both;
  for (const std::uint32_t tenant : {0u, 1u}) {
    Frames frames;
    for (const Buffer& packet : conversation(tenant == 0 ? Numbers{} : kOther, tenant == 0 ? 1 : 11)) {
      for (const Buffer& piece : samples::fragments_of(packet, 16, 77))
        frames.push_back(network(100 + tenant)(piece));
    }
    both.push_back(frames);
  }
  EXPECT_EQ(told_by(interleaved(both)), kTwo);
}

/// Many tenants: each has its own, up to a bound that counts what it drops.
TEST(Tenants, AreManyAndBounded) {
  std::vector<Frames> all;
  Told expected{60, {}, 0, 0};
  std::mt19937 random(7);
  for (std::uint32_t i = 0; i < 60; ++i) {
    all.push_back(wrapped(
        conversation({static_cast<std::uint32_t>(random()), static_cast<std::uint32_t>(random())}, 2 * i + 1),
        network(i + 1)));
    expected.ids.insert(expected.ids.end(), {2 * i + 1, 2 * i + 2});
  }
  Pipeline pipeline;
  EXPECT_EQ(told_by(pipeline, interleaved(all)), expected);
  EXPECT_EQ(pipeline.table.evicted(), 0u);

  Pipeline bounded;
  Frames opened;
  for (std::uint32_t i = 0; i < 500; ++i)
    opened.push_back(network(i + 1)(conversation({static_cast<std::uint32_t>(random()), 1}, 1)[0]));
  told_by(bounded, opened);
  EXPECT_EQ(bounded.table.evicted(), 500u - 64u);
}

/// Connections that are dropped, closed and forgotten in any order leave the others found.
TEST(Tenants, AnyOrderUnderSmallBoundsIsHarmless) {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    PipelineOptions options;
    options.max_connections = 1 + random() % 6;
    Pipeline pipeline(options);
    std::vector<Frames> all;
    for (std::uint32_t i = 0; i < 8; ++i) {
      Frames frames =
          wrapped(conversation({static_cast<std::uint32_t>(random()), static_cast<std::uint32_t>(random())},
                               2 * i + 1),
                  vlan(static_cast<std::uint16_t>(1 + random() % 5)));
      if (random() % 3 == 0) std::shuffle(frames.begin(), frames.end(), random);
      all.push_back(frames);
    }
    const Told told = told_by(pipeline, interleaved(all));
    EXPECT_GE(told.connections, 1u);
    EXPECT_EQ(pipeline.budget.total, 0u);
  }
}

}  // namespace
}  // namespace ck::capture
