// Captures made to exhaust whoever reads them, of any size: `n` is about how many packets or messages they
// have.
#pragma once

#include <cstdint>

#include "hostile/writer.h"

namespace ck::hostile {

void syns(Writer& writer, std::uint32_t n);
/// Each has begun a frame of 64 KiB.
void half_open(Writer& writer, std::uint32_t n);
/// The same with as much of the frame as a segment holds.
void half_open_large(Writer& writer, std::uint32_t n);
/// Messages as long as can be that are never whole, two bytes a segment.
void dribbles(Writer& writer, std::uint32_t n);
/// The same, and they become whole.
void whole_dribbles(Writer& writer, std::uint32_t n);
/// A hole, and behind it segments that never become contiguous.
void behind_a_hole(Writer& writer, std::uint32_t n);
/// The same in descending order, which is the worst for what inserts in front.
void behind_a_hole_backwards(Writer& writer, std::uint32_t n);
/// Fragments of datagrams that are never whole, each as far behind as it can be.
void fragments(Writer& writer, std::uint32_t n);
/// Requests and answers that keep every rule, all on one connection.
void conversation(Writer& writer, std::uint32_t n);
void open_requests(Writer& writer, std::uint32_t n);
/// Requests without an answer, and then answers without a request that could be theirs.
void foreign_answers(Writer& writer, std::uint32_t n);
void sessions(Writer& writer, std::uint32_t n);
/// Requests for sessions of ever the same two applications, which only an ID that is not known yet tells
/// apart.
void session_requests(Writer& writer, std::uint32_t n);
void relays(Writer& writer, std::uint32_t n);
/// Hops of a distributed relay that all could follow one another.
void hops(Writer& writer, std::uint32_t n);
/// Each hop towards a destination of its own.
void destinations(Writer& writer, std::uint32_t n);
void reservations(Writer& writer, std::uint32_t n);
void kma_ids(Writer& writer, std::uint32_t n);
void member_names(Writer& writer, std::uint32_t n);
/// Every CommandCode under the two directions' digits, and every Version.
void codes_and_versions(Writer& writer, std::uint32_t n);
/// Frames that cannot be: each is searched for the next one that can.
void malformed(Writer& writer, std::uint32_t n);
/// Headers that may begin a frame at every sixth byte, each of 16 KiB: a search that looked at all of what
/// each claims would be quadratic.
void decoys(Writer& writer, std::uint32_t n);
void findings(Writer& writer, std::uint32_t n);
void connections(Writer& writer, std::uint32_t n);
/// One host, ever another KMA.
void names_of_one_host(Writer& writer, std::uint32_t n);
/// Names as long as a payload allows, one a connection.
void long_names(Writer& writer, std::uint32_t n);
/// Relays over as many KMAs as a payload allows.
void long_routes(Writer& writer, std::uint32_t n);
/// Allocations of as many keys as a payload allows, which nobody answers.
void long_allocations(Writer& writer, std::uint32_t n);

}  // namespace ck::hostile
