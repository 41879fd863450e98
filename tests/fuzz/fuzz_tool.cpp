// Fuzz target: the whole tool in memory. The input is a capture, whose last byte also chooses the options, so
// that any capture is a seed.
#include "whole_tool.h"

namespace {

using namespace ck::fuzz;

std::vector<std::string> arguments_for(unsigned choice) {
  std::vector<std::string> arguments = all_formats();
  const auto add = [&](unsigned bit, std::initializer_list<const char*> more) {
    if ((choice >> bit & 1U) != 0) arguments.insert(arguments.end(), more.begin(), more.end());
  };
  add(0, {"--messages"});
  add(1, {"--verbose"});
  add(2, {"--port", "7000"});
  add(3, {"--filter", "tcp or vlan"});
  add(4, {"--max-connections", "16", "--max-open-requests", "16", "--max-message-ids", "16"});
  add(5, {"--max-open-procedures", "16", "--max-finished-procedures", "16", "--max-known-keys", "16"});
  add(6, {"--max-buffered", "64K", "--max-buffered-direction", "64K"});
  add(7, {"--merge", "--response-timeout", "1", "b"});
  return arguments;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  run_over(data, size, arguments_for(size == 0 ? 0 : data[size - 1]));
  return 0;
}
