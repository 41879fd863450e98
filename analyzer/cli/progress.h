// A progress line on standard error: captures done and packets read, at most ten times a second.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

#include "report/output.h"

namespace ck::cli {

class Progress {
 public:
  /// `terminal` null: silent. `captures`: how many the run will read.
  Progress(Output* terminal, std::size_t captures) : terminal_(terminal), captures_(captures) {}
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  [[nodiscard]] bool is_shown() const { return terminal_ != nullptr; }
  // Called by any thread.
  void add_packets(std::uint64_t count);
  void capture_done();
  /// Runs `write` with the line wiped, for messages that share the terminal.
  template <typename Write>
  void around(const Write& write) {
    const std::lock_guard lock(mutex_);
    wipe();
    write();
  }

 private:
  void show();
  void wipe();

  Output* terminal_;
  std::size_t captures_;
  std::atomic<std::size_t> done_{0};
  std::atomic<std::uint64_t> packets_{0};
  std::mutex mutex_;
  std::chrono::steady_clock::time_point shown_at_{};
  bool on_screen_ = false;
};

}  // namespace ck::cli
