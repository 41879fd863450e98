// Drawing of the progress line.
#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
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

void Progress::begin(std::shared_ptr<const ReadShare> share) {
  if (terminal_ == nullptr) return;
  const std::lock_guard lock(mutex_);
  reading_.push_back(std::move(share));
}

void Progress::add_packets(std::uint64_t count) {
  packets_ += count;
  show();
}

void Progress::capture_done(const std::shared_ptr<const ReadShare>& share) {
  {
    const std::lock_guard lock(mutex_);
    ++done_;
    std::erase(reading_, share);
  }
  show();
}

/// Each capture counts alike: what those are like that are not open yet is not known.
double Progress::part_done() const {
  double done = static_cast<double>(done_);
  for (const std::shared_ptr<const ReadShare>& share : reading_)
    done += std::min(1.0, static_cast<double>(share->read) / static_cast<double>(share->size));
  return captures_ == 0 ? 0 : std::min(1.0, done / static_cast<double>(captures_));
}

void Progress::show() {
  if (terminal_ == nullptr) return;
  const std::unique_lock lock(mutex_, std::try_to_lock);
  const auto now = std::chrono::steady_clock::now();
  if (!lock || now - shown_at_ < std::chrono::milliseconds(100)) return;
  shown_at_ = now;
  on_screen_ = true;
  constexpr std::size_t kWidth = 24;
  const double part = part_done();
  const auto filled = static_cast<std::size_t>(part * kWidth);
  const double seconds = std::chrono::duration<double>(now - begun_).count();
  terminal_->append(fmt::format("\r[{}{}] {}\x1b[K", std::string(filled, '#'),
                                std::string(kWidth - filled, '.'),
                                progress_text(part, seconds, done_, captures_, packets_)));
  terminal_->flush();
}

std::string progress_text(double part, double seconds, std::size_t done, std::size_t captures,
                          std::uint64_t packets) {
  constexpr double kTelling = 1;  // seconds after which the rate says something
  std::string text = part > 0 ? fmt::format("{:.0f} %  ", std::floor(part * 100)) : "";
  text += fmt::format("{}/{}, {}", grouped(done), counted(captures, "capture"), counted(packets, "packet"));
  if (seconds < kTelling) return text;
  text += fmt::format(", {} a second",
                      grouped(static_cast<std::uint64_t>(static_cast<double>(packets) / seconds)));
  if (part <= 0 || part >= 1) return text;
  const auto left = static_cast<std::uint64_t>(seconds * (1 - part) / part) + 1;
  return text + (left < 100 ? fmt::format(", {} s left", left)
                            : fmt::format(", {} min left", grouped((left + 30) / 60)));
}

void Progress::wipe() {
  if (!on_screen_) return;
  on_screen_ = false;
  terminal_->append("\r\x1b[K");
  terminal_->flush();
}

}  // namespace ck::cli
