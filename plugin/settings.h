// The plugin's preferences.
#pragma once

#include <memory>

#include "core/dissection.h"
#include "wireshark_compat.h"

namespace ck::plugin {

/// What the user set, as epan writes it.
struct Settings {
  WsBool desegment = 1;
  WsBool heuristics = 1;
  WsBool show_json = 0;
  unsigned response_timeout = 30;  ///< seconds
};
extern Settings settings;

/// What the user calls a CommandCode that Table I.1 does not list; nullptr: nothing.
const char* vendor_command_name(std::uint16_t command);

/// How gRPC is read, by the .proto files that the user names; nullptr: the build has no gRPC.
const std::shared_ptr<const ProtoSchema>& schema_of_settings();

/// Registers the preferences of protocol `proto`. Called once.
void register_settings(int proto);
/// A dissection's options as the preferences now stand.
DissectionOptions dissection_options();

}  // namespace ck::plugin
