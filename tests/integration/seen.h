// What a face says of a capture, in a form in which the two faces and the expectations can be compared.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "generator/sample.h"

namespace ck::samples {
/// For GoogleTest: a sample is known by its path.
inline void PrintTo(const Sample& sample, std::ostream* out) {
  *out << sample.path;
}
}  // namespace ck::samples

namespace ck::integration {

struct SeenProcedure {
  std::string kind, state;
  std::vector<std::uint64_t> frames;
  friend bool operator==(const SeenProcedure&, const SeenProcedure&) = default;
};

struct Seen {
  /// frame, command, MessageID
  std::multiset<std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>> messages;
  std::multiset<std::pair<std::uint64_t, std::string>> findings;       ///< frame, rule
  std::multiset<std::pair<std::uint64_t, std::uint64_t>> pairs;        ///< response's frame, request's frame
  std::set<std::pair<std::uint64_t, std::uint64_t>> procedure_frames;  ///< procedure id, frame of a message
  // ck-audit only:
  std::map<std::uint64_t, SeenProcedure> procedures;  ///< by id
  std::map<std::string, std::uint64_t> violated;      ///< summary, by rule
  int status = -1;
  std::string trouble;  ///< why nothing could be read; empty when all went well
};

/// A sample's name as a test's: its path, letters and digits only.
std::string sample_test_name(const testing::TestParamInfo<samples::Sample>& info);
/// What the sample's story expects, as in Seen.
std::multiset<std::pair<std::uint64_t, std::string>> expected_findings(const samples::Sample& sample);

/// Where a sample lies.
std::string path_of(const samples::Sample& sample);

/// ck-audit's JSON report over the sample, with --messages and the sample's options.
Seen audit(const samples::Sample& sample);
/// The same with another command than ck-audit's own path, over a copy of the capture.
Seen audit_as(std::vector<std::string> command, const samples::Sample& sample, const std::string& capture);

/// For messages of a failed comparison.
std::string text(const std::multiset<std::pair<std::uint64_t, std::string>>& findings);
std::string text(const std::multiset<std::pair<std::uint64_t, std::uint64_t>>& pairs);

}  // namespace ck::integration
