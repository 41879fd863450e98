// Fuzz target: message logs, through the whole tool. A log that lies is said to be spoilt, or is told to the
// audit as it stands; nothing crashes or hangs, and what it says reaches no terminal unescaped. What begins
// otherwise than a log does is put behind a head that is right, so that mutations reach the records.
#include <string_view>

#include "whole_tool.h"

using namespace ck::fuzz;

namespace {

constexpr std::string_view kHead =
    R"({"type":"ck-log","version":1,"tool":"ck-audit","shard":[1,1],"captures":1})"
    "\n"
    R"({"type":"capture","capture":0,"path":"a.pcap","digest":"0123456789abcdef"})"
    "\n"
    R"({"type":"open","connection":1,"km":"10.41.0.1:41000","controller":"10.14.0.1:51640","transport":"tcp","from_start":[true,true],"capture":0,"frame":1,"time_ns":1})"
    "\n";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> arguments = all_formats();
  arguments.insert(arguments.end(), {"--merge", "b", "--messages", "--emit-messages", "log"});
  run_over(data, size, arguments);
  if (size == 0) return 0;
  std::vector<std::uint8_t> behind(kHead.begin(), kHead.end());
  behind.insert(behind.end(), data, data + size);
  run_over(behind.data(), behind.size(), arguments);
  return 0;
}
