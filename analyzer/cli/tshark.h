// TLS is decrypted by Wireshark: tshark reads the TLS of the captures, as write_tls_capture() leaves it, with
// the secrets, and exports what the Ck plugin finds in it as PDUs, which are joined to the captures by frame
// and endpoints.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/reader.h"
#include "capture/source.h"
#include "stream/decrypted.h"

namespace ck::cli {

struct DecryptOptions {
  std::string keylog;  ///< the file of secrets; empty: only those that captures embed
  std::string filter;  ///< --filter; empty: none
  ReaderOptions reader;
  std::vector<std::string> protos;  ///< .proto files by which gRPC is read
};

struct Decryption {
  bool has_secrets = false;                 ///< were given, or embedded
  std::unique_ptr<DecryptedSource> source;  ///< nullptr: nothing
  std::string trouble;                      ///< what went wrong, if anything did, and how to fix it
};

/// Decrypts the TLS in `captures`, which are read to their end, with the key log `embedded` and that of
/// `options`. What is decrypted before trouble counts. tshark is found by PATH, runs without a shell, is
/// bounded in time and output, and is not started where there is no TLS. Throws where temporary files cannot
/// be written.
Decryption decrypt_with_tshark(Source& captures, const std::string& embedded, const DecryptOptions& options);

}  // namespace ck::cli
