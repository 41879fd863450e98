// What waits for bytes that may still be captured, or for what a RST means, is bounded and counted; and a
// four-tuple is used again whose connection was refused or left half open (RFC 9293, 3.5.1).
#include <algorithm>

#include "capture/stream_log.h"

namespace ck::capture {
namespace {

using samples::Buffer;
using samples::End;
using samples::Segment;
using samples::TcpTalk;

TEST(LateBounds, EarlySegmentsAreBoundedAndCounted) {
  samples::Recording recording;
  TcpTalk talk(recording, kKm, kController);
  talk.handshake();
  talk.client(request(1));
  talk.skip(End::client, 31);
  for (std::uint32_t id = 1; id < 50; ++id)
    talk.server(samples::frame(1, id, samples::kRelayRequest, kBody));  // all acknowledge what is lost
  PipelineOptions options;
  options.max_per_direction = 2000;
  Pipeline pipeline(options);
  pipeline.run(recording);
  EXPECT_EQ(pipeline.log.lines.size(), 1u + 1 + 1 + 49);  // hole-seen
  EXPECT_GE(pipeline.budget.given_up_per_direction, 1u);
  EXPECT_EQ(pipeline.budget.total, 0u);
}

TEST(LateBounds, ResetConnectionsAreBounded) {
  Pipeline pipeline;
  const Buffer text = request(1);
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    TcpSegment segment;
    segment.source.port = static_cast<std::uint16_t>(i);
    segment.source.address.size = segment.destination.address.size = 4;
    segment.destination.port = 7;
    segment.at = {0, i + 1, i * std::int64_t{10'000'000}};
    segment.flags = kTcpAck;
    segment.payload = text;
    pipeline.table.segment(segment);
    segment.sequence = static_cast<std::uint32_t>(text.size());
    segment.flags = kTcpRst;
    segment.payload = {};
    pipeline.table.segment(segment);
  }
  EXPECT_EQ(pipeline.table.evicted(), 0u);  // with at most 1000 open connections allowed
  pipeline.table.finish();
  EXPECT_EQ(std::count_if(pipeline.log.lines.begin(), pipeline.log.lines.end(),
                          [](const std::string& line) { return line.starts_with("close"); }),
            20'000);
  EXPECT_EQ(pipeline.budget.total, 0u);
}

TEST(LateBounds, RefusedSyn) {
  samples::Recording recording;
  TcpTalk talk(recording, kKm, kController);
  Segment syn = talk.segment(End::client, 0, {});
  syn.seq -= 1;
  syn.flags = samples::kSyn;
  talk.put_segment(syn);  // 1
  Segment refusal = talk.segment(End::server, 0, {});
  refusal.seq = 0;
  refusal.flags = samples::kRst | samples::kAck;
  talk.put_segment(refusal);  // 2
  talk.handshake();           // 3-5: the same SYN again, later
  talk.client(request(1));    // 6
  Pipeline pipeline;
  pipeline.run(recording);
  EXPECT_EQ(pipeline.budget.ignored_resets, 0u);
  EXPECT_EQ(pipeline.log.lines.back(), fmt::format("message 0 #6 0x1403 id=1 {}", kBody));
}

/// RFC 9293, 3.5.1: a KM that has restarted finds its old connection half open at the controller.
TEST(LateBounds, HalfOpenConnectionIsReplaced) {
  samples::Recording recording;
  TcpTalk talk(recording, kKm, kController);
  talk.handshake();         // 1-3
  talk.client(request(1));  // 4
  samples::TalkOptions options;
  options.initial_seq = {7'000'000, 8'000'000};
  TcpTalk again(recording, kKm, kController, options);
  Segment syn = again.segment(End::client, 0, {});
  syn.seq -= 1;
  syn.flags = samples::kSyn;
  again.put_segment(syn);  // 5
  talk.ack(End::server);   // 6: of the old connection
  Segment rst = talk.segment(End::client, 31, {});
  rst.flags = samples::kRst;
  talk.put_segment(rst);     // 7
  again.handshake();         // 8-10: with the same SYN
  again.client(request(2));  // 11
  Pipeline pipeline;
  EXPECT_EQ(pipeline.run(recording).log.lines.back(), fmt::format("message 0 #11 0x1403 id=2 {}", kBody));
  EXPECT_EQ(pipeline.budget.bytes_after_end, 0u);
}

}  // namespace
}  // namespace ck::capture
