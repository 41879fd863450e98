// gzip, zstd and lz4 by content: a stream of a capture's bytes out of a compressed file's, without holding
// either whole.
#pragma once

#include <memory>
#include <string_view>

#include "capture/byte_stream.h"

namespace ck::capture {

enum class Compression : std::uint8_t { none, gzip, zstd, lz4 };

/// What the first bytes of a file say (4 bytes are enough).
Compression detect_compression(Bytes head);
std::string_view name_of(Compression compression);

/// Consumes zstd's and lz4's skippable frames, in front of which pzstd puts the sizes of others: what is
/// behind them says which of the two it is. Between and behind other frames the decompressors skip them
/// themselves.
void skip_skippable_frames(ByteInput& input);

/// The bytes of `raw`, out of their compression if they have one.
std::unique_ptr<ByteInput> unpacked(std::unique_ptr<ByteStream> raw);

/// Members or frames that follow one another are one stream. Damage and an early end are errors of the
/// stream, after the bytes that could be had. `compression` is not none.
std::unique_ptr<ByteStream> decompress(std::unique_ptr<ByteInput> input, Compression compression);

}  // namespace ck::capture
