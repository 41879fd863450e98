// Peers, what findings say of them, and what --baseline knows again.
#include <gtest/gtest.h>

#include "cli/tool.h"

namespace ck::cli::test {
namespace {

Json::Value finding_of(const Json::Value& root, const std::string& rule) {
  for (const Json::Value& finding : root["audits"][0]["findings"]) {
    if (finding["rule"] == rule) return finding;
  }
  ADD_FAILURE() << "no finding of " << rule;
  return {};
}

/// The same story as faulty_capture(), at another time: later frames, another MessageID, another source port.
samples::Buffer faulty_again() {
  samples::Recording recording;
  auto talk = samples::opened(recording);
  talk.km(1, samples::kNextHopRequest, R"({"Source KMA ID":"A","Destination KMA ID":"C"})");
  talk.ctl(1, samples::kNextHopResponse, R"({"Destination KMA ID":"C","Next KMA IDs":["B"]})");
  talk.km(77, samples::kNextHopRequest, R"({"Source KMA ID":"A"})");
  talk.ctl(77, samples::kNextHopResponse, R"({"Destination KMA ID":"C","Next KMA IDs":["B"]})");
  talk.close();
  return recording.pcap();
}

TEST(Peers, AreWhoMustFixAFinding) {
  const Json::Value root = run({"-f", "json", "f"}, {{"f", faulty_capture()}}).json();
  const Json::Value& peers = root["audits"][0]["peers"];
  ASSERT_EQ(peers.size(), 2u);
  EXPECT_EQ(peers[0]["role"], "km");
  EXPECT_EQ(peers[0]["name"], "A");
  EXPECT_EQ(peers[0]["addresses"][0], "10.41.0.11");
  EXPECT_EQ(peers[0]["messages"]["0x1401"], 1);
  EXPECT_EQ(peers[0]["findings"]["missing-destination"], 1);
  EXPECT_EQ(peers[0]["spellings"]["words"], 1) << "Source KMA ID";
  EXPECT_EQ(peers[0]["parameters"]["0x1401"]["Source KMA ID"]["present"], 1);
  EXPECT_EQ(peers[0]["parameters"]["0x1401"]["Destination KMA ID"]["absent"], 1);
  EXPECT_EQ(peers[1]["addresses"][0], "10.14.0.1:51640");
  EXPECT_EQ(peers[1]["transports"]["tcp"], 1);
  EXPECT_EQ(peers[1]["parameters"]["0x4102"]["Next KMA IDs"]["types"]["array"], 1);
  EXPECT_EQ(peers[1]["response_times"][0]["procedure"], "next-hop") << "the controller answered";
  EXPECT_EQ(root["audits"][0]["connections"][0]["km_peer"], 1);
  const Json::Value finding = finding_of(root, "missing-destination");
  EXPECT_EQ(finding["peer"], 1);
  EXPECT_EQ(finding["sender"], "10.41.0.11:41001");
  EXPECT_EQ(finding["name"], "Key relay next hop request");
  EXPECT_EQ(finding["expected"], "Destination KMA ID or Application destination ID");
  EXPECT_TRUE(finding_of(root, "plaintext-transport")["peer"].isNull()) << "nobody can tell who has to";
}

TEST(Peers, AnUnansweredRequestIsTheOtherSides) {
  samples::Recording recording;
  auto talk = samples::opened(recording);
  talk.km(1, samples::kSessionRequest,
          R"({"Application source ID":"a","Application destination ID":"b","Number of keys":1})");
  talk.close();
  const Json::Value root = run({"-f", "json", "f"}, {{"f", recording.pcap()}}).json();
  const Json::Value finding = finding_of(root, "unanswered-request");
  EXPECT_EQ(finding["sender"], "10.41.0.11:41001");
  EXPECT_EQ(finding["at_fault"], "controller");
  EXPECT_EQ(root["audits"][0]["peers"][finding["peer"].asUInt() - 1]["role"], "controller");
}

TEST(Peers, TellHowAPeerSpeaks) {
  samples::Recording recording;
  auto talk = samples::opened(recording);
  talk.km(1, samples::kNextHopRequest,
          R"({"source_kma_id":"A","destinationKmaId":"C","vendorHint":1,"Extension":[{"name":"x"}]})");
  talk.km(2, samples::kNextHopRequest, R"({"start_km":"A","Destination-KMA-ID":"C","vendorHint":2})");
  talk.close();
  const Json::Value km = run({"-f", "json", "f"}, {{"f", recording.pcap()}}).json()["audits"][0]["peers"][0];
  EXPECT_EQ(km["spellings"]["snake_case"], 1);
  EXPECT_EQ(km["spellings"]["camelCase"], 1);
  EXPECT_EQ(km["spellings"]["appendix-ii"], 1);
  EXPECT_EQ(km["spellings"]["other"], 1) << "kebab-case has no capitals";
  EXPECT_EQ(km["unknown_members"]["vendorHint"], 2);
  EXPECT_EQ(km["extensions"]["x"], 1);
  EXPECT_EQ(km["versions"].size(), 1u);
}

TEST(Baseline, KnowsTheSameFaultInAnotherCapture) {
  Files files{{"old", faulty_capture()}, {"new", faulty_again()}, {"clean", clean_capture()}};
  const std::string report = run({"-f", "json", "old"}, files).out;
  files["base"] = samples::to_bytes(report);
  const ToolRun again = run({"-f", "json", "--baseline", "base", "new"}, files);
  EXPECT_EQ(again.status, 0) << "its only error is known";
  const Json::Value root = again.json();
  const Json::Value finding = finding_of(root, "missing-destination");
  EXPECT_EQ(finding["known"], true);
  EXPECT_NE(finding["frame"], 4) << "though it stands elsewhere";
  EXPECT_EQ(root["summary"]["known_findings"]["error"], 1);
  EXPECT_EQ(root["summary"]["findings"]["error"], 1);
  ASSERT_EQ(root["gone"].size(), 0u) << root["gone"];
  const std::string text = run({"--baseline", "base", "new"}, files).out;
  EXPECT_EQ(text.rfind("PASS  new: 0 errors, 0 warnings, 0 notes, 2 known; 4 messages\n", 0), 0u) << text;
  EXPECT_NE(text.find("  none that the baseline does not have\n"), std::string::npos) << text;
  const std::string clean = run({"--baseline", "base", "clean"}, files).out;
  EXPECT_NE(clean.find("\nGone: 1 finding of the baseline did not occur again\n  missing-destination, A: "),
            std::string::npos)
      << clean;

  const Json::Value gone = run({"-f", "json", "--baseline", "base", "clean"}, files).json()["gone"];
  ASSERT_EQ(gone.size(), 1u) << "the plaintext transport occurs again";
  EXPECT_EQ(gone[0]["rule"], "missing-destination");
  EXPECT_EQ(gone[0]["peer"], "A");
  EXPECT_EQ(gone[0]["command"], "0x1401");
  EXPECT_EQ(gone[0]["count"], 1);
}

TEST(Baseline, AnotherFaultIsNew) {
  Files files{{"old", clean_capture()}, {"new", faulty_capture()}};
  files["base"] = samples::to_bytes(run({"-f", "json", "old"}, files).out);
  const ToolRun result = run({"-f", "json", "--baseline", "base", "new"}, files);
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(finding_of(result.json(), "missing-destination")["known"], false);
}

TEST(Baseline, WhatIsNoReportIsWrongUsage) {
  for (const char* text : {"", "[]", "{}", R"({"schema_version":1,"tool":{"name":"other"},"audits":[]})",
                           R"({"schema_version":1,"tool":{"name":"ck-audit"},"audits":[{"findings":[{}]}]})",
                           R"({"schema_version":2,"tool":{"name":"ck-audit"},"audits":[]})"}) {
    const ToolRun result =
        run({"--baseline", "base", "c"}, {{"base", samples::to_bytes(text)}, {"c", clean_capture()}});
    EXPECT_EQ(result.status, 2) << text;
    EXPECT_NE(result.err.find("--baseline: base "), std::string::npos) << result.err;
  }
  EXPECT_EQ(run({"--baseline", "gone", "c"}, {{"c", clean_capture()}}).status, 2);
  const std::string deep(100'000, '[');
  EXPECT_EQ(run({"--baseline", "d", "c"}, {{"d", samples::to_bytes(deep)}, {"c", clean_capture()}}).status,
            2);
}

}  // namespace
}  // namespace ck::cli::test
