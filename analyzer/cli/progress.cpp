// Drawing of the progress line.
#include "cli/progress.h"

#include <fmt/format.h>

#include <system_error>

#include "report/text_style.h"

namespace ck::cli {

Progress::~Progress() {
  try {
    wipe();
  } catch (const std::system_error&) {
    // A terminal that went away needs no wiping.
  }
}

void Progress::add_packets(std::uint64_t count) {
  packets_ += count;
  show();
}

void Progress::capture_done() {
  ++done_;
  show();
}

void Progress::show() {
  if (terminal_ == nullptr) return;
  const std::unique_lock lock(mutex_, std::try_to_lock);
  const auto now = std::chrono::steady_clock::now();
  if (!lock || now - shown_at_ < std::chrono::milliseconds(100)) return;
  shown_at_ = now;
  on_screen_ = true;
  constexpr std::size_t kWidth = 24;
  const std::size_t filled = captures_ == 0 ? 0 : kWidth * done_ / captures_;
  terminal_->append(fmt::format("\r[{}{}] {}/{} captures, {} packets\x1b[K", std::string(filled, '#'),
                                std::string(kWidth - filled, '.'), grouped(done_), grouped(captures_),
                                grouped(packets_)));
  terminal_->flush();
}

void Progress::wipe() {
  if (!on_screen_) return;
  on_screen_ = false;
  terminal_->append("\r\x1b[K");
  terminal_->flush();
}

}  // namespace ck::cli
