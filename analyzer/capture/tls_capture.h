// The TLS of captures as a capture of its own, for a program that decrypts: whatever link, tunnel, port or
// greeting it came behind, and however its segments came, here each connection begins with its first record,
// in order and on one port.
#pragma once

#include <cstdint>
#include <filesystem>
#include <unordered_set>

#include "capture/reader.h"
#include "capture/source.h"
#include "stream/decrypted.h"
#include "stream/tls_handshake.h"

namespace ck::capture {

/// The server's port in the capture that is written. The client's is another.
inline constexpr std::uint16_t kTlsCapturePort = 14164;

/// Where a frame of the capture that is written comes from. The file of frames holds one of these for each,
/// as it lies in memory.
struct TlsFrameOrigin {
  std::uint32_t capture = 0;
  std::uint64_t frame = 0;  ///< at whose arrival its bytes were there
  RecordsId records;        ///< that it holds, or begins with the rest of
  Endpoint client, server;
};

struct TlsCaptureFacts {
  std::uint64_t connections = 0;
  std::unordered_set<std::uint64_t> clients;  ///< random_key() of their ClientHellos, up to a bound
};

/// Stands for a Random: its first bytes.
std::uint64_t random_key(const TlsRandom& random);

/// Reads `source` to its end, and writes the TLS in it to `capture` and the origins of its frames to
/// `frames`. Throws std::ios_base::failure when they cannot be written.
TlsCaptureFacts write_tls_capture(Source& source, const ReaderOptions& options,
                                  const std::filesystem::path& capture, const std::filesystem::path& frames);

}  // namespace ck::capture
