// Several outputs of one run, of which some take nothing any more: the others are whole.
#include <gtest/gtest.h>

#include <cerrno>
#include <system_error>

#include "cli/run.h"
#include "cli/tool.h"

namespace ck::cli::test {
namespace {

/// Takes so many bytes, and then is a pipe that nobody reads any more.
class ClosedOutput final : public Output {
 public:
  explicit ClosedOutput(std::size_t room) : room_(room) {}

 protected:
  void write(std::string_view text) override {
    if (text.size() > room_) throw std::system_error(EPIPE, std::generic_category(), "cannot write to it");
    room_ -= text.size();
  }

 private:
  std::size_t room_;
};

/// Leaves its text behind.
class Kept final : public Output {
 public:
  explicit Kept(std::string& text) : text_(text) {}

 protected:
  void write(std::string_view text) override { text_.append(text); }

 private:
  std::string& text_;
};

/// Standard output takes `room` bytes; a file "full" takes none.
ToolRun run_closed(const std::vector<std::string>& arguments, const Files& files, std::size_t room,
                   bool& outlived) {
  MemoryInputs inputs;
  inputs.files = files;
  ToolRun result;
  StringOutput err;
  ClosedOutput out(room);
  Console console{out,
                  err,
                  false,
                  false,
                  [&](const std::string& path) -> std::unique_ptr<Output> {
                    if (path == "full") return std::make_unique<ClosedOutput>(0);
                    return std::make_unique<Kept>(result.written[path]);
                  },
                  {},
                  [&] { outlived = true; }};
  result.status = run_tool(arguments, inputs, console);
  result.err = err.text();
  return result;
}

const std::vector<std::string> kFormats{"json", "ndjson", "csv", "html", "sarif", "junit"};

TEST(Outputs, AClosedStandardOutputLeavesTheOtherReportsWhole) {
  const Files files{{"a", clean_capture()}, {"b", faulty_capture()}};
  std::vector<std::string> arguments{"-f", "text"};
  for (const std::string& format : kFormats) arguments.insert(arguments.end(), {"-f", format + "=" + format});
  for (const std::vector<std::string>& inputs :
       {std::vector<std::string>{"b"}, {"a", "b"}, {"--merge", "a", "b"}}) {
    std::vector<std::string> all = arguments;
    all.insert(all.end(), inputs.begin(), inputs.end());
    const ToolRun whole = run(all, files);
    bool outlived = false;
    const ToolRun closed = run_closed(all, files, 0, outlived);
    EXPECT_EQ(closed.status, 3) << "an output was not written to its end";
    EXPECT_TRUE(outlived) << "the signal would end the process";
    EXPECT_EQ(closed.written, whole.written);
    EXPECT_EQ(closed.err, "ck-audit: cannot write to it: Broken pipe; all that goes elsewhere is whole\n");
  }
}

/// Each record is handed on as soon as it is final, so that the pipe breaks in the middle of the audit.
TEST(Outputs, AReaderThatGoesAwayMeanwhileDoesSo) {
  bool outlived = false;
  const Files files{{"-", faulty_capture()}};
  const std::vector<std::string> arguments{"-f", "ndjson", "-f", "json=j", "-"};
  const ToolRun closed = run_closed(arguments, files, 300, outlived);
  EXPECT_EQ(closed.status, 3);
  EXPECT_EQ(closed.written, run(arguments, files).written);
}

TEST(Outputs, AFullDiskLeavesTheOthersWhole) {
  bool outlived = false;
  const Files files{{"b", faulty_capture()}};
  const ToolRun closed = run_closed({"-f", "csv=full", "-f", "json=j", "b"}, files, 0, outlived);
  EXPECT_EQ(closed.status, 3);
  EXPECT_EQ(closed.written, run({"-f", "json=j", "b"}, files).written);
}

TEST(Outputs, ACopyThatCannotBeWrittenLeavesTheReportWhole) {
  bool outlived = false;
  const Files files{{"b", faulty_capture()}};
  const ToolRun closed = run_closed({"--annotate", "full", "-f", "json=j", "b"}, files, 0, outlived);
  EXPECT_EQ(closed.status, 3);
  EXPECT_EQ(closed.err, "ck-audit: b: not annotated: cannot write to it: Broken pipe\n");
  EXPECT_EQ(closed.written, run({"-f", "json=j", "b"}, files).written);
}

TEST(Outputs, OnceNoneTakesAnythingTheRunEnds) {
  bool outlived = false;
  const ToolRun all =
      run_closed({"-f", "text", "-f", "csv=full", "b"}, {{"b", faulty_capture()}}, 0, outlived);
  EXPECT_EQ(all.status, 3);
  EXPECT_EQ(all.err, "ck-audit: cannot write to it: Broken pipe\n");
  outlived = false;
  const ToolRun one = run_closed({"b"}, {{"b", faulty_capture()}}, 0, outlived);
  EXPECT_EQ(one.status, 3);
  EXPECT_FALSE(outlived) << "a single report ends as a filter does: by the signal";
}

}  // namespace
}  // namespace ck::cli::test
