// Counting under a name, without letting a hostile capture make a map of millions.
#include "base/name_counts.h"

#include <cstddef>

namespace ck::base {
namespace {

constexpr std::size_t kMaxNames = 256;

}  // namespace

void count_name(NameCounts& counts, std::string_view name) {
  if (const auto found = counts.find(name); found != counts.end()) {
    ++found->second;
  } else if (counts.size() < kMaxNames) {
    counts.emplace(name, 1);
  } else {
    ++counts["others"];
  }
}

}  // namespace ck::base
