// Faults, each of a kind that a rule defines, at a message that is known by construction.
#pragma once

#include "network_scripts.h"

namespace ck::integration {

/// The `which`-th fault: kinds take turns. Requests that are never answered stay among the first half of the
/// KMs; faults that need an association without such a one, and those of whole connections, in the second.
Script write_fault(ScriptWriter& writer, std::size_t which);

/// Bytes that are no frame, on this KM's connection.
Script write_garbage(std::size_t km);

}  // namespace ck::integration
