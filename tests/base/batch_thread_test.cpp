// Batches that another thread works on: their order, their end, and what goes wrong there.
#include "base/batch_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>

namespace ck::base {
namespace {

using Batch = std::vector<int>;

std::vector<std::unique_ptr<Batch>> spare(std::size_t count) {
  std::vector<std::unique_ptr<Batch>> batches;
  for (std::size_t i = 0; i < count; ++i) batches.push_back(std::make_unique<Batch>());
  return batches;
}

TEST(BatchThread, WorksInTheOrderOfTheBatches) {
  Batch done;
  BatchThread<Batch> thread(spare(2), [&done](Batch& batch) {
    done.insert(done.end(), batch.begin(), batch.end());
    batch.clear();
  });
  auto batch = std::make_unique<Batch>();
  Batch expected;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(batch->empty());
    *batch = {2 * i, 2 * i + 1};
    expected.insert(expected.end(), {2 * i, 2 * i + 1});
    thread.exchange(batch);
  }
  thread.drain();
  EXPECT_EQ(done, expected);
  EXPECT_FALSE(thread.is_busy());
}

TEST(BatchThread, IsBusyUntilTheWorkIsDone) {
  std::promise<void> go;
  std::atomic<bool> begun = false;
  BatchThread<Batch> thread(spare(2), [&, wait = go.get_future().share()](Batch&) {
    begun = true;
    wait.wait();
  });
  auto batch = std::make_unique<Batch>();
  EXPECT_FALSE(thread.is_busy());
  thread.exchange(batch);
  EXPECT_TRUE(thread.is_busy()) << "it waits, or is under way";
  while (!begun) std::this_thread::yield();
  EXPECT_TRUE(thread.is_busy());
  go.set_value();
  thread.drain();
  EXPECT_FALSE(thread.is_busy());
}

TEST(BatchThread, ThrowsWhatTheWorkThrew) {
  BatchThread<Batch> thread(spare(1), [](Batch&) { throw std::runtime_error("disk full"); });
  auto batch = std::make_unique<Batch>(Batch{1});
  thread.exchange(batch);
  EXPECT_THROW(thread.drain(), std::runtime_error);
  *batch = {2};
  EXPECT_THROW(thread.exchange(batch), std::runtime_error);
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(*batch, Batch{2}) << "what was not taken stays";
}

TEST(BatchThread, EndsWithoutTheRest) {
  std::promise<void> go;
  std::atomic<int> worked = 0;
  auto batch = std::make_unique<Batch>();
  {
    BatchThread<Batch> thread(spare(3), [&, wait = go.get_future().share()](Batch&) {
      ++worked;
      wait.wait();
    });
    thread.exchange(batch);
    while (worked == 0) std::this_thread::yield();
    thread.exchange(batch);
    go.set_value();
  }
  EXPECT_GE(worked, 1);
}

}  // namespace
}  // namespace ck::base
