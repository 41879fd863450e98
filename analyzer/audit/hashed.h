// What is hashed: the digests of two things differ by that, though their texts or numbers be the same.
#pragma once

#include <cstdint>
#include <string_view>

#include "audit/event.h"
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

/// By which a connection is found.
inline std::uint64_t digest_of_connection(ConnectionKey key) {
  return digest_of(Hashed::connection, key);
}

inline std::uint64_t digest_of_connection_number(std::uint32_t number) {
  return digest_of(Hashed::connection_number, number);
}

/// A key by its ID, as among a message's Identifiers.
inline std::uint64_t key_digest(std::string_view key) {
  return digest_of(Hashed::parameter_value, key);
}

inline std::uint64_t digest_of_address(const Address& address) {
  return digest_of(Hashed::address,
                   std::string_view(reinterpret_cast<const char*>(address.bytes.data()), address.size));
}

inline std::uint64_t digest_of_endpoint(const Endpoint& endpoint) {
  return digest_of(digest_of_address(endpoint.address), endpoint.port);
}

/// Stands for every port; no port has this number.
inline constexpr std::uint32_t kAnyPort = 0x1'0000;

/// A controller of which the host alone is known, by a digest of its address.
inline std::uint64_t controller_anywhere(std::uint64_t host) {
  return digest_of(host, kAnyPort);
}

}  // namespace ck::audit
