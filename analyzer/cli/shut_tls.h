// What is said of TLS that could not be decrypted.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "stream/decrypted.h"

namespace ck::cli {

struct ShutTls {
  std::map<std::string, std::uint64_t, std::less<>> counts;  ///< by reason
  std::string error;        ///< of that without which the audit is not whole; empty: none
  std::string passed_over;  ///< of the rest; empty: none
};

/// `has_secrets`: were given, so that TLS was to be read. Then the audit is not whole where TLS that is known
/// to carry Ck stayed shut, or where no Ck was seen at all and TLS that stayed shut may hold it.
ShutTls check_shut_tls(const ShutConnections& shut, bool has_secrets, bool has_messages);

}  // namespace ck::cli
