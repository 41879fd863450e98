// The classic pcap format, read by libpcap over any stream of bytes.
#pragma once

#include <memory>
#include <string>

#include "capture/byte_stream.h"
#include "capture/source.h"

namespace ck::capture {

/// True when `head` (4 bytes are enough) starts a pcap file of any byte order, precision or known
/// modification.
bool is_pcap(Bytes head);

/// `name` is what errors call the capture.
std::unique_ptr<Source> open_pcap(std::unique_ptr<ByteInput> input, const std::string& name,
                                  std::uint32_t capture);

}  // namespace ck::capture
