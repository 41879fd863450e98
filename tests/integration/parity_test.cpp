// Two faces, one verdict: on every sample that misses nothing, the plugin says what ck-audit says.
#include <gtest/gtest.h>

#include <cctype>

#include "tshark.h"

namespace ck::integration {
namespace {

using samples::Sample;

std::vector<Sample> chosen_samples(bool whole) {
  std::vector<Sample> out;
  for (Sample& sample : samples::all_samples()) {
    if (sample.parity == whole && !sample.encrypted && !sample.grpc) out.push_back(std::move(sample));
  }
  return out;
}

class ParityTest : public testing::TestWithParam<Sample> {};

TEST_P(ParityTest, PluginAndAnalyzerAgree) {
  const Seen plugin = dissect(GetParam());
  ASSERT_EQ(plugin.trouble, "");
  const Seen analyzer = audit(GetParam());
  ASSERT_EQ(analyzer.trouble, "");
  EXPECT_EQ(plugin.messages, analyzer.messages) << GetParam().path;
  EXPECT_EQ(plugin.findings, analyzer.findings) << GetParam().path << "\nplugin:\n"
                                                << text(plugin.findings) << "ck-audit:\n"
                                                << text(analyzer.findings);
  EXPECT_EQ(plugin.pairs, analyzer.pairs) << GetParam().path << "\nplugin:\n"
                                          << text(plugin.pairs) << "ck-audit:\n"
                                          << text(analyzer.pairs);
  EXPECT_EQ(plugin.procedure_frames, analyzer.procedure_frames) << GetParam().path;
}

/// Where bytes are missing Wireshark shows less; it may say less, but it must not blame anybody whom ck-audit
/// does not.
class LossParityTest : public testing::TestWithParam<Sample> {};

TEST_P(LossParityTest, PluginBlamesNobodyWhomTheAnalyzerDoesNot) {
  const Seen plugin = dissect(GetParam());
  ASSERT_EQ(plugin.trouble, "");
  const Seen analyzer = audit(GetParam());
  ASSERT_EQ(analyzer.trouble, "");
  EXPECT_FALSE(plugin.messages.empty()) << GetParam().path;
  for (const auto& finding : plugin.findings) {
    if (samples::severity_of(finding.second) == "note") continue;
    EXPECT_EQ(analyzer.findings.count(finding), 1u)
        << GetParam().path << ": " << finding.first << " " << finding.second;
  }
}

INSTANTIATE_TEST_SUITE_P(Captures, ParityTest, testing::ValuesIn(chosen_samples(true)), sample_test_name);

INSTANTIATE_TEST_SUITE_P(Captures, LossParityTest, testing::ValuesIn(chosen_samples(false)),
                         sample_test_name);

}  // namespace
}  // namespace ck::integration
