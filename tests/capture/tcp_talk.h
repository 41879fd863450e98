// What is told of a transport's talk, and a talk of one connection to tell it of.
#pragma once

#include "capture/stream_log.h"

namespace ck::capture {

class TcpTest : public ::testing::Test {
 protected:
  static samples::Buffer response(std::uint32_t id) {
    return samples::frame(1, id, samples::kRelayRequest, kBody);
  }
  static std::string told_request(unsigned side, unsigned at, unsigned id) {
    return fmt::format("message {} #{} 0x1403 id={} {}", side, at, id, kBody);
  }
  static std::string told_response(unsigned side, unsigned at, unsigned id) {
    return fmt::format("message {} #{} 0x4104 id={} {}", side, at, id, kBody);
  }
  static samples::Buffer slice(const samples::Buffer& bytes, std::size_t begin, std::size_t size) {
    return samples::Buffer(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                           bytes.begin() + static_cast<std::ptrdiff_t>(begin + size));
  }
  Lines told() { return pipeline.run(recording).log.lines; }

  samples::Recording recording;
  samples::TcpTalk talk{recording, kKm, kController};
  Pipeline pipeline;
};

}  // namespace ck::capture
