// What HTTP/2 that was made to exhaust memory costs: everything held is in the budget, and given back.
#include <gtest/gtest.h>

#include "grpc/grpc_streams.h"
#include "stage.h"

namespace ck::grpc {
namespace {

struct Nobody final : StreamSink {
  std::size_t bytes = 0;
  void data(TcpConnection&, unsigned, Bytes more, const Position&) override { bytes += more.size(); }
  void lost(TcpConnection&, unsigned, std::uint64_t, std::uint64_t, const Position&) override {}
  void cut(TcpConnection&, unsigned, std::uint64_t, const Position&) override {}
  bool differs(TcpConnection&, unsigned, std::uint64_t, Bytes) override { return false; }
  void awaited(TcpConnection&, unsigned, std::uint64_t, const Position&) override {}
  void reset_seen(TcpConnection&, unsigned, const Position&) override {}
  void fin(TcpConnection&, unsigned, const Position&) override {}
  void reset(TcpConnection&, unsigned, const Position&) override {}
  void start_seen(TcpConnection&, unsigned, const Position&) override {}
  void closed(TcpConnection&, const Position&) override {}
  void left_open(TcpConnection&) override {}
};
struct Counter final : CkSink {
  std::size_t messages = 0;
  void open(const ConnectionStart&) override {}
  void message(const Message&) override { ++messages; }
  void event(const StreamEvent&) override {}
  void close(ConnectionKey, const Position&) override {}
};

/// Streams by themselves, with a budget of a megabyte.
struct BudgetTest : testing::Test {
  BudgetTest() { connection.key = 1; }
  void says(unsigned side, const Buffer& bytes) { streams.data(connection, side, bytes, {0, ++frame_, 0}); }
  void client_says(const Buffer& bytes) { says(0, bytes); }
  void begin() {
    client_says(preface() + settings());
    says(1, settings() + settings_ack());
    client_says(settings_ack());
  }
  void close() {
    streams.closed(connection, {0, ++frame_, 0});
    EXPECT_EQ(budget.total, 0U);
  }

  ProtoSchema schema{{}};
  Counter sink;
  Nobody others;
  StreamBudget budget{.max_per_direction = 1U << 20, .max_total = 1U << 20};
  GrpcStreams streams{schema, sink, others, budget};
  TcpConnection connection;
  Peer client, server;

 private:
  std::uint64_t frame_ = 0;
};

TEST_F(BudgetTest, ABombLeavesNothingBehind) {
  begin();
  const Buffer bomb = message(compressed(Buffer(4'000'000, 0)), 1);
  for (std::uint32_t i = 0; i < 20; ++i)
    client_says(client.ask(1 + 2 * i, kReservation, {{"grpc-encoding", "gzip"}}) + data(1 + 2 * i, bomb));
  EXPECT_EQ(sink.messages, 20U);
  EXPECT_LT(budget.total, 100'000U);  // 20 RPCs are open
  close();
}

TEST_F(BudgetTest, HalfAMessageInEachOfManyStreams) {
  begin();
  Buffer half{0};
  samples::put_u32(half, 100'000);
  half.resize(50'000);
  for (std::uint32_t i = 0; i < 100; ++i) {
    client_says(client.ask(1 + 2 * i, kReservation) + data(1 + 2 * i, half));
    ASSERT_LE(budget.total, budget.max_total);
  }
  EXPECT_GT(streams.counts().rpcs_dropped, 0U);
  EXPECT_EQ(streams.counts().unreadable_streams, 2U);
  close();
}

TEST_F(BudgetTest, AHundredThousandStreams) {
  budget.max_total = 256U << 20;
  begin();
  for (std::uint32_t i = 0; i < 100'000; ++i) client_says(client.ask(1 + 2 * i, kReservation));
  EXPECT_EQ(streams.counts().rpcs_dropped, 100'000U - 16'384);
  close();
}

TEST_F(BudgetTest, SettingsThatNobodyAcknowledges) {
  begin();
  for (int i = 0; i < 1000; ++i) client_says(settings({{1, 4096}}));
  EXPECT_EQ(streams.counts().unreadable_streams, 1U);  // the server's lists, by which table nobody knows
  close();
}

TEST_F(BudgetTest, AConnectionThatSaysNothingIsCounted) {
  begin();
  EXPECT_GT(budget.total, 4000U);
  says(1, frame(kHeadersFrame, kEndHeaders, 1, {0xFF}));
  EXPECT_LT(budget.total, 4000U);  // one side is not read any more
  close();
}

TEST_F(BudgetTest, TablesAreCounted) {
  begin();
  says(1, settings({{1, 1U << 20}}));
  client_says(settings_ack());
  Buffer block{0x3F, 0xE1, 0xFF, 0x3F};                              // RFC 7541, 6.3: a table of 1 MiB
  for (int i = 0; i < 8000; ++i) samples::put(block, {0x41, 0x00});  // each of some 130 bytes
  client_says(frame(kHeadersFrame, kEndHeaders, 1, block));
  EXPECT_LE(budget.total, budget.max_total);
  EXPECT_EQ(streams.counts().unreadable_streams, 2U);
  close();
}

TEST_F(BudgetTest, WhatMayBecomeHttp2IsCounted) {
  const Buffer long_settings{0, 0x02, 0x58, 4, 0, 0, 0, 0, 0};
  says(1, long_settings);
  EXPECT_GT(budget.total, 0U);
  for (int i = 0; i < 10'000; ++i) says(1, {0});
  EXPECT_LE(budget.total, 20'000U);
  EXPECT_EQ(others.bytes, 10'009U);  // it was none
  close();
}

TEST_F(BudgetTest, WhatWaitsIsGivenBackWhenItBegins) {
  says(1, settings());
  begin();
  client_says(client.request(1, kReservation, reservation()));
  EXPECT_EQ(sink.messages, 1U);
  EXPECT_EQ(others.bytes, 0U);
  close();
}

TEST_F(BudgetTest, AConnectionThatIsLeftOpenGivesAllBack) {
  begin();
  client_says(client.ask(1, kReservation) + data(1, {0, 0, 0, 1, 0, 'x'}));
  EXPECT_GT(budget.total, 0U);
  streams.left_open(connection);
  EXPECT_EQ(budget.total, 0U);
}

}  // namespace
}  // namespace ck::grpc
