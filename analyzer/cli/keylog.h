// Key logs of TLS (SSLKEYLOGFILE, draft-ietf-tls-keylogfile): all that were given as one file, and whose
// secrets they hold.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "capture/byte_stream.h"
#include "stream/decrypted.h"

namespace ck::cli {

/// Whether a line of it is a secret. Reads no further than the first.
bool holds_secrets(ByteStream& keylog);

/// By random_key() of the ClientHello.
using SecretsByClient = std::unordered_map<std::uint64_t, TlsSecrets>;

/// Writes `embedded`, a key log, and the key log in the file `keylog`, if that is not empty, to `out`.
/// Returns what they hold for `clients`. Throws std::ios_base::failure when `out` cannot be written.
SecretsByClient gather_secrets(const std::string& embedded, const std::string& keylog,
                               const std::unordered_set<std::uint64_t>& clients,
                               const std::filesystem::path& out);

}  // namespace ck::cli
