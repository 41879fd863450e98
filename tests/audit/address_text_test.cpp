// Addresses as text, held against inet_ntop().
#include "audit/address_text.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <string>

namespace ck::audit {
namespace {

TEST(AddressText, WritesIpv4AsInetNtopDoes) {
  for (unsigned octet = 0; octet < 256; ++octet) {
    for (std::size_t at = 0; at < 4; ++at) {
      Address address{{192, 0, 2, 1}, 4};
      address.bytes[at] = static_cast<std::uint8_t>(octet);
      char expected[INET_ADDRSTRLEN] = "";
      ASSERT_NE(inet_ntop(AF_INET, address.bytes.data(), expected, sizeof expected), nullptr);
      EXPECT_EQ(address_text(address), std::string_view(expected));
    }
  }
}

TEST(AddressText, WritesTheLongestAddresses) {
  EXPECT_EQ(address_text({{255, 255, 255, 255}, 4}), "255.255.255.255");
  Address v6{{}, 16};
  v6.bytes.fill(0xFF);
  EXPECT_EQ(address_text(v6), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  EXPECT_EQ(endpoint_text({v6, 65'535}), "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
}

TEST(AddressText, IsEmptyWhereNothingIsKnown) {
  EXPECT_EQ(address_text({}), "");
}

TEST(EndpointText, BracketsIpv6) {
  Endpoint v4{{{192, 0, 2, 1}, 4}, 4164};
  EXPECT_EQ(endpoint_text(v4), "192.0.2.1:4164");
  Endpoint v6{{{0x20, 0x01, 0x0d, 0xb8}, 16}, 80};
  v6.address.bytes[15] = 1;
  EXPECT_EQ(endpoint_text(v6), "[2001:db8::1]:80");
  EXPECT_EQ(endpoint_text({}), "unknown");
}

TEST(EndpointText, WritesPortsOfAnySize) {
  const Address address{{10, 0, 0, 255}, 4};
  EXPECT_EQ(endpoint_text({address, 0}), "10.0.0.255:0");
  EXPECT_EQ(endpoint_text({address, 80}), "10.0.0.255:80");
  EXPECT_EQ(endpoint_text({address, 65'535}), "10.0.0.255:65535");
}

}  // namespace
}  // namespace ck::audit
