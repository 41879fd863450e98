// The whole tool in memory, for fuzz targets: it ends with one of its statuses, its JSON is JSON, and no
// report brings a control character of the capture before a reader.
#pragma once

#include <json/json.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/run.h"

namespace ck::fuzz {

using namespace ck::cli;

/// An output that leaves its text behind.
class Kept final : public Output {
 public:
  explicit Kept(std::string& text) : text_(text) {}

 protected:
  void write(std::string_view text) override { text_.append(text); }

 private:
  std::string& text_;
};

/// All formats, then what the target adds, then the capture, which is "a".
inline std::vector<std::string> all_formats() {
  return {"-f",           "text=text",   "-f",        "json=json", "-f",
          "ndjson=lines", "-f",          "csv=table", "-f",        "sarif=sarif",
          "-f",           "junit=junit", "-f",        "html=page", "--no-progress",
          "--color",      "never",       "a"};
}

inline void check_json(const std::string& text) {
  Json::Value document;
  std::string errors;
  Json::CharReaderBuilder strict;
  Json::CharReaderBuilder::strictMode(&strict.settings_);
  const std::unique_ptr<Json::CharReader> reader(strict.newCharReader());
  if (!reader->parse(text.data(), text.data() + text.size(), &document, &errors)) std::abort();
}

inline void check_harmless(const std::string& text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool ends_line = byte == '\n' || (byte == '\r' && at + 1 < text.size() && text[at + 1] == '\n');
    if (!ends_line && (byte < 0x20 || byte == 0x7f)) std::abort();
  }
}

/// Runs it over the capture, which is the file "b" as well.
inline void run_over(const std::uint8_t* data, std::size_t size, const std::vector<std::string>& arguments) {
  std::string out, err;
  std::map<std::string, std::string> reports;
  {
    MemoryInputs inputs;
    inputs.files["a"].assign(data, data + size);
    inputs.files["b"] = inputs.files["a"];
    Kept out_kept(out), err_kept(err);
    Console console{out_kept, err_kept, false, false,
                    [&](const std::string& path) { return std::make_unique<Kept>(reports[path]); }};
    const int status = run_tool(arguments, inputs, console);
    if (status != kClean && status != kFindings && status != kUnread) std::abort();
    if (size == 0 && status != kUnread) std::abort();  // an empty file is an error
  }
  for (const auto& [path, text] : reports) {
    if (path != "log") check_harmless(text);  // a message log is compressed
  }
  check_harmless(err);
  check_json(reports["json"]);
  check_json(reports["sarif"]);
  const std::string& lines = reports["lines"];
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    check_json(lines.substr(at, end - at));
    at = end + 1;
  }
}

}  // namespace ck::fuzz
