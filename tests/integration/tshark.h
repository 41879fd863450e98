// The plugin's view: tshark over a sample.
#pragma once

#include "seen.h"

namespace ck::integration {

/// What tshark says with the plugin of this build, on its second pass and with segments reassembled out of
/// order. As root, Wireshark ignores personal plugins: then it runs as an unprivileged user. `trouble` names
/// the remedy when tshark is absent or does not load the plugin.
Seen dissect(const samples::Sample& sample);

}  // namespace ck::integration
