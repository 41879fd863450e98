// A plugin of the tests: in each frame, as a field, what Wireshark's menu Conversation Filter offers of Ck's.
// Only the window asks for these filters, so tshark would never call them.
#include <cstring>

#include "wireshark_compat.h"

namespace ck::plugin {
namespace {

int proto = -1;
int hf_filter = -1;

/// As the window does for the packet that was clicked: asks every filter whether it serves, then for its
/// text.
int show_filters(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* /*data*/) {
  for (const GList* item = packet_conv_filter_list; item != nullptr; item = item->next) {
    const auto* filter = static_cast<const conversation_filter_t*>(item->data);
    if (std::strcmp(filter->proto_name, "ck") != 0 || !conversation_filter_serves(filter, pinfo)) continue;
    char* text = conversation_filter_text(filter, pinfo);
    proto_tree_add_string(tree, hf_filter, tvb, 0, 0,
                          wmem_strdup_printf(pinfo->pool, "%s: %s", filter->display_name, text));
    g_free(text);
  }
  return static_cast<int>(tvb_captured_length(tvb));
}

void register_probe() {
  static hf_register_info field{
      &hf_filter, {"Filter", "ck_probe.filter", FT_STRING, BASE_NONE, nullptr, 0, nullptr, HFILL}};
  proto = proto_register_protocol("Probe of Ck's conversation filters", "Ck probe", "ck_probe");
  proto_register_field_array(proto, &field, 1);
  register_postdissector(create_dissector_handle(show_filters, proto));
}

}  // namespace
}  // namespace ck::plugin

extern "C" {

extern WS_DLL_PUBLIC_DEF const char plugin_version[] = "0";
extern WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
extern WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

WS_DLL_PUBLIC void plugin_register(void);
WS_DLL_PUBLIC std::uint32_t plugin_describe(void);

void plugin_register(void) {
  static proto_plugin plugin;
  plugin.register_protoinfo = ck::plugin::register_probe;
  proto_register_plugin(&plugin);
}

std::uint32_t plugin_describe(void) {
  return ck::plugin::kPluginKind;
}
}
