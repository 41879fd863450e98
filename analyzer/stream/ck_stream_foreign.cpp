// What is nobody's Ck: nearly all of what a capture of anything else holds. It is passed over in one look.
#include <algorithm>

#include "stream/ck_stream.h"

namespace ck::stream {
namespace {

/// Where more bytes are kept than these, or more segments brought them, something has begun.
constexpr std::size_t kMostUndecided = 64, kMostRuns = 3;

}  // namespace

/// The next bytes of a direction of which nothing is kept but what the search for a frame leaves undecided,
/// and with which none begins. What comes of it is what frame() and keep() would make of them, which look at
/// the bytes twice, and lay them behind those that are kept first. False: they have to.
bool CkStreams::take_foreign(const Work& work, Bytes bytes, const Position& at) {
  SenderStream& direction = work.direction;
  const std::size_t kept = direction.buffer.size();
  if (work.ck.open || kept > kMostUndecided || direction.runs.size() > kMostRuns ||
      kept + bytes.size() < direction.wanted)
    return false;
  if (direction.unread != nullptr && !direction.unread->bytes.empty()) return false;
  const bool first = work.connection.from_start[work.side] && direction.offset == direction.first;
  const bool same_frame = kept != 0 && direction.runs.back().at.frame == at.frame &&
                          direction.runs.back().at.capture == at.capture;
  const std::size_t cost = bytes.size() + sizeof(StreamRun);
  if (first || same_frame || budget_.total + cost > budget_.max_total || is_unread_full()) return false;
  Bytes all = bytes;
  if (kept != 0) {
    gathered_.assign(direction.buffer.begin(), direction.buffer.end());
    gathered_.insert(gathered_.end(), bytes.begin(), bytes.end());
    all = gathered_;
  }
  const Framer::Passed passed = direction.framer.pass_foreign(all, kept);
  if (passed.size == 0) return false;
  const StreamRun run{direction.offset + all.size(), at, calls_};
  std::array<StreamRun, kMostRuns + 1> runs;
  const std::size_t before = direction.runs.size();
  std::copy(direction.runs.begin(), direction.runs.end(), runs.begin());
  runs[before] = run;
  budget_.total -= kept + sizeof(StreamRun) * before;
  skip(work, all, passed.size, runs.front().at, std::span<const StreamRun>(runs).first(before + 1));
  direction.offset += passed.size;
  direction.wanted = passed.wanted;
  direction.buffer.clear();
  direction.buffer.append(all.subspan(passed.size));
  direction.runs.clear();
  direction.runs.push_back(run);
  budget_.total += direction.buffer.size() + sizeof(StreamRun);
  return true;
}

}  // namespace ck::stream
