// How a torture capture's conversations cross the wire, and the model: what any observer must say of them,
// computed from the bytes' arrivals alone. Nothing here knows the analyzer.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "generator/wrappings.h"
#include "torture_script.h"

namespace ck::integration {

/// How a connection ends.
enum class Ending : std::uint8_t {
  left_open,
  fins,           ///< both ends, when all is said
  fin_with_data,  ///< on the last bytes, which may overtake others
  half_close,     ///< each end as soon as it has nothing more to say
  reset,
};

/// What the network does to a connection's segments. Chances are in percent.
struct Handling {
  std::size_t smallest_piece = 1, largest_piece = 1400;
  std::size_t reorder_window = 0;  ///< a segment is overtaken by at most about so many
  std::size_t duplicate = 0;       ///< a segment comes a second time
  std::size_t overlap = 0;         ///< a segment repeats bytes before it, or begins those behind it
  std::size_t late_copy = 0;       ///< bytes of long ago come again
  std::size_t bare_ack = 30;
  std::size_t keep_alive = 0;          ///< after a round
  std::size_t zero_window = 0;         ///< before a round
  std::size_t holes = 0;               ///< in each direction's stream, never captured
  bool wraps = false;                  ///< sequence numbers pass 2^32
  bool both_at_once = true;            ///< else the KM's part of a round goes before the controller's
  bool separate_whole_frames = false;  ///< each message in a segment of its own; pieces play no part
  std::size_t fragment = 0;            ///< an IP packet, a tunnel's too, travels in fragments
  Ending ending = Ending::fins;
};

struct ModelMessage {
  std::uint64_t frame = 0;  ///< at whose arrival all bytes up to the message's end were there
  std::uint16_t command = 0;
  std::uint32_t message_id = 0;
  std::uint64_t length = 0;
  friend auto operator<=>(const ModelMessage&, const ModelMessage&) = default;
};

struct ModelConnection {
  std::string km, controller;
  std::uint64_t first_frame = 0;
  std::array<std::vector<ModelMessage>, 2> messages;  ///< by End, in the stream's order
  std::vector<std::uint64_t> gaps;                    ///< the frame behind each hole
  std::uint64_t lost_bytes = 0;
  std::uint64_t skipped_bytes = 0;  ///< of messages that a hole interrupts
  /// Both directions in the order of their frames; a frame has messages of one direction only.
  [[nodiscard]] std::vector<ModelMessage> in_order() const;
};

struct WireConnection {
  Script script;
  Handling handling;
};

/// Connections of one pair of addresses and ports, one after the other.
struct Lane {
  std::string km, controller;  ///< addresses, without port
  std::uint16_t km_port = 0, controller_port = 0;
  samples::LinkOptions link;
  std::size_t interface = 0;
  const samples::Framing* framing = nullptr;  ///< instead of `link`
  const samples::Tunnel* tunnel = nullptr;    ///< every packet travels in it
  std::vector<WireConnection> connections;
};

/// Plays all lanes into the recording, interleaved at random (or, if not `interleaved`, one after the other).
/// Returns the model, connection by connection in the order of the lanes.
std::vector<ModelConnection> play(Random& random, samples::Recording& recording,
                                  const std::vector<Lane>& lanes, bool interleaved = true);

}  // namespace ck::integration
