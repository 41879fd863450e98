// What is hashed: the digests of two things differ by that, though their texts or numbers be the same.
#pragma once

#include <cstdint>

#include "base/hash.h"

namespace ck::audit {

enum class Hashed : std::uint8_t {
  parameter_value,  ///< of a parameter by which requests and responses are compared
  address,
  connection,         ///< a face's key of it
  connection_number,  ///< the report's
  kma_id,
  key_relay_request_id,
  relay_destination,  ///< of a distributed relay: its destination's KMA ID,
  relay_application,  ///< or the destination's application
  session_id,
  notification,             ///< the MessageID of a 0x1403
  habit,                    ///< a text that tells how a peer speaks
  peer,                     ///< a KM or controller, by what it is known by
  superseded_notification,  ///< the number of a relay whose 0x1403's MessageID was used again
};

}  // namespace ck::audit
