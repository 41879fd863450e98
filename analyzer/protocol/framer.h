// Where the next frame of a byte stream starts. One Framer per direction of a connection; both faces drive
// the same one. It asks "message, skip, or more bytes?" of the bytes that are contiguous so far and knows
// nothing of TCP.
#pragma once

#include <cstdint>

#include "protocol/bytes.h"
#include "protocol/frame.h"
#include "protocol/payload.h"

namespace ck {

enum class FrameStep : std::uint8_t {
  need_more,  ///< nothing can be said yet; `size` = total bytes that must be contiguous before asking again
              ///< is useful (> given)
  message,    ///< a frame of `size` bytes starts at the first byte given
  skip,       ///< the first `size` bytes are no frame: consume them
};

struct FrameAnswer {
  FrameStep step = FrameStep::need_more;
  std::size_t size = 0;
};

/// How far a payload that may be a JSON object was looked at: only what came since is, when more bytes are
/// there.
struct ObjectScan {
  enum class Phase : std::uint8_t { before, opened, inside, string, behind };
  std::size_t at = 0;
  std::size_t depth = 1;  ///< of brackets, once the object is opened
  Phase phase = Phase::before;
};

/// Why the framer is looking for a frame; decides what skipped bytes are.
enum class FramerState : std::uint8_t {
  start,  ///< nothing seen yet, and the stream was seen from its start: the lenient content test serves at
          ///< the first byte
  searching,  ///< mid-stream start, or bytes before the first frame: skipped bytes are `skipped_bytes`
  synced,     ///< the last bytes were a frame: what follows is one, or it is malformed
  malformed,  ///< resynchronising after bytes that cannot be a frame: skipped bytes belong to one
              ///< `malformed-frame`
  lost,       ///< resynchronising after a hole: skipped bytes are `skipped_bytes`
};

class Framer {
 public:
  /// `names` must outlive the framer. `from_start`: the first byte given to next() is the stream's first.
  Framer(const NameTable& names, bool from_start);

  /// Looks at `bytes`, all contiguous bytes that were not consumed yet. `at_end`: no byte will follow them,
  /// ever (FIN, RST, hole given up, end of capture): a candidate that is still incomplete is then passed over
  /// while searching; in `synced` state an incomplete frame stays need_more, and the caller reports it as
  /// truncated. The caller consumes `size` bytes after `message` and `skip` and calls again. The state
  /// changes at the call.
  FrameAnswer next(Bytes bytes, bool at_end, Payload& scratch);

  /// Bytes are missing before those that next() will see: start searching. The caller has dropped what was
  /// not consumed.
  void lose_sync();

  /// The connection is known to carry Ck (the other direction has shown a frame, or the user named its port).
  /// In state `start` the first byte of the stream then also starts a frame when its code is one of the 13,
  /// whatever the payload; when its code has direction digits and the payload starts with `{`; or when the
  /// payload is exactly one JSON object: so a peer whose very first message is wrong is still judged, while
  /// an authentication's bytes stay skipped.
  void assume_ck() { known_ck_ = true; }

  [[nodiscard]] FramerState state() const { return state_; }

 private:
  FrameAnswer decide(Bytes bytes, bool at_end, Payload& scratch);
  FrameAnswer next_at_start(Bytes bytes, bool at_end, Payload& scratch);
  FrameAnswer next_synced(Bytes bytes, bool at_end, Payload& scratch);
  FrameAnswer search(Bytes bytes, std::size_t from, bool at_end, Payload& scratch);

  const NameTable* names_;
  FramerState state_;
  bool known_ck_ = false;
  ObjectScan scan_;  ///< of the frame that may start at the first byte given, while its end is not there
};

/// Bytes that cannot be a frame: the known slip that explains them ("looks little-endian", "Length seems to
/// include the header", "MessageID seems to be 8 bytes"), empty when none does. `bytes` starts at the first
/// bad byte; a hint only.
std::string_view known_slip(Bytes bytes, const NameTable& names, Payload& scratch);

}  // namespace ck
