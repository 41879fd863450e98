// Frames written otherwise than Figure I.1 says, each by hand: how peers slip.
#pragma once

#include <ostream>
#include <span>
#include <string_view>

#include "generator/packets.h"

namespace ck::samples {

struct SlipWriter {
  std::string_view name;  ///< slips/<name>.pcap
  std::string_view says;  ///< what must be said of it
  std::string_view shows;
  Buffer (*write)(std::uint16_t version, std::uint32_t message_id, std::uint16_t code,
                  std::string_view payload);
  bool behind = false;  ///< nothing is wrong but what stands behind a frame
};

/// For GoogleTest: a writer is known by its name.
inline void PrintTo(const SlipWriter& writer, std::ostream* out) {
  *out << writer.name;
}

/// At least one for each known slip.
std::span<const SlipWriter> slip_writers();

/// Faultless payloads, with letters that take two bytes, so that a slip in counting them shows.
inline constexpr std::string_view kAskSlipped = R"({"Source KMA ID":"Zürich","Destination KMA ID":"Genève"})";
inline constexpr std::string_view kNextSlipped =
    R"({"Source KMA ID":"Zürich","Destination KMA ID":"Genève","Next KMA IDs":["Bern"]})";

}  // namespace ck::samples
