// sharkd, Wireshark without its window, with the plugin of the build tree.
#pragma once

#include <string>
#include <vector>

namespace ck::plugin {

/// sharkd's answers to these requests (`"method":…,"params":…`), one each, after it has loaded the sample;
/// see path_of_sample().
std::vector<std::string> ask_sharkd(const std::string& sample, const std::vector<std::string>& requests);

}  // namespace ck::plugin
