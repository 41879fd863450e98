// Every sample capture says in Wireshark what was typed by hand next to its story.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <ostream>

#include "generator/sample.h"
#include "tshark.h"

namespace ck::samples {

/// For the tests' names in failures.
void PrintTo(const Sample& sample, std::ostream* out) {
  *out << sample.path;
}

}  // namespace ck::samples

namespace ck::plugin {
namespace {

using samples::Sample;

enum Column { kFrame, kCommand, kViolation, kResponseTo, kProcedure, kState };
const std::vector<std::string> kFields{"frame.number",   "ck.command",      "ck.violation",
                                       "ck.response_to", "ck.procedure.id", "ck.procedure.state"};

std::vector<std::string> values(const std::string& cell) {
  return cell.empty() ? std::vector<std::string>{} : split_text(cell, '|');
}

using FrameFindings = std::vector<std::pair<std::uint64_t, std::string>>;

class SampleTest : public ::testing::TestWithParam<Sample> {
 protected:
  void SetUp() override {
    std::vector<std::string> options = as_ck_audit();
    options.insert(options.end(), GetParam().tshark_options.begin(), GetParam().tshark_options.end());
    rows_ = tshark_fields(GetParam().make(), kFields, options);
  }
  void check_messages_and_findings() const;
  void check_pairs() const;
  void check_procedures() const;

  Rows rows_;
};

TEST_P(SampleTest, SaysWhatWasTypedByHand) {
  check_messages_and_findings();
  check_pairs();
  check_procedures();
}

void SampleTest::check_messages_and_findings() const {
  std::uint64_t messages = 0;
  FrameFindings found, expected;
  for (const auto& row : rows_) {
    messages += values(row[kCommand]).size();
    for (const std::string& rule : values(row[kViolation]))
      found.emplace_back(std::stoull(row[kFrame]), rule);
  }
  for (const samples::Found& finding : GetParam().expected.findings) {
    expected.emplace_back(finding.frame, std::string(finding.rule));
  }
  std::sort(found.begin(), found.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(messages, GetParam().expected.messages);
  EXPECT_EQ(found, expected);
}

void SampleTest::check_pairs() const {
  if (!GetParam().expected.pairs) return;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> found, expected;
  for (const auto& row : rows_) {
    for (const std::string& request : values(row[kResponseTo])) {
      found.emplace_back(std::stoull(row[kFrame]), std::stoull(request));
    }
  }
  for (const samples::Pair& pair : *GetParam().expected.pairs)
    expected.emplace_back(pair.response, pair.request);
  std::sort(found.begin(), found.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(found, expected);
}

void SampleTest::check_procedures() const {
  if (!GetParam().expected.procedures) return;
  std::map<unsigned long, std::pair<std::string, std::vector<std::uint64_t>>> found;
  for (const auto& row : rows_) {
    const std::vector<std::string> ids = values(row[kProcedure]), states = values(row[kState]);
    ASSERT_EQ(ids.size(), states.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      auto& procedure = found[std::stoul(ids[i])];
      procedure.first = states[i];
      procedure.second.push_back(std::stoull(row[kFrame]));
    }
  }
  ASSERT_EQ(found.size(), GetParam().expected.procedures->size());
  auto expected = GetParam().expected.procedures->begin();
  for (const auto& [id, procedure] : found) {
    EXPECT_EQ(procedure.first, expected->state) << "procedure " << id;
    EXPECT_EQ(procedure.second, expected->frames) << "procedure " << id;
    ++expected;
  }
}

std::vector<Sample> with_parity() {
  std::vector<Sample> kept;
  for (const Sample& sample : samples::all_samples()) {
    if (sample.parity && sample.make) kept.push_back(sample);
  }
  return kept;
}

std::string name_of_test(const ::testing::TestParamInfo<Sample>& info) {
  std::string name = info.param.path;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Samples, SampleTest, ::testing::ValuesIn(with_parity()), name_of_test);

}  // namespace
}  // namespace ck::plugin
