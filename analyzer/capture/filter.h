// Capture filters (pcap-filter(7)): --filter.
#pragma once

#include <memory>
#include <string>

#include "capture/source.h"

namespace ck::capture {

/// What is wrong with a filter, in libpcap's words; empty: it can be compiled for a link type at least.
std::string check_filter(const std::string& filter);

/// Only those packets of `source` that pass `filter`, compiled for each link type that occurs. Frame numbers
/// stay those of the file. A link type for which it cannot be compiled ends the source with an error that
/// says so.
std::unique_ptr<Source> filter_source(std::unique_ptr<Source> source, const std::string& filter);

}  // namespace ck::capture
