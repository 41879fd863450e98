// --annotate: where copies go, what they say, and when there is none.
#include <gtest/gtest.h>

#include "cli/tool.h"

namespace ck::cli::test {
namespace {

bool has(const std::string& text, std::string_view wanted) {
  return text.find(wanted) != std::string::npos;
}

TEST(Annotate, SaysTheVerdictAndTheFindings) {
  const ToolRun result = run({"-q", "--annotate", "out.pcapng", "f.pcap"}, {{"f.pcap", faulty_capture()}});
  EXPECT_EQ(result.status, 1);
  const std::string& copy = result.written.at("out.pcapng");
  // An error by the missing destination, a warning by the readable wire.
  EXPECT_TRUE(has(copy, ": FAIL, 1 error, 1 warning, 0 notes in 2 messages of Ck"));
  EXPECT_TRUE(has(copy,
                  "ck-audit error missing-destination: neither Destination KMA ID nor Application "
                  "destination ID is there; Table 1 asks for at least one of them, clause 8.1"));
}

TEST(Annotate, OfItsOwnCopyIsTheSameAudit) {
  const samples::Buffer capture = faulty_capture();
  const std::string copy = run({"-q", "--annotate", "o", "f"}, {{"f", capture}}).written.at("o");
  const ToolRun before = run({"-f", "csv", "f"}, {{"f", capture}});
  const ToolRun after = run({"-f", "csv", "f"}, {{"f", samples::Buffer(copy.begin(), copy.end())}});
  EXPECT_EQ(after.out, before.out);
}

std::size_t count_in(const std::string& text, std::string_view wanted) {
  std::size_t count = 0;
  for (std::size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) ++count;
  return count;
}

/// A copy of a copy has what the later audit says, once, also where that says less.
TEST(Annotate, OfItsOwnCopyReplacesItsComments) {
  const std::string copy = run({"-q", "--annotate", "o", "f"}, {{"f", faulty_capture()}}).written.at("o");
  const Files of_copy{{"f", samples::Buffer(copy.begin(), copy.end())}};
  EXPECT_EQ(run({"-q", "--annotate", "o", "f"}, of_copy).written.at("o"), copy);
  const std::string less =
      run({"-q", "--rule", "missing-destination=off", "--annotate", "o", "f"}, of_copy).written.at("o");
  EXPECT_EQ(count_in(less, "missing-destination"), 0U);
  EXPECT_EQ(count_in(less, ", 1 warning, 0 notes in"), 1U);
  EXPECT_TRUE(has(less, "PASS, 0 errors"));
  EXPECT_FALSE(has(less, "FAIL"));
}

/// What people, or other programs, wrote on frames stays, whatever it begins with.
TEST(Annotate, KeepsCommentsThatAreNotItsOwn) {
  const std::string copy = run({"-q", "--annotate", "o", "f"}, {{"f", faulty_capture()}}).written.at("o");
  std::string others = copy;
  const std::string own = "ck-audit error missing-destination: neither";
  const std::string theirs = "ck-audit error missing destination: neither";  // no rule's name
  ASSERT_EQ(count_in(others, own), 1U);
  others.replace(others.find(own), own.size(), theirs);
  const std::string again =
      run({"-q", "--annotate", "o", "f"}, {{"f", samples::Buffer(others.begin(), others.end())}})
          .written.at("o");
  EXPECT_EQ(count_in(again, theirs), 1U);
  EXPECT_EQ(count_in(again, own), 1U);
}

TEST(Annotate, SeveralCapturesGoIntoAFolder) {
  const Files files{{"a/x.pcap", clean_capture()}, {"b/x.pcapng", faulty_capture()}, {"y", clean_capture()}};
  const ToolRun result = run({"-q", "--annotate", "out", "a/x.pcap", "b/x.pcapng", "y"}, files);
  ASSERT_EQ(result.written.count("out/x.pcapng"), 1u);
  ASSERT_EQ(result.written.count("out/x-2.pcapng"), 1u);
  ASSERT_EQ(result.written.count("out/y.pcapng"), 1u);
  EXPECT_FALSE(has(result.written.at("out/x.pcapng"), "missing-destination"));
  EXPECT_TRUE(has(result.written.at("out/x-2.pcapng"), "missing-destination"));
  const ToolRun merged = run({"-q", "--merge", "--annotate", "out", "a/x.pcap", "b/x.pcapng"}, files);
  for (const char* copy : {"out/x.pcapng", "out/x-2.pcapng"})
    EXPECT_TRUE(has(merged.written.at(copy), "(2 captures merged)")) << copy;
}

TEST(Annotate, IsRefusedWhereItCannotBe) {
  const Files files{{"f", faulty_capture()}, {"g", clean_capture()}};
  const auto refusal = [&](const std::vector<std::string>& arguments) {
    const ToolRun result = run(arguments, files);
    EXPECT_EQ(result.status, 2) << result.err;
    EXPECT_TRUE(result.written.empty());
    return result.err;
  };
  EXPECT_TRUE(has(refusal({"--annotate", "f", "f"}), "a copy to f would overwrite the input f"));
  EXPECT_TRUE(has(refusal({"--annotate", "x", "-f", "json=x", "f"}), "would be written to the same file"));
  EXPECT_TRUE(has(refusal({"--annotate", "x", "-i", "eth0"}), "live traffic stands in no file"));
  EXPECT_TRUE(has(refusal({"--annotate", "x", "-"}), "can be read only once"));
  EXPECT_TRUE(has(refusal({"--annotate", "-", "f"}), "give a file"));
}

TEST(Annotate, ADamagedCaptureIsCopiedUpToTheDamage) {
  samples::Buffer capture = faulty_capture();
  capture.resize(capture.size() - 5);
  const ToolRun result = run({"-q", "--annotate", "o", "f"}, {{"f", capture}});
  EXPECT_EQ(result.status, 3);
  EXPECT_TRUE(has(result.err, "where its annotated copy o ends")) << result.err;
  EXPECT_TRUE(has(result.written.at("o"), "the capture is damaged behind frame"));
  EXPECT_TRUE(has(result.written.at("o"), "missing-destination"));
}

TEST(Annotate, WhatIsNoCaptureLeavesNoCopy) {
  const ToolRun result =
      run({"-q", "--annotate", "o", "f"}, {{"f", samples::to_bytes("a text, and no capture at all")}});
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(result.written.count("o"), 0u);
}

TEST(Annotate, HostileTextsReachNoTerminalThroughIt) {
  samples::Recording recording;
  auto talk = samples::opened(recording);
  talk.km(1, samples::kNextHopRequest, R"j({"\u001b]0;x\u0007":1,"\u202e":2,"Source KMA ID":"A"})j");
  talk.close();
  const std::string copy = run({"-q", "--annotate", "o", "f"}, {{"f", recording.pcap()}}).written.at("o");
  EXPECT_TRUE(has(copy, "\\x1b]0;x\\x07"));
  EXPECT_FALSE(has(copy, "\x1b]0;x"));
  EXPECT_FALSE(has(copy, "\xE2\x80\xAE"));
}

}  // namespace
}  // namespace ck::cli::test
