// Who must fix what over several audits.
#include "report/all_peers.h"

#include <gtest/gtest.h>

#include <memory>

namespace ck::report {
namespace {

/// An audit in which one KM breaks `rule` so many times, and the capture itself another one once.
std::unique_ptr<AuditRecords> audit_of(const std::string& name, const std::string& address, Rule rule,
                                       std::uint64_t times) {
  auto audit = std::make_unique<AuditRecords>(std::vector<std::string>{"a.pcap"}, false);
  ConnectionRecord connection;
  connection.id = 1;
  connection.km_peer = 1;
  audit->connection(connection);
  PeerRecord km;
  km.id = 1;
  km.name = name;
  km.addresses = {address};
  audit->peer(km);
  Finding finding;
  finding.rule = rule;
  finding.connection = 1;
  finding.at_fault = Role::km;
  for (std::uint64_t i = 1; i <= times; ++i) {
    finding.at.frame = i;
    audit->finding(finding);
  }
  finding.rule = Rule::plaintext_transport;
  finding.at_fault.reset();
  audit->finding(finding);
  audit->complete({CaptureFacts{}}, {}, {});
  return audit;
}

TEST(AllPeers, SumsUpByNameWhateverTheAddress) {
  AllPeers peers({});
  peers.add(*audit_of("KMA-1", "10.0.0.1", Rule::missing_parameter, 2), "a1-rule-");
  peers.add(*audit_of("KMA-2", "10.0.0.2", Rule::unknown_parameter, 7), "");
  peers.add(*audit_of("KMA-1", "10.0.0.9", Rule::missing_parameter, 1), "a3-rule-");
  const auto ranking = peers.ranking();
  ASSERT_EQ(ranking.size(), 2U);
  EXPECT_EQ(ranking[0]->name, "KMA-1") << "three errors weigh more than seven notes";
  EXPECT_EQ(ranking[0]->captures, 2U);
  EXPECT_EQ(where_met(*ranking[0]), "KM at 2 addresses");
  EXPECT_EQ(where_met(*ranking[1]), "KM 10.0.0.2");
  const auto entries = peers.entries(ranking[0]->rules);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].rule, Rule::missing_parameter);
  EXPECT_EQ(entries[0].count->findings, 3U);
  EXPECT_EQ(entries[0].count->captures, 2U);
  EXPECT_EQ(entries[0].count->link, "a1-rule-missing-parameter") << "the first capture's";
  EXPECT_EQ(peers.nobodys().at(Rule::plaintext_transport).captures, 3U);
  EXPECT_EQ(peers.nobodys().at(Rule::plaintext_transport).findings, 3U);
}

TEST(AllPeers, WeighAsTheRunGradesItsRules) {
  std::array<std::optional<Grade>, kRuleCount> grades{};
  grades[static_cast<std::size_t>(Rule::unknown_parameter)] = Grade::error;
  AllPeers peers(grades);
  peers.add(*audit_of("KMA-1", "10.0.0.1", Rule::missing_parameter, 2));
  peers.add(*audit_of("KMA-2", "10.0.0.2", Rule::unknown_parameter, 7));
  EXPECT_EQ(peers.ranking()[0]->name, "KMA-2");
  EXPECT_EQ(peers.badness(peers.ranking()[0]->rules)[0], 7U);
}

/// However many captures, each with peers of its own, a run has: what is not kept is counted.
TEST(AllPeers, KeepNoMoreThanTheirBound) {
  AllPeers peers({});
  for (int i = 0; i < 1100; ++i)
    peers.add(*audit_of("KMA-" + std::to_string(i), "10.0.0.1", Rule::missing_parameter, 2));
  EXPECT_EQ(peers.ranking().size(), 1024U);
  EXPECT_EQ(peers.left_out(), 2U * (1100 - 1024));
  peers.add(*audit_of("KMA-5", "10.0.0.1", Rule::missing_parameter, 1));
  EXPECT_EQ(peers.ranking()[0]->name, "KMA-5") << "who is kept is counted on";
  AllPeers long_named({});
  long_named.add(*audit_of(std::string(5000, 'x'), "10.0.0.1", Rule::missing_parameter, 2));
  EXPECT_TRUE(long_named.ranking().empty());
  EXPECT_EQ(long_named.left_out(), 2U);
  AllPeers moving({});
  for (int i = 0; i < 50; ++i)
    moving.add(*audit_of("KMA-1", "10.0.0." + std::to_string(i), Rule::missing_parameter, 1));
  EXPECT_EQ(where_met(*moving.ranking()[0]), "KM at more than 17 addresses");
}

}  // namespace
}  // namespace ck::report
