// A progress line on standard error: how much was read, how fast, and how long it will take, at most ten
// times a second.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "capture/source.h"
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
  /// A capture is read from now on, of whose file so much was read.
  void begin(std::shared_ptr<const ReadShare> share);
  void add_packets(std::uint64_t count);
  /// `share`: what begin() was told; nullptr: nothing.
  void capture_done(const std::shared_ptr<const ReadShare>& share);
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
  [[nodiscard]] double part_done() const;

  Output* terminal_;
  std::size_t captures_;
  std::size_t done_ = 0;
  std::atomic<std::uint64_t> packets_{0};
  std::mutex mutex_;
  std::vector<std::shared_ptr<const ReadShare>> reading_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point shown_at_{};
  bool on_screen_ = false;
};

/// "45 %  1/3 captures, 12,345,678 packets, 310,000 a second, 8 s left", by what is known: `part` of all is
/// done after `seconds`.
std::string progress_text(double part, double seconds, std::size_t done, std::size_t captures,
                          std::uint64_t packets);

}  // namespace ck::cli
