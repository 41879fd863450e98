// Names are libpcap's of the DLT_; LINKTYPE_ values are the same numbers but for raw IP.
#include "capture/link_name.h"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include "packet/link.h"

namespace ck::capture {

std::string link_name(int link_type) {
  const int dlt = link_type == kLinkRaw ? DLT_RAW : link_type;
  const char* name = pcap_datalink_val_to_name(dlt);
  return name != nullptr ? name : fmt::format("LINKTYPE {}", link_type);
}

}  // namespace ck::capture
