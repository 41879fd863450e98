// ck-audit in memory for tests: arguments and files in, exit status and output out.
#pragma once

#include <json/json.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "generator/sample.h"

namespace ck::cli::test {

using Files = std::map<std::string, samples::Buffer>;

struct ToolRun {
  int status = -1;
  std::string out, err;
  std::map<std::string, std::string> written;  ///< report files, by name

  /// Standard output as a JSON document. A test fails where it is none.
  [[nodiscard]] Json::Value json() const;
};

/// Runs the tool on files in memory. Every report of a format that has a schema is held against that
/// when the tests end.
ToolRun run(const std::vector<std::string>& arguments, const Files& files = {});

/// Runs it on the real file system.
ToolRun run_on_disk(const std::vector<std::string>& arguments);

/// A folder below the system's temporary one, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Captures of the tests, each a story told by hand.
/// A centralized relay that completes, in frames 4 to 6: nothing wrong but the plaintext transport (a
/// warning).
samples::Buffer clean_capture();
/// One 0x1401 without any destination in frame 4 (missing-destination, an error) and its answer in frame 5.
samples::Buffer faulty_capture();
/// TCP with other traffic than Ck.
samples::Buffer foreign_capture();

}  // namespace ck::cli::test
