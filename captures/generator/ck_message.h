// A Ck frame made by hand: the ten header bytes of Appendix I, Figure I.1, and a payload.
#pragma once

#include <string_view>

#include "generator/packets.h"

namespace ck::samples {

// CommandCodes, typed from Table I.1.
inline constexpr std::uint16_t kNextHopRequest = 0x1401;
inline constexpr std::uint16_t kNextHopResponse = 0x4102;
inline constexpr std::uint16_t kRelayNotification = 0x1403;
inline constexpr std::uint16_t kRelayRequest = 0x4104;
inline constexpr std::uint16_t kRelayResponse = 0x1405;
inline constexpr std::uint16_t kSessionRequest = 0x1406;
inline constexpr std::uint16_t kSessionResponse = 0x4107;
inline constexpr std::uint16_t kSessionNotification = 0x4108;
inline constexpr std::uint16_t kSessionNotificationResponse = 0x1409;
inline constexpr std::uint16_t kReservationRequest = 0x410A;
inline constexpr std::uint16_t kReservationResponse = 0x140B;
inline constexpr std::uint16_t kAllocationRequest = 0x410C;
inline constexpr std::uint16_t kAllocationResponse = 0x140D;

/// Version, MessageID, CommandCode, Length (of the payload, which must not exceed 65535 bytes) and the
/// payload as it stands.
Buffer frame(std::uint16_t version, std::uint32_t message_id, std::uint16_t code, std::string_view payload);

/// The same with a Length that need not be the payload's, for frames that lie about it.
Buffer frame_with_length(std::uint16_t version, std::uint32_t message_id, std::uint16_t code,
                         std::uint16_t length, std::string_view payload);

}  // namespace ck::samples
