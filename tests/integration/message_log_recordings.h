// Captures of which message logs are made, besides those of networks.
#pragma once

#include <cstdint>

#include "generator/packets.h"

namespace ck::integration {

/// Connections of one sensor's hosts, all at once, whose segments overtake each other, come twice and are
/// lost.
samples::Recording rough_recording(std::uint32_t seed, std::size_t sensor);

}  // namespace ck::integration
