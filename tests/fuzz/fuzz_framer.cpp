// Fuzz target: Framer. However a stream is cut, the same frames come out (where a segment ends counts for a
// slip, so nothing is said of that here), every step makes progress, and nothing is claimed twice. Byte 0:
// flags; byte 1: how the second run cuts; the rest is the stream.
#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "protocol/framer.h"

namespace {

using namespace ck::protocol;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Piece {
  bool message;
  FramerState state;  ///< after the answer
  std::size_t begin, size;
  bool operator==(const Piece&) const = default;
};

struct Run {
  std::vector<Piece> pieces;
  std::size_t consumed = 0;
};

/// Neighbouring skips of one state are one region, however many answers it took.
void note(Run& run, bool message, FramerState state, std::size_t size) {
  if (!message && !run.pieces.empty() && !run.pieces.back().message && run.pieces.back().state == state) {
    run.pieces.back().size += size;
  } else {
    run.pieces.push_back({message, state, run.consumed, size});
  }
  run.consumed += size;
}

/// Gives the stream in pieces of `step` bytes; `patient` callers ask again only when as many bytes are there
/// as were asked for.
Run run(Bytes stream, const NameTable& names, bool from_start, bool known, std::size_t step, bool patient) {
  Framer framer(names, from_start);
  if (known) framer.assume_ck();
  Payload scratch;
  Run run;
  std::size_t wanted = 0;
  for (std::size_t seen = std::min(step, stream.size());; seen = std::min(seen + step, stream.size())) {
    const bool at_end = seen == stream.size();
    while (run.consumed < seen) {
      const Bytes waiting = stream.subspan(run.consumed, seen - run.consumed);
      if (patient && !at_end && waiting.size() < wanted) break;
      const FrameAnswer answer = framer.next(waiting, at_end ? BytesEnd::stream : BytesEnd::open, scratch);
      wanted = 0;
      if (answer.step == FrameStep::need_more) {
        require(answer.size > waiting.size() && answer.size <= kMaxFrame);
        require(!at_end || framer.state() == FramerState::synced);
        wanted = answer.size;
        break;
      }
      require(answer.size >= 1 && answer.size <= waiting.size());
      const bool in_frame = answer.step == FrameStep::message || answer.slip != nullptr;
      require(in_frame == (framer.state() == FramerState::synced));
      require(answer.step != FrameStep::message || answer.payload_at + answer.payload_size == answer.size);
      note(run, answer.step == FrameStep::message, framer.state(), answer.size);
      known_slip(waiting, names, scratch);
    }
    if (at_end) return run;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const NameTable names;
  if (size < 3) return 0;
  const bool from_start = data[0] & 1, known = data[0] & 2;
  const Bytes stream(data + 2, size - 2);
  const Run whole = run(stream, names, from_start, known, stream.size(), true);
  const std::size_t step = std::size_t{data[1]} + 1;
  for (const auto& [cut, patient] : {std::pair{step, true}, {step, false}, {std::size_t{1}, true}}) {
    const Run other = run(stream, names, from_start, known, cut, patient);
    require(other.pieces == whole.pieces && other.consumed == whole.consumed);
  }
  return 0;
}
