// What was decided about the bytes of a frame on the first pass: enough to show the same again without
// deciding anew. No epan here.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "audit/event.h"
#include "core/audit_results.h"
#include "core/rpcs.h"

namespace ck::plugin {

enum class SliceKind : std::uint8_t {
  message,
  skipped,
  malformed,
  incomplete,  ///< begins a message
  ahead,       ///< stands behind bytes that are missing, or not there yet
};

/// A run of bytes of one call, and what it is.
struct Slice {
  SliceKind kind = SliceKind::skipped;
  std::uint32_t begin = 0, size = 0;
  // Of a message:
  std::uint64_t message = kNoMessage;              ///< its index in the results, where the audit was told
  const Slip* slip = nullptr;                      ///< it was written otherwise than Figure I.1 says
  std::uint32_t payload_at = 0, payload_size = 0;  ///< within the slice
};

/// One call of the dissector; or bytes that Wireshark did not hand over in the frame that completed them.
struct Delivery {
  Endpoint sender;
  bool opener_known = false, from_opener = false;
  std::uint32_t given = 0;        ///< bytes that the call was given
  std::uint64_t digest = 0;       ///< of those bytes
  std::uint64_t head_digest = 0;  ///< of those before wait_offset
  std::vector<std::uint8_t>
      carried;                    ///< what is shown instead of the given bytes, where it began before them
  std::vector<Slice> slices;      ///< over the carried bytes, else the given ones
  bool waits = false;             ///< more bytes are needed:
  std::uint32_t wait_offset = 0;  ///< from here on, in given bytes
  std::uint32_t wait_length = 0;  ///< so many more
  std::vector<std::uint32_t> earlier;  ///< frames of carried bytes that came before
  bool kept_back = false;              ///< not a call: Wireshark did not hand these bytes over
  bool shown = false;                  ///< during the current dissection of its frame
  // Where the given bytes are found on a pass on which Wireshark does not give them again:
  std::uint32_t sequence = 0;      ///< of the segment that was dissected
  std::int32_t in_segment = -1;    ///< they are in its payload, from here on; -1: they are not
  std::uint32_t copied_from = 0;   ///< else the copy begins here, in given bytes
  std::vector<std::uint8_t> copy;  ///< and holds what the slices lie over; empty: none was made
  /// A message over gRPC, which Wireshark's gRPC dissector hands over alone and without compression; nullptr:
  /// none. All of it is in the copy.
  std::shared_ptr<const RpcMessage> rpc;
};

/// Whether more is known of a call's bytes than that they are a part of something.
bool is_decided(const Delivery& call);

/// Bytes in which the slices of a call are found.
struct SliceBytes {
  Bytes bytes;
  std::uint32_t begin = 0;  ///< what these bytes begin with, as the slices count
};
/// Those of a call that is not made in this dissection of its frame. `payload`: of its segment.
SliceBytes bytes_without_call(const Delivery& call, Bytes payload);

std::uint64_t digest_of(Bytes bytes);

/// The calls of every frame.
class Deliveries {
 public:
  /// False: no frame from this one on has any, as of nearly all frames that are dissected for the first time.
  [[nodiscard]] bool reach(std::uint64_t frame) const { return frame <= newest_; }
  /// Valid until the file is closed.
  Delivery& add(std::uint64_t frame, std::unique_ptr<Delivery> call);
  /// What the first pass decided for these bytes of `sender` in this frame; nullptr: they were not ours.
  /// Bytes that end where the call began to wait are the call's too: once Wireshark has put segments
  /// together, it gives the rest in the frame that brings the last of it.
  Delivery* recall(std::uint64_t frame, const Endpoint& sender, Bytes bytes);
  /// What is still to be shown of a segment that was dissected, one after the other: what was never handed
  /// over of this sender's bytes, and, on later passes, what was on the first one and is not now, where it is
  /// decided. nullptr: no more.
  const Delivery* left(std::uint64_t frame, const Endpoint& sender, std::uint32_t sequence);
  /// The message over gRPC that the first pass found in this frame: of this method and direction, and with
  /// these bytes; nullptr: there is none that is not shown.
  const Delivery* recall_rpc(std::uint64_t frame, std::string_view path, bool request, Bytes bytes);
  /// One of this frame that is not shown, one after the other; nullptr: no more.
  const Delivery* left_rpc(std::uint64_t frame);
  /// Wireshark hands over a message over gRPC in this frame of which the streams, which read the same HTTP/2,
  /// do not tell: it is larger than is decoded, say. It is no message, on any pass.
  void keep_untold(std::uint64_t frame) { untold_.insert(frame); }
  [[nodiscard]] bool is_untold(std::uint64_t frame) const { return untold_.count(frame) != 0; }
  /// The dissection of `frame` is over: its calls may be shown again.
  void end_frame(std::uint64_t frame);
  /// All calls of a frame; nullptr: it has none.
  [[nodiscard]] const std::vector<std::unique_ptr<Delivery>>* find(std::uint64_t frame) const;
  /// The messages of a frame, by index in the results.
  [[nodiscard]] std::vector<std::uint64_t> messages_in(std::uint64_t frame) const;

 private:
  std::unordered_map<std::uint64_t, std::vector<std::unique_ptr<Delivery>>> calls_;  ///< by frame
  std::uint64_t newest_ = 0;                  ///< the last frame that has any
  std::unordered_set<std::uint64_t> untold_;  ///< frames
};

}  // namespace ck::plugin
