// Dissectors of others for what Q.4164 leaves to vendors: the tables `ck.command` and `ck.extension`, and
// calls that cannot break our own dissection.
#pragma once

#include "tree.h"

namespace ck::plugin {

/// Registers both tables for protocol `proto`. Called once.
void register_subdissectors(int proto);
/// Looks once, when a file is opened, whether anybody is in the tables.
void look_for_subdissectors();
/// True if somebody may want messages even where nothing of them is shown.
bool has_subdissectors();

/// Gives `tvb`, a message's payload, to who asked for its CommandCode, and the objects of its Extension to
/// who asked for them by name. `payload`, which may be nullptr, is not looked at after the first of these
/// calls.
void call_subdissectors(std::uint16_t command, const Payload* payload, tvbuff_t* tvb, packet_info* pinfo,
                        proto_tree* tree);
/// Shows `tvb` by Wireshark's JSON dissector too, if the user wants that; the columns stay ours.
void show_json(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree);

}  // namespace ck::plugin
