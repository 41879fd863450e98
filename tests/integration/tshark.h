// The plugin's view: tshark over a sample.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "seen.h"

namespace ck::integration {

/// The command before tshark's own arguments, which runs it with the plugin of this build, installed below
/// `home`. As root, Wireshark ignores personal plugins: then it runs as an unprivileged user. Throws when
/// there is no tshark.
std::vector<std::string> tshark_in(const std::filesystem::path& home);

/// What tshark says with the plugin of this build, on its second pass and with segments reassembled out of
/// order. `trouble` names the remedy when tshark is absent or does not load the plugin.
Seen dissect(const samples::Sample& sample);

/// The messages that a plain Lua dissector reads from what Wireshark's TCP hands over, on this port and with
/// the same preferences, without the plugin: nobody above TCP can see more.
Seen read_without_plugin(const samples::Sample& sample, unsigned port);

/// 4.0 hands over everything. From 4.4 on (4.4.19 and 4.6.9), told to put segments in order, Wireshark keeps
/// some bytes back, or gives them late, where segments came twice. The plugin takes them from the segments,
/// but not before it knows the connection to be Ck's.
bool hands_over_everything();

}  // namespace ck::integration
