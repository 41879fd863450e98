// Where the next frame of a byte stream starts. One Framer per direction of a connection; both faces drive
// the same one. It asks "message, skip, or more bytes?" of the bytes that are contiguous so far and knows
// nothing of TCP but where a segment ends. A peer that frames otherwise by one of the known slips is read as
// it meant.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "protocol/frame.h"
#include "protocol/object_scan.h"
#include "protocol/payload.h"
#include "protocol/slips.h"
#include "protocol/unread.h"

namespace ck::protocol {

enum class FrameStep : std::uint8_t {
  need_more,  ///< nothing can be said yet; `size` = total bytes that must be contiguous before asking again
              ///< is useful (> given)
  message,    ///< a frame of `size` bytes starts at the first byte given
  skip,       ///< the first `size` bytes are no frame: consume them
};

struct FrameAnswer {
  FrameStep step = FrameStep::need_more;
  std::size_t size = 0;
  /// message: written otherwise than Figure I.1 says. skip: the bytes belong to the frame before, by this
  /// slip, and are no unread ones.
  const Slip* slip = nullptr;
  // message:
  FrameHeader header{};  ///< as its sender meant it
  /// The bytes before it, which are no frame, may be its first ones by a slip that hides it: then its Version
  /// stands among them.
  bool version_in_doubt = false;
  std::size_t payload_at = 0;  ///< offset of the payload within the frame
  std::size_t payload_size = 0;
};

/// What is known of the end of the bytes given to a framer.
enum class BytesEnd : std::uint8_t {
  open,      ///< nothing
  segment,   ///< a segment ends here. What a peer sends in one go ends with it, which counts for a slip.
  answered,  ///< a segment ends here, and the other side has sent something since: what was undecided for
             ///< more bytes that might come is decided by those that are there
  stream,    ///< no byte will follow, ever (hole given up, end of capture)
  fin,       ///< no byte will follow, because the sender ended its stream
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

  /// Looks at `bytes`, all contiguous bytes that were not consumed yet. When no byte will follow them, a
  /// candidate that is still incomplete is passed over while searching; in `synced` state an incomplete frame
  /// stays need_more, and the caller reports it as truncated. The caller consumes `size` bytes after
  /// `message` and `skip` and calls again. The state changes at the call.
  FrameAnswer next(Bytes bytes, BytesEnd end, Payload& scratch);

  struct Passed {
    std::size_t size = 0;    ///< so many bytes are no frame
    std::size_t wanted = 0;  ///< and so many behind them have to be there before asking again
  };
  /// What next() comes to where a segment ends with `bytes`, they hold no CommandCode, and nothing is known
  /// of Ck: they are passed over but for the last ones. Where it has to be asked, or would pass over fewer
  /// than `least` bytes, nothing changes, and `size` is 0.
  Passed pass_foreign(Bytes bytes, std::size_t least);

  /// Bytes are missing before those that next() will see: start searching. The caller has dropped what was
  /// not consumed.
  void lose_sync();

  /// The connection is known to carry Ck (the other direction has shown a frame, or the user named its port).
  /// In state `start` the first byte of the stream then also starts a frame when its code is one of the 13,
  /// whatever the payload; when its code has direction digits and the payload starts with `{`; or when the
  /// payload is exactly one JSON object: so a peer whose very first message is wrong is still checked, while
  /// an authentication's bytes stay skipped. Before its first frame, a direction's headers with one of the 13
  /// codes are messages whatever their payload is when their Lengths lead exactly to the end of a segment or
  /// to that frame.
  void assume_ck() { known_ck_ = true; }

  [[nodiscard]] FramerState state() const { return state_; }
  [[nodiscard]] bool knows_ck() const { return known_ck_; }
  /// What was found is Ck, because it shows that by itself, which a frame by a slip does not, or because the
  /// connection is known to carry it.
  [[nodiscard]] bool shows_ck() const { return shows_ck_ || known_ck_; }
  /// The last need_more may be another answer once the other side has answered.
  [[nodiscard]] bool in_doubt() const { return in_doubt_; }
  /// Bytes of the frame that starts with `bytes` in state `synced`, as far as its header tells.
  [[nodiscard]] std::size_t expected_size(Bytes bytes) const;

 private:
  enum class Fit : std::uint8_t { no, waiting, frame };
  struct Reading {
    Fit fit = Fit::no;
    MeantHeader meant;
    std::size_t size = 0;  ///< of the payload
  };
  /// A frame, or what may become one.
  struct Found {
    std::size_t start;
    const Slip* slip;
    Reading reading;
  };
  /// A payload that begins at some offset of the bytes given, as far as it was looked at.
  struct Looked {
    std::size_t at = 0;
    ObjectScan scan;
    std::optional<bool> is_object;  ///< by the parser
    bool has_parameter = false;
  };
  /// The last bytes that were skipped.
  struct Skipped {
    std::array<std::uint8_t, 4> bytes{};  ///< the last `size` of them count
    std::size_t size = 0;
  };
  /// The payloads that were looked at last.
  struct LookedAt {
    std::array<Looked, 3> payloads;  ///< at: 0 where free
    std::size_t next = 0;            ///< the one that makes room is this modulo 3
  };

  FrameAnswer decide(Bytes bytes, BytesEnd end, Payload& scratch);
  std::optional<FrameAnswer> next_at_start(Bytes bytes, BytesEnd end, Payload& scratch);
  FrameAnswer next_synced(Bytes bytes, BytesEnd end, Payload& scratch);
  std::optional<FrameAnswer> look(Bytes bytes, BytesEnd end, Payload& scratch);
  std::optional<FrameAnswer> look_by_slips(Bytes bytes, BytesEnd end, std::size_t& need, Payload& scratch);
  std::optional<FrameAnswer> look_by_slip(const Slip& slip, Bytes bytes, BytesEnd end, std::size_t& need,
                                          Payload& scratch);
  std::optional<FrameAnswer> look_leniently(Bytes bytes, BytesEnd end, bool waiting, std::size_t need,
                                            Payload& scratch);
  Fit look_inside(Bytes bytes, std::size_t size, BytesEnd end, Payload& scratch);
  std::optional<FrameAnswer> follow_slip(Bytes bytes) const;
  std::optional<FrameAnswer> trailer(Bytes bytes, BytesEnd end);
  FrameAnswer search(Bytes bytes, std::size_t from, BytesEnd end, Payload& scratch);
  std::optional<Found> find_frame(Bytes bytes, std::size_t from, BytesEnd end, Payload& scratch);
  std::optional<Found> try_code(Bytes bytes, std::size_t from, std::size_t code, bool little_endian,
                                BytesEnd end, Payload& scratch);
  std::optional<FrameAnswer> hold_unread(Bytes bytes, const std::optional<Found>& found, BytesEnd end);
  Looked& looked_at(Bytes bytes, std::size_t payload);
  Reading read(const Slip& slip, Bytes bytes, std::size_t start, bool listed, Payload& scratch);
  Fit evidence(const Slip& slip, Bytes bytes, std::size_t size, BytesEnd end) const;
  [[nodiscard]] bool may_be(const Slip& slip, const MeantHeader& meant) const;
  [[nodiscard]] bool may_be_searched(const Slip& slip, Bytes frame) const;
  [[nodiscard]] std::optional<std::uint16_t> version_before(const Slip& slip) const;
  [[nodiscard]] bool doubts_version(const Slip& slip, std::uint16_t version) const;
  void note_skipped(Bytes bytes);
  [[nodiscard]] bool standard_may_end_later(Bytes bytes) const;
  FrameAnswer tell(const Slip& slip, const MeantHeader& meant, std::size_t payload_size);

  const NameTable* names_;
  FramerState state_;
  bool known_ck_ = false, shows_ck_ = false, in_doubt_ = false;
  bool framed_ = false;            ///< a frame was found
  bool length_is_cut_ = false;     ///< a segment has ended between the two bytes of Length
  std::uint8_t in_a_row_ = 0;      ///< standard frames since the last one by a slip
  bool version_in_doubt_ = false;  ///< of the last frame
  Skipped skipped_;                ///< directly before the last frame, or the next one
  bool skips_ = false;             ///< the last bytes were no frame
  /// Of the last frame where it was in no doubt.
  std::optional<std::uint16_t> version_;
  const Slip* slip_ = nullptr;        ///< that the direction's frames follow
  const Slip* trailer_ = nullptr;     ///< that stood behind one
  std::unique_ptr<LookedAt> looked_;  ///< nullptr: none
  std::size_t searched_ = 0;          ///< no frame starts before this offset of the bytes that are held
  std::unique_ptr<UnreadHeaders> unread_;
};

}  // namespace ck::protocol
