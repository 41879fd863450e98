// Running display filters over samples, and the few stories that the samples do not tell.
#include "filters.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

namespace ck::plugin {
namespace {

using namespace samples;

const std::string_view kReserve = R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-2"})";
const std::string_view kReserved = R"({"Key IDs":"8a51","Response":0})";

/// Frame 4: a controller asks; the KM closes, frames 5 to 7.
void silent_km(Recording& recording) {
  CkTalk talk = opened(recording);
  talk.ctl(1, kReservationRequest, kReserve);
  talk.close();
}

/// Frames 4 and 5 are a reservation, 6 asks for the key, 7 says that there is none.
void allocation_failed(Recording& recording) {
  CkTalk talk = opened(recording);
  talk.ctl(1, kReservationRequest, kReserve);
  talk.km(1, kReservationResponse, kReserved);
  talk.ctl(2, kAllocationRequest,
           R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-2","Key IDs":[{"Key ID":"8a51"}]})");
  talk.km(2, kAllocationResponse, R"({"Key IDs":[{"Key ID":"8a51"}],"Response":1})");
}

/// Frame 4 is a request; of another one, only the first half, frame 5, was captured.
void half_a_message(Recording& recording) {
  CkTalk talk = opened(recording);
  talk.ctl(1, kReservationRequest, kReserve);
  const Buffer bytes = frame(1, 2, kReservationRequest, kReserve);
  talk.server({bytes.begin(), bytes.begin() + 20});
}

const std::map<std::string, void (*)(Recording&)>& stories() {
  static const std::map<std::string, void (*)(Recording&)> all{
      {"silent-km", silent_km}, {"allocation-failed", allocation_failed}, {"half-a-message", half_a_message}};
  return all;
}

}  // namespace

std::string path_of_sample(const std::string& sample, const TempFolder& folder) {
  const auto story = stories().find(sample);
  if (story == stories().end()) return CK_SOURCE_DIR "/captures/" + sample;
  Recording recording;
  story->second(recording);
  return folder.write(sample, recording.pcap());
}

std::vector<unsigned> frames_found(const std::string& sample, const std::string& filter) {
  const TempFolder folder;
  const Output output = tshark(
      {"-2", "-r", path_of_sample(sample, folder), "-Y", filter, "-T", "fields", "-e", "frame.number"});
  EXPECT_EQ(output.status, 0) << filter << '\n' << output.err;
  std::vector<unsigned> frames;
  std::istringstream numbers(output.out);
  for (unsigned number = 0; numbers >> number;) frames.push_back(number);
  return frames;
}

std::string read_source(const std::string& path) {
  std::ifstream file(CK_SOURCE_DIR "/" + path);
  EXPECT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace ck::plugin
