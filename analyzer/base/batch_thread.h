// A thread of its own for a part of the work that comes in batches: one thread fills them, this one empties
// them, in the same order.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/rooms.h"

namespace ck::base {

template <class Batch>
class BatchThread {
 public:
  /// `spare`: empty batches, as many as may wait. `work`: empties a full one; called in the thread, and what
  /// it throws ends that and is thrown to who gives the next one.
  BatchThread(std::vector<std::unique_ptr<Batch>> spare, std::function<void(Batch&)> work)
      : work_(std::move(work)), empty_(std::move(spare)), thread_([this] { run(); }) {}
  /// Batches that no work was begun on are dropped.
  ~BatchThread() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  BatchThread(const BatchThread&) = delete;
  BatchThread& operator=(const BatchThread&) = delete;

  /// Work is under way, or waits.
  [[nodiscard]] bool is_busy() {
    const std::lock_guard lock(mutex_);
    return busy_ || !full_.empty();
  }
  /// Turns a full batch into an empty one, waiting until there is one. Where it throws, the batch is as it
  /// was.
  void exchange(std::unique_ptr<Batch>& batch) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !empty_.empty() || failure_; });
    rethrow(lock);
    full_.push_back(std::exchange(batch, std::move(empty_.back())));
    empty_.pop_back();
    lock.unlock();
    changed_.notify_all();
  }
  /// Returns when all work is done.
  void drain() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return (full_.empty() && !busy_) || failure_; });
    rethrow(lock);
  }

 private:
  void rethrow(std::unique_lock<std::mutex>& lock) {
    if (!failure_) return;
    const std::exception_ptr failure = failure_;
    lock.unlock();
    std::rethrow_exception(failure);
  }

  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return !full_.empty() || stopped_; });
      if (stopped_) return;
      std::unique_ptr<Batch> batch = std::move(full_.front());
      full_.erase(full_.begin());
      busy_ = true;
      lock.unlock();
      std::exception_ptr failure;
      try {
        work_(*batch);
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      busy_ = false;
      failure_ = failure;
      empty_.push_back(std::move(batch));
      changed_.notify_all();
      if (failure_) return;
    }
  }

  std::function<void(Batch&)> work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Batch>> full_, empty_;  ///< full_: oldest first
  bool busy_ = false, stopped_ = false;
  std::exception_ptr failure_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace ck::base
