// TLS is decrypted by Wireshark: tshark reads the capture with the secrets and exports what the Ck plugin
// finds in it as PDUs, which are joined to the capture by frame and endpoints.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "stream/decrypted.h"

namespace ck {

struct DecryptOptions {
  std::string keylog;                ///< the file of secrets; empty: only those that captures embed
  std::vector<std::uint16_t> ports;  ///< on which Ck is assumed; empty: by content
};

/// Decrypts the capture at `path`, which is a file. nullptr sets `error`, which says how to mend it; a result
/// may come with an error, too, and then holds what was decrypted before. tshark is found by PATH, runs
/// without a shell, and is bounded in time and output. Throws only where no temporary folder can be made.
std::unique_ptr<DecryptedSource> decrypt_with_tshark(const std::string& path, const DecryptOptions& options,
                                                     std::string& error);

}  // namespace ck
