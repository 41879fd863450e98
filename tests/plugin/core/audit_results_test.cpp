// Which procedure a message is shown with, as the audit learns whose it is.
#include "core/audit_results.h"

#include <gtest/gtest.h>

namespace ck::plugin {
namespace {

using Indexes = std::vector<std::uint64_t>;

MessageRef message(std::uint64_t index) {
  MessageRef out;
  out.index = index;
  out.at.frame = 10 + index;
  return out;
}

/// Sessions 1 and 2 with a 0x1406 and a 0x4108 each: messages 1 and 2, 3 and 4.
AuditResults two_sessions() {
  AuditResults results;
  for (const std::uint64_t index : {1U, 2U}) results.joined(1, SessionState::notified, message(index), {});
  for (const std::uint64_t index : {3U, 4U}) results.joined(2, SessionState::notified, message(index), {});
  return results;
}

/// A 0x4107 tells that the notification of each is the other's.
TEST(AuditResults, TwoSessionsExchangeTheirNotifications) {
  AuditResults results = two_sessions();
  results.joined(1, SessionState::notified, message(4), 2);
  results.joined(2, SessionState::notified, message(2), 1);
  EXPECT_EQ(results.procedures[1].messages, (Indexes{1, 4}));
  EXPECT_EQ(results.procedures[2].messages, (Indexes{2, 3}));
  EXPECT_EQ(results.find_facts(1)->procedure, 1U);
  EXPECT_EQ(results.find_facts(2)->procedure, 2U);
  EXPECT_EQ(results.find_facts(3)->procedure, 2U);
  EXPECT_EQ(results.find_facts(4)->procedure, 1U);
  EXPECT_TRUE(results.gone.empty());
}

/// The near miss: they are one, and what was not told of again moves along.
TEST(AuditResults, TwoSessionsThatAreOne) {
  AuditResults results = two_sessions();
  results.joined(1, SessionState::notified, message(4), 2);
  results.merged(2, 1);
  EXPECT_EQ(results.procedures[1].messages, (Indexes{1, 2, 3, 4}));
  EXPECT_EQ(results.find_facts(3)->procedure, 1U);
  EXPECT_EQ(results.procedures.count(2), 0U);
  EXPECT_EQ(results.gone, std::vector<std::uint32_t>{2});
}

}  // namespace
}  // namespace ck::plugin
