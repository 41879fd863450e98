// ck-audit against the model: whatever a network does to the segments of valid conversations, the report
// lists the messages that were said, each with the frame at which it was all there, and blames nobody.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "command.h"
#include "torture_report.h"

namespace ck::integration {
namespace {

TortureReport audit_capture(const TortureCapture& capture) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / ("torture" + capture.extension);
  samples::write_file(path, capture.file);
  return audit_file(path);
}

std::string torture_test_name(const testing::TestParamInfo<TortureCase>& info) {
  return info.param.name;
}

std::uint16_t direction_digits(const ModelMessage& message) {
  return message.command & 0xFF00;
}

std::string finding_text(const std::vector<std::pair<std::uint64_t, std::string>>& findings) {
  std::string out;
  for (const auto& [frame, rule] : findings) out += std::to_string(frame) + " " + rule + "\n";
  return out;
}

// Nothing missing ------------------------------------------------------------------------------------------

class TortureTest : public testing::TestWithParam<TortureCase> {};

TEST_P(TortureTest, EveryMessageIsFoundInItsFrame) {
  const TortureCapture capture = make_capture(GetParam());
  const TortureReport report = audit_capture(capture);
  ASSERT_EQ(report.trouble, "");
  std::set<std::uint16_t> commands;
  EXPECT_EQ(report.connections.size(), capture.model.size());
  for (const ModelConnection& model : capture.model) {
    SCOPED_TRACE(model.km + ", from frame " + std::to_string(model.first_frame));
    ASSERT_EQ(report.connections.count(model.first_frame), 1u);
    const ReportedConnection& reported = report.connections.at(model.first_frame);
    EXPECT_EQ(reported.km, model.km);
    EXPECT_EQ(reported.controller, model.controller);
    EXPECT_EQ(text(reported.messages), text(model.in_order()));
    EXPECT_EQ(reported.lost_bytes, 0u);
    EXPECT_EQ(reported.skipped_bytes, 0u);
    for (const ModelMessage& message : model.in_order()) commands.insert(message.command);
  }
  EXPECT_EQ(commands.size(), 13u) << "every code of Table I.1 is in every torture capture";
}

TEST_P(TortureTest, ValidConversationsHaveNoFindingButThatTheyAreReadable) {
  const TortureCapture capture = make_capture(GetParam());
  const TortureReport report = audit_capture(capture);
  ASSERT_EQ(report.trouble, "");
  EXPECT_EQ(report.status, 0);
  for (const ModelConnection& model : capture.model) {
    SCOPED_TRACE(model.km + ", from frame " + std::to_string(model.first_frame));
    ASSERT_EQ(report.connections.count(model.first_frame), 1u);
    const std::string expected = std::to_string(model.in_order().front().frame) + " plaintext-transport\n";
    EXPECT_EQ(finding_text(report.connections.at(model.first_frame).findings), expected);
  }
  EXPECT_EQ(report.json["audits"][0]["diagnostics"]["conflicting_overlaps"].asUInt64(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Captures, TortureTest, testing::ValuesIn(whole_captures()), torture_test_name);

// Holes ----------------------------------------------------------------------------------------------------
// The model alone: after one lost segment Wireshark, with out-of-order reassembly on, dissects nothing more
// of that direction.

std::vector<TortureCase> captures_with_holes() {
  std::vector<TortureCase> out;
  for (std::size_t i = 0; i < 6; ++i) {
    const std::uint32_t seed = static_cast<std::uint32_t>(700 + i);
    TortureCase torture{
        "Seed" + std::to_string(seed), seed, static_cast<Wrapping>(i), 6, 12, true, false, rough()};
    torture.handling.holes = 1 + i;
    if (i % 2 == 1) torture.handling.largest_piece = 120;
    if (i >= 4) torture.handling.fragment = 20;
    out.push_back(torture);
  }
  return out;
}

class TortureHolesTest : public testing::TestWithParam<TortureCase> {};

TEST_P(TortureHolesTest, WhatIsWhollyThereIsFound) {
  const TortureCapture capture = make_capture(GetParam());
  const TortureReport report = audit_capture(capture);
  ASSERT_EQ(report.trouble, "");
  for (const ModelConnection& model : capture.model) {
    if (model.in_order().empty()) continue;
    SCOPED_TRACE(model.km + ", from frame " + std::to_string(model.first_frame));
    ASSERT_EQ(report.connections.count(model.first_frame), 1u);
    const ReportedConnection& reported = report.connections.at(model.first_frame);
    for (std::size_t end = 0; end < 2; ++end) {
      // A hole holds up what lies behind it in its own direction only, so each direction has its own order.
      std::vector<ModelMessage> found;
      std::copy_if(
          reported.messages.begin(), reported.messages.end(), std::back_inserter(found),
          [&](const ModelMessage& m) { return direction_digits(m) == (end == 0 ? 0x1400 : 0x4100); });
      EXPECT_EQ(text(found), text(model.messages[end]));
    }
    EXPECT_EQ(reported.lost_bytes, model.lost_bytes);
    EXPECT_EQ(reported.skipped_bytes, model.skipped_bytes);
  }
}

TEST_P(TortureHolesTest, EachHoleIsToldOnceAndNobodyIsBlamed) {
  const TortureCapture capture = make_capture(GetParam());
  const TortureReport report = audit_capture(capture);
  ASSERT_EQ(report.trouble, "");
  EXPECT_EQ(report.status, 0);
  for (const ModelConnection& model : capture.model) {
    if (model.in_order().empty()) continue;
    SCOPED_TRACE(model.km + ", from frame " + std::to_string(model.first_frame));
    ASSERT_EQ(report.connections.count(model.first_frame), 1u);
    std::vector<std::pair<std::uint64_t, std::string>> gaps, others;
    for (const auto& finding : report.connections.at(model.first_frame).findings)
      (finding.second == "capture-gap" ? gaps : others).push_back(finding);
    std::vector<std::pair<std::uint64_t, std::string>> expected;
    for (const std::uint64_t frame : model.gaps) expected.emplace_back(frame, "capture-gap");
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(finding_text(gaps), finding_text(expected));
    ASSERT_EQ(others.size(), 1u) << finding_text(others);
    EXPECT_EQ(others[0].second, "plaintext-transport");
  }
}

INSTANTIATE_TEST_SUITE_P(Captures, TortureHolesTest, testing::ValuesIn(captures_with_holes()),
                         torture_test_name);

// One conversation, many ways over the wire ----------------------------------------------------------------

/// What of a report depends on frames, their times and their number.
const std::set<std::string>& of_the_wire() {
  static const std::set<std::string> kNames = {
      "frame",       "time",       "start",          "end",           "duration",
      "first_frame", "first_time", "last_time",      "packets",       "bytes",
      "path",        "capture",    "response_times", "paired_with",   "link_types",
      "reading",     "speed",      "ipv4_fragments", "ipv6_fragments"};
  return kNames;
}

void forget_the_wire(Json::Value& value) {
  if (value.isObject()) {
    for (const std::string& name : value.getMemberNames()) {
      if (of_the_wire().count(name) != 0) {
        value.removeMember(name);
      } else {
        forget_the_wire(value[name]);
      }
    }
  } else if (value.isArray()) {
    for (Json::Value& element : value) forget_the_wire(element);
  }
}

/// The same conversations whatever `handling`; the KM's part of a round goes first, and one connection after
/// the other, so that the order of messages is the same too.
std::string report_of(const Handling& handling, std::uint32_t seed) {
  Random random(99);
  std::vector<Lane> lanes;
  for (std::size_t i = 0; i < 5; ++i) {
    Lane lane{"10.41.2." + std::to_string(i + 1), "10.14.0.1", 41000, 51640, {}, 0, nullptr, nullptr, {}};
    if (handling.fragment != 0) lane.tunnel = &samples::tunnels()[(seed * 5 + i) % samples::tunnels().size()];
    for (const char* use : {"first", "second"})
      lane.connections.push_back(
          {conversation(random, "KMA-" + std::to_string(i), std::to_string(i) + "-" + use, 9), handling});
    lanes.push_back(std::move(lane));
  }
  Random network(seed);
  samples::Recording recording;
  recording.step_ns = 50'000;
  play(network, recording, lanes, false);
  TortureReport report = audit_capture({recording.pcap(), ".pcap", {}});
  if (!report.trouble.empty()) return report.trouble;
  EXPECT_GT(report.json["audits"][0]["messages"].size(), 200u);
  forget_the_wire(report.json);
  return report.json.toStyledString();
}

Handling smooth() {
  Handling out;
  out.separate_whole_frames = true;
  out.both_at_once = false;
  out.bare_ack = 0;
  return out;
}

class TortureMetamorphicTest : public testing::TestWithParam<std::uint32_t> {};

TEST_P(TortureMetamorphicTest, AnyOrderSplitAndRepetitionGivesTheSameReport) {
  Handling handling = rough();
  handling.both_at_once = false;
  handling.wraps = GetParam() % 2 == 0;
  handling.largest_piece = std::vector<std::size_t>{1400, 3, 60, 9000}[GetParam() % 4];
  handling.reorder_window = GetParam() % 3 == 0 ? 30 : 4;
  handling.fragment = GetParam() % 4 >= 2 ? 10 : 0;
  EXPECT_EQ(report_of(handling, GetParam()), report_of(smooth(), 0));
}

INSTANTIATE_TEST_SUITE_P(Seeds, TortureMetamorphicTest, testing::Range(1u, 9u));

}  // namespace
}  // namespace ck::integration
