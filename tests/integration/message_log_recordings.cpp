// A torture capture a sensor.
#include "message_log_recordings.h"

#include "torture_wire.h"

namespace ck::integration {
namespace {

Handling rough_handling(std::size_t seed) {
  Handling out;
  out.smallest_piece = 1;
  out.largest_piece = seed % 2 == 0 ? 60 : 1400;
  out.reorder_window = 1 + seed % 5 * 4;
  out.duplicate = 10;
  out.overlap = 10;
  out.late_copy = 5;
  out.holes = seed % 3;
  out.ending = static_cast<Ending>(seed % 5);
  return out;
}

}  // namespace

samples::Recording rough_recording(std::uint32_t seed, std::size_t sensor) {
  Random random(seed * 10 + static_cast<std::uint32_t>(sensor));
  std::vector<Lane> lanes;
  for (std::size_t i = 0; i < 6; ++i) {
    Lane lane{"10.41." + std::to_string(sensor) + "." + std::to_string(i + 1),
              "10.14.0.1",
              41000,
              51640,
              {},
              0,
              nullptr,
              nullptr,
              {}};
    for (const char* use : {"first", "second"})
      lane.connections.push_back({conversation(random, "KMA-" + std::to_string(sensor * 10 + i),
                                               std::to_string(sensor * 10 + i) + "-" + use, 9),
                                  rough_handling(seed + i)});
    lanes.push_back(std::move(lane));
  }
  samples::Recording recording;
  recording.step_ns = 90'000'000;  // what is put off for a second outlasts packets of the others
  play(random, recording, lanes);
  return recording;
}

}  // namespace ck::integration
