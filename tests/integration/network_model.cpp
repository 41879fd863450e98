// Names, payloads and what contradicts what.
#include "network_model.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace ck::integration {
namespace {

using namespace samples;

constexpr std::array<std::string_view, 8> kIdentifiers{
    "Source KMA ID",        "Destination KMA ID", "Application source ID", "Application destination ID",
    "Key relay request ID", "Session ID",         "Source KM ID",          "Destination KM ID"};

const std::string* identifier(const Say& say, std::string_view name) {
  for (const Member& member : say.body) {
    if (member.name == name) return &member.json;
  }
  return nullptr;
}

/// "Source KMA ID", "source_kma_id", "sourceKmaId".
std::string spelt(std::string_view name, std::size_t spelling) {
  std::string out;
  bool new_word = false;
  for (const char c : name) {
    const bool gap = c == ' ';
    const auto lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (spelling == 0) {
      out += c;
    } else if (spelling == 1) {
      out += gap ? '_' : lower;
    } else if (!gap) {
      out += new_word ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : lower;
    }
    new_word = gap;
  }
  return out;
}

}  // namespace

std::string kma_name(std::size_t km) {
  return "KMA-" + std::to_string(km + 1);
}

Numbering numbering_of(std::size_t km, End end) {
  constexpr std::array<Numbering, 3> kKinds{Numbering::echo, Numbering::own, Numbering::mixed};
  return kKinds[(end == End::client ? km : km / 3) % 3];
}

bool asks(std::uint16_t code) {
  constexpr std::array<std::uint16_t, 7> kAsking{kNextHopRequest,   kRelayNotification,   kRelayRequest,
                                                 kSessionRequest,   kSessionNotification, kReservationRequest,
                                                 kAllocationRequest};
  return std::find(kAsking.begin(), kAsking.end(), code) != kAsking.end();
}

std::optional<std::uint16_t> question_of(std::uint16_t response_code) {
  switch (response_code) {
    case kNextHopResponse:
      return kNextHopRequest;
    case kRelayRequest:
      return kRelayNotification;
    case kRelayResponse:
      return kRelayRequest;
    case kSessionResponse:
      return kSessionRequest;
    case kSessionNotificationResponse:
      return kSessionNotification;
    case kReservationResponse:
      return kReservationRequest;
    case kAllocationResponse:
      return kAllocationRequest;
    default:
      return std::nullopt;
  }
}

bool needs_company(const Say& say) {
  return say.version != 1 || say.wire_code || say.raw || say.garbage || say.number_again;
}

bool contradicts(const Say& request, const Say& response) {
  if (request.raw || response.raw) return false;
  for (const std::string_view name : kIdentifiers) {
    const std::string* asked = identifier(request, name);
    const std::string* told = identifier(response, name);
    if (asked != nullptr && told != nullptr && *asked != *told) return true;
  }
  if (request.code != kAllocationRequest) return false;
  return std::any_of(response.keys.begin(), response.keys.end(), [&](const std::string& key) {
    return std::find(request.keys.begin(), request.keys.end(), key) == request.keys.end();
  });
}

std::string payload_of(const Say& say, std::size_t spelling) {
  if (say.raw) return *say.raw;
  std::string out = "{";
  for (const Member& member : say.body) {
    out += (out.size() > 1 ? ",\"" : "\"") + spelt(member.name, spelling) + "\":" + member.json;
  }
  return out + "}";
}

}  // namespace ck::integration
