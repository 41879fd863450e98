// Two faces, one verdict: on every sample that misses nothing, the plugin says what ck-audit says.
#include <gtest/gtest.h>

#include <cctype>

#include "tshark.h"

namespace ck::integration {
namespace {

using samples::Sample;

std::vector<Sample> whole_samples() {
  std::vector<Sample> out;
  for (Sample& sample : samples::all_samples()) {
    if (sample.parity) out.push_back(std::move(sample));
  }
  return out;
}

std::string test_name(const testing::TestParamInfo<Sample>& info) {
  std::string out = info.param.path;
  for (char& c : out) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
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

INSTANTIATE_TEST_SUITE_P(Captures, ParityTest, testing::ValuesIn(whole_samples()), test_name);

}  // namespace
}  // namespace ck::integration
