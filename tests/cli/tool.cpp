// Running the tool in memory, and holding every report that has a schema against it.
#include "cli/tool.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <sstream>

#include "cli/run.h"

namespace ck::cli::test {
namespace {

namespace fs = std::filesystem;

/// A kind of report that has a schema: how it begins, and what validates files of it.
struct Schema {
  std::string_view start, command;
};
constexpr Schema kSchemas[] = {
    {"{\"schema_version\"", CK_PYTHON " " CK_VALIDATE " " CK_SCHEMA},
    {"{\"$schema\":\"https://docs.oasis-open.org/sarif/", CK_PYTHON " " CK_VALIDATE " " CK_SARIF_SCHEMA},
    {"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>",
     CK_XMLLINT " --noout --quiet --schema " CK_JUNIT_SCHEMA},
    {"<!DOCTYPE html>", CK_PYTHON " " CK_CHECK_HTML},
};

/// Collects the reports of a test program and validates them in one go.
class SchemaCheck final : public testing::Environment {
 public:
  void add(const std::string& report) {
    for (const Schema& schema : kSchemas) {
      if (report.rfind(schema.start, 0) != 0) continue;
      if (!seen_.insert(std::hash<std::string>{}(report)).second)
        return;  // the same again, as tests of determinism want
      if (folder_ == nullptr) folder_ = std::make_unique<TemporaryFolder>();
      const std::string path = folder_->path() + "/" + std::to_string(seen_.size()) + ".report";
      std::ofstream(path, std::ios::binary) << report;
      files_[schema.command] += " " + path;
    }
  }
  void TearDown() override {
    for (const auto& [command, files] : files_)
      EXPECT_EQ(std::system((std::string(command) + files).c_str()), 0)
          << "a report does not fit the schema: " << command;
    folder_.reset();
  }

 private:
  std::unique_ptr<TemporaryFolder> folder_;
  std::map<std::string_view, std::string> files_;  ///< by what validates them, each behind a space
  std::set<std::size_t> seen_;
};

SchemaCheck& schema_check() {
  static auto* const check = new SchemaCheck;  // googletest owns it
  return *check;
}

/// An output that leaves its text behind.
class KeptOutput final : public Output {
 public:
  explicit KeptOutput(std::string& text) : text_(text) {}

 protected:
  void write(std::string_view text) override { text_.append(text); }

 private:
  std::string& text_;
};

ToolRun run_with(const std::vector<std::string>& arguments, InputFiles& inputs) {
  ToolRun result;
  StringOutput out, err;
  Console console{out, err, false, false, [&](const std::string& path) -> std::unique_ptr<Output> {
                    return std::make_unique<KeptOutput>(result.written[path]);
                  }};
  result.status = run_tool(arguments, inputs, console);
  result.out = out.text();
  result.err = err.text();
  schema_check().add(result.out);
  for (const auto& [path, text] : result.written) schema_check().add(text);
  return result;
}

}  // namespace

Json::Value ToolRun::json() const {
  Json::Value value;
  std::string errors;
  std::istringstream in(out);
  EXPECT_TRUE(Json::parseFromStream(Json::CharReaderBuilder(), in, &value, &errors)) << errors << "\n" << err;
  return value;
}

ToolRun run(const std::vector<std::string>& arguments, const Files& files) {
  MemoryInputs inputs;
  inputs.files = files;
  return run_with(arguments, inputs);
}

ToolRun run_on_disk(const std::vector<std::string>& arguments) {
  FileInputs inputs;
  return run_with(arguments, inputs);
}

TemporaryFolder::TemporaryFolder() {
  std::string path = (fs::temp_directory_path() / "ck-tests-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = path;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

samples::Buffer clean_capture() {
  samples::Recording recording;
  auto talk = samples::opened(recording);
  talk.km(1, samples::kRelayNotification, R"({"Source KMA ID":"A","Destination KMA ID":"C"})");
  talk.ctl(
      1, samples::kRelayRequest,
      R"({"Source KMA ID":"A","Destination KMA ID":"C","Transit KMA IDs":["B"],"Key relay request ID":"R-1"})");
  talk.km(1, samples::kRelayResponse, R"({"Key relay request ID":"R-1","Response":"success"})");
  talk.close();
  return recording.pcap();
}

samples::Buffer faulty_capture() {
  samples::Recording recording;
  auto talk = samples::opened(recording);
  talk.km(1, samples::kNextHopRequest, R"({"Source KMA ID":"A"})");
  talk.ctl(1, samples::kNextHopResponse,
           R"({"Source KMA ID":"A","Destination KMA ID":"C","Next KMA IDs":["B"]})");
  talk.close();
  return recording.pcap();
}

samples::Buffer foreign_capture() {
  samples::Recording recording;
  auto talk = samples::opened(recording);
  talk.client(samples::to_bytes("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"));
  talk.server(samples::to_bytes("HTTP/1.1 204 No Content\r\n\r\n"));
  talk.close();
  return recording.pcap();
}

}  // namespace ck::cli::test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  testing::AddGlobalTestEnvironment(&ck::cli::test::schema_check());
  return RUN_ALL_TESTS();
}
