// A .proto file for the time of a test.
#pragma once

#include <cstdlib>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace ck::protocol {

class TemporaryProto {
 public:
  explicit TemporaryProto(const std::string& text, const std::string& name = "test.proto") {
    std::string pattern = (std::filesystem::temp_directory_path() / "ck-proto-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder " + pattern);
    folder_ = pattern;
    add(name, text);
    path_ = folder_ + "/" + name;
  }
  ~TemporaryProto() { std::filesystem::remove_all(folder_); }
  TemporaryProto(const TemporaryProto&) = delete;
  TemporaryProto& operator=(const TemporaryProto&) = delete;

  /// Another file in the same folder.
  void add(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(folder_ + "/" + name).parent_path());
    std::ofstream(folder_ + "/" + name) << text;
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string folder_, path_;
};

}  // namespace ck::protocol
