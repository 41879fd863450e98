// Fuzz target: the whole tool in memory over gRPC, with the .proto of a deployment beside the one that ships.
// The input is a capture, as those of captures/grpc/; its last byte also chooses the options.
#include "whole_tool.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> arguments = ck::fuzz::all_formats();
  arguments.insert(arguments.end(), {"--grpc-proto", CK_CAPTURES "/grpc/vendor/keynet.proto", "--messages"});
  const unsigned choice = size == 0 ? 0 : data[size - 1];
  if ((choice & 1U) != 0) arguments.insert(arguments.end(), {"--max-open-requests", "16", "--verbose"});
  if ((choice & 2U) != 0) arguments.insert(arguments.end(), {"--max-buffered", "64K"});
  if ((choice & 4U) != 0) arguments.insert(arguments.end(), {"--merge", "b"});
  if ((choice & 8U) != 0) arguments.insert(arguments.end(), {"-j", "1"});
  ck::fuzz::run_over(data, size, arguments);
  return 0;
}
