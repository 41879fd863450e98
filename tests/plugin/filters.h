// Display filters that we hand to users, each with a sample and the frames of it that it must find.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "generator/sample.h"
#include "tshark.h"

namespace ck::plugin {

/// Which frames of `sample` are found: by hand, from what the sample tells.
struct FilterCase {
  std::string sample;  ///< below captures/; or, of a story that no sample tells, its name in stories()
  std::vector<unsigned> frames;
};

/// The frames of the sample that `filter` lets through, on the second pass, as in Wireshark.
std::vector<unsigned> frames_found(const std::string& sample, const std::string& filter);
/// The path of a sample, or of a story written to `folder`.
std::string path_of_sample(const std::string& sample, const TempFolder& folder);
/// A text file of the source tree, by its path from the tree's root.
std::string read_source(const std::string& path);

}  // namespace ck::plugin
