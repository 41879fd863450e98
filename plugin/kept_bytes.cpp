// Runs of bytes by sequence number. There are few: none where Wireshark hands over all, one where it waits.
#include "kept_bytes.h"

#include <algorithm>
#include <utility>

namespace ck::plugin {
namespace {

/// A message is smaller, and so is what a sender may have under way before the peer acknowledges; more is let
/// go, and then undecidable.
constexpr std::size_t kMaxKept = 4u << 20;
/// Each segment is held against all runs; hostile ones would make more of them than reordering does.
constexpr std::size_t kMaxRuns = 1024;

/// How many bytes lie from `seq` up to `to`; negative: `to` lies before it.
std::int64_t distance(std::uint32_t seq, std::uint32_t to) {
  return static_cast<std::int32_t>(to - seq);
}

}  // namespace

void KeptBytes::clear() {
  std::vector<Run>().swap(runs_);
}

void KeptBytes::add(std::uint32_t seq, Bytes bytes, std::uint32_t next) {
  std::size_t kept = bytes.size();
  for (Run& run : runs_) {
    const auto known = std::clamp<std::int64_t>(distance(run.seq, next), 0, std::ssize(run.bytes));
    run.bytes.erase(run.bytes.begin(), run.bytes.begin() + known);
    run.seq += static_cast<std::uint32_t>(known);
    kept += run.bytes.size();
  }
  std::erase_if(runs_, [](const Run& run) { return run.bytes.empty(); });
  if (kept > kMaxKept) return clear();
  const auto known = std::clamp<std::int64_t>(distance(seq, next), 0, std::ssize(bytes));
  bytes = bytes.subspan(static_cast<std::size_t>(known));
  if (bytes.empty()) return;
  seq += static_cast<std::uint32_t>(known);
  if (runs_.empty() || distance(runs_.back().seq, seq) != std::ssize(runs_.back().bytes)) {
    if (runs_.size() == kMaxRuns) return clear();
    runs_.push_back({seq, {}});
  }
  std::vector<std::uint8_t>& last = runs_.back().bytes;
  last.insert(last.end(), bytes.begin(), bytes.end());
}

std::vector<std::uint8_t> KeptBytes::from(std::uint32_t next) const {
  std::vector<std::uint8_t> out;
  for (auto run = runs_.begin(); run != runs_.end();) {
    const std::int64_t inside = distance(run->seq, next);
    if (inside < 0 || inside >= std::ssize(run->bytes)) {
      ++run;
      continue;
    }
    out.insert(out.end(), run->bytes.begin() + inside, run->bytes.end());
    next += static_cast<std::uint32_t>(std::ssize(run->bytes) - inside);
    run = runs_.begin();  // one that came before may go on
  }
  return out;
}

}  // namespace ck::plugin
