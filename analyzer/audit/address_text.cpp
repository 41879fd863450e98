// IPv4 addresses are written here: inet_ntop() takes twenty times as long for them.
#include "audit/address_text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "base/digits.h"

namespace ck::audit {
namespace {

static_assert(INET6_ADDRSTRLEN <= sizeof(AddressText::bytes));

/// Writes it where there is room for 64 bytes. Returns behind it.
char* put_address(char* to, const Address& address) {
  if (address.size == 4) {
    // put_number() writes eight bytes, whatever the number's size.
    for (std::size_t i = 0; i < 4; ++i) {
      to = put_number(to, address.bytes[i]);
      *to++ = '.';
    }
    return to - 1;
  }
  if (address.size == 16) inet_ntop(AF_INET6, address.bytes.data(), to, INET6_ADDRSTRLEN);
  return address.size == 16 ? to + std::strlen(to) : to;
}

template <typename Written>
Written text_of(const char* begin, const char* end) {
  Written text;
  text.size = static_cast<std::size_t>(end - begin);
  std::copy(begin, end, text.bytes);
  return text;
}

}  // namespace

AddressText address_text(const Address& address) {
  char bytes[64];
  return text_of<AddressText>(bytes, put_address(bytes, address));
}

EndpointText endpoint_text(const Endpoint& endpoint) {
  constexpr std::string_view kUnknown = "unknown";
  if (endpoint.address.size == 0)
    return text_of<EndpointText>(kUnknown.data(), kUnknown.data() + kUnknown.size());
  const bool v6 = endpoint.address.size == 16;
  char bytes[80];
  char* to = bytes;
  if (v6) *to++ = '[';
  to = put_address(to, endpoint.address);
  if (v6) *to++ = ']';
  *to++ = ':';
  return text_of<EndpointText>(bytes, put_number(to, endpoint.port));
}

}  // namespace ck::audit
