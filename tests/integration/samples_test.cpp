// Every sample: the generator makes the committed bytes again, and ck-audit says of it what was typed by
// hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "command.h"
#include "seen.h"

namespace ck::integration {
namespace {

using samples::Sample;

#ifdef CK_GRPC
constexpr bool kReadsGrpc = true;
#else
constexpr bool kReadsGrpc = false;
#endif

/// Those that ck-audit reads without other programs.
std::vector<Sample> plain_samples() {
  std::vector<Sample> out = samples::all_samples();
  const auto closed = [](const Sample& sample) { return sample.encrypted || (sample.grpc && !kReadsGrpc); };
  out.erase(std::remove_if(out.begin(), out.end(), closed), out.end());
  return out;
}

class SampleTest : public testing::TestWithParam<Sample> {};

TEST_P(SampleTest, CommittedBytesAreTheGenerators) {
  ASSERT_TRUE(std::filesystem::exists(path_of(GetParam()))) << "not there: run ck-samples on captures/";
  const std::string committed = read_file(path_of(GetParam()));
  if (!GetParam().make) {
    EXPECT_GT(committed.size(), 24u) << "a recording of real processes";
    return;
  }
  const samples::Buffer made = GetParam().make();
  EXPECT_EQ(committed, std::string(made.begin(), made.end())) << "run ck-samples on captures/";
}

TEST_P(SampleTest, AuditSaysWhatWasTypedByHand) {
  const Sample& sample = GetParam();
  const Seen seen = audit(sample);
  ASSERT_EQ(seen.trouble, "");
  EXPECT_EQ(seen.messages.size(), sample.expected.messages);
  const auto expected = expected_findings(sample);
  EXPECT_EQ(seen.findings, expected) << "expected:\n" << text(expected) << "found:\n" << text(seen.findings);
  EXPECT_EQ(seen.status, samples::exit_status(sample.expected));
  if (sample.expected.pairs) {
    std::multiset<std::pair<std::uint64_t, std::uint64_t>> pairs;
    for (const samples::Pair& pair : *sample.expected.pairs) pairs.emplace(pair.response, pair.request);
    EXPECT_EQ(seen.pairs, pairs) << "expected:\n" << text(pairs) << "found:\n" << text(seen.pairs);
  }
}

TEST_P(SampleTest, ProceduresAreRebuilt) {
  const Sample& sample = GetParam();
  const Seen seen = audit(sample);
  ASSERT_EQ(seen.trouble, "");
  for (const auto& [id, procedure] : seen.procedures)
    EXPECT_FALSE(procedure.frames.empty()) << "procedure " << id;
  if (!sample.expected.procedures) return;
  ASSERT_EQ(seen.procedures.size(), sample.expected.procedures->size());
  auto found = seen.procedures.begin();  // ids are in order of the first message
  for (const samples::Procedure& expected : *sample.expected.procedures) {
    EXPECT_EQ(found->second.kind, expected.kind) << "procedure " << found->first;
    EXPECT_EQ(found->second.state, expected.state) << "procedure " << found->first;
    EXPECT_EQ(found->second.frames, expected.frames) << "procedure " << found->first;
    ++found;
  }
}

TEST_P(SampleTest, SummaryCountsAsManyAsWereFound) {
  const Seen seen = audit(GetParam());
  ASSERT_EQ(seen.trouble, "");
  std::map<std::string, std::uint64_t> found;
  for (const auto& finding : seen.findings) ++found[finding.second];
  for (const std::string_view slug : samples::rule_slugs()) {
    const std::string name(slug);
    ASSERT_EQ(seen.violated.count(name), 1u) << name << " is not in the summary";
    EXPECT_EQ(seen.violated.at(name) != 0, found.count(name) != 0) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Captures, SampleTest, testing::ValuesIn(plain_samples()), sample_test_name);

TEST(Samples, ExpectedJsonIsTheTablesOwn) {
  EXPECT_EQ(read_file(std::string(CK_CAPTURES) + "/expected.json"), samples::expectations_json());
}

TEST(Samples, EveryCommittedCaptureHasItsStory) {
  std::set<std::string> known;
  for (const Sample& sample : samples::all_samples())
    EXPECT_TRUE(known.insert(sample.path).second) << sample.path;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(CK_CAPTURES)) {
    const std::string extension = entry.path().extension();
    if (extension != ".pcap" && extension != ".pcapng") continue;
    const std::string folder = entry.path().parent_path().filename();
    if (folder == "cases") continue;  // told by the tests that name them
    EXPECT_EQ(known.count(std::filesystem::relative(entry.path(), CK_CAPTURES)), 1u) << entry.path();
  }
}

}  // namespace
}  // namespace ck::integration
