// The pcapng format: our own reader of blocks, bounded, over any stream of bytes.
#pragma once

#include <memory>
#include <string>

#include "capture/byte_stream.h"
#include "capture/source.h"

namespace ck::capture {

/// True when `head` (4 bytes are enough) starts a Section Header Block.
bool is_pcapng(Bytes head);

/// The TLS key logs in Decryption Secrets Blocks among the first 64 MiB of blocks, one behind the other.
/// Consumes the blocks.
std::string read_tls_secrets(ByteInput& input);

/// `name` is what errors call the capture.
std::unique_ptr<Source> open_pcapng(std::unique_ptr<ByteInput> input, const std::string& name,
                                    std::uint32_t capture);

}  // namespace ck::capture
