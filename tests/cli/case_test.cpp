// Captures of one kind of trouble each (captures/cases), and what is right of them.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <tuple>

#include "cli/tool.h"

namespace ck::cli::test {
namespace {

using Messages = std::vector<std::tuple<unsigned, std::string, unsigned>>;  ///< frame, command, MessageID

Json::Value audit_of(const std::string& name) {
  std::ifstream in(std::string(CK_CAPTURES) + "/cases/" + name, std::ios::binary);
  const samples::Buffer bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const ToolRun result = run({"-f", "json", "--messages", name}, {{name, bytes}});
  EXPECT_EQ(result.status, 0) << result.err;
  return result.json()["audits"][0];
}
Messages messages_of(const Json::Value& audit) {
  Messages out;
  for (const Json::Value& message : audit["messages"])
    out.emplace_back(message["frame"].asUInt(), message["command"].asString(),
                     message["message_id"].asUInt());
  return out;
}
/// Findings but for the plaintext transport.
unsigned findings_of(const Json::Value& audit) {
  unsigned count = 0;
  for (const Json::Value& finding : audit["findings"])
    count += finding["rule"] == "plaintext-transport" ? 0 : 1;
  return count;
}

/// Under each tag or tunnel the same six messages, as tshark shows them.
TEST(Cases, LinksAndTunnels) {
  const Messages six{{4, "0x1401", 1},  {6, "0x4102", 1},  {8, "0x410A", 7},
                     {10, "0x140B", 7}, {12, "0x410C", 8}, {14, "0x140D", 8}};
  for (const char* name : {"link-arista-timestamp-48.pcap", "link-e-tag.pcap", "link-vn-tag.pcap",
                           "link-vxlan-gpe.pcap", "link-tzsp.pcap", "link-mpls-in-udp.pcap"}) {
    SCOPED_TRACE(name);
    const Json::Value audit = audit_of(name);
    EXPECT_EQ(messages_of(audit), six);
    EXPECT_EQ(findings_of(audit), 0u);
    EXPECT_EQ(audit["connections"].size(), 1u);
    EXPECT_EQ(audit["diagnostics"]["unknown_links"].size(), 0u);
  }
}

/// Frame 4 holds the only message; tshark reads IPv6 by its version.
TEST(Cases, Ipv6UnderIpv4sEtherType) {
  const Json::Value audit = audit_of("ip-ethertype-0800-ipv6.pcap");
  ASSERT_EQ(audit["messages"].size(), 1u);
  EXPECT_EQ(audit["messages"][0]["frame"], 4);
  EXPECT_EQ(audit["messages"][0]["command"], "0x1406");
}

/// Two tenants' connections with one 5-tuple, in network 100 (six messages) and 200 (eight).
TEST(Cases, TwoTenants) {
  const Json::Value audit = audit_of("tcp-two-vni.pcap");
  EXPECT_EQ(audit["messages"].size(), 14u);
  EXPECT_EQ(findings_of(audit), 0u);
  ASSERT_EQ(audit["connections"].size(), 2u);
  EXPECT_EQ(audit["connections"][0]["messages"], 6);
  EXPECT_EQ(audit["connections"][1]["messages"], 8);
}

}  // namespace
}  // namespace ck::cli::test
