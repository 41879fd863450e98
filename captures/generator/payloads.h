// What more than one story says: faultless payloads, and a beginning.
#pragma once

#include <string_view>

#include "generator/sample.h"

namespace ck::samples {

inline constexpr std::string_view kAsk = R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-3"})";
inline constexpr std::string_view kNext =
    R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-3","Next KMA IDs":["KMA-2"]})";
inline constexpr std::string_view kAskFour = R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-4"})";
inline constexpr std::string_view kNextFour =
    R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-4","Next KMA IDs":["KMA-2"]})";
inline constexpr std::string_view kSession =
    R"({"Application source ID":"app-a","Application destination ID":"app-b"})";
inline constexpr std::string_view kSessionDone =
    R"({"Session ID":"S-1","Response":"success","Destination KM ID":"KM-2"})";
inline constexpr std::string_view kNotify =
    R"({"Application source ID":"app-a","Application destination ID":"app-b","Session ID":"S-1","Source KM ID":"KM-9"})";
inline constexpr std::string_view kNotified = R"({"Session ID":"S-1","Response":"success"})";
inline constexpr std::string_view kReserve = R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-3"})";
inline constexpr std::string_view kReserved = R"({"Key IDs":"K-1","Response":0})";
inline constexpr std::string_view kAllocated = R"({"Key IDs":[{"Key ID":"K-1"}],"Response":0})";
inline constexpr std::string_view kRelayed = R"({"Response":"success","Key relay request ID":"R-1"})";
inline constexpr std::string_view kReserveFive = R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-5"})";
inline constexpr std::string_view kAllocateFive =
    R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-5","Key IDs":[{"Key ID":"K-1"}]})";

/// Frames 1 to 5: handshake, a faultless request and its answer, both under MessageID 1.
inline CkTalk acquainted(Recording& recording, const TalkOptions& options = {}) {
  CkTalk talk = opened(recording, kKm1, kController, options);
  talk.km(1, kNextHopRequest, kAskFour);
  talk.ctl(1, kNextHopResponse, kNextFour);
  return talk;
}

}  // namespace ck::samples
