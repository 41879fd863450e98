// What the house's tests share: where the tree is, and what is in a file of it.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace ck::house {

namespace fs = std::filesystem;

inline const fs::path kTree = CK_SOURCE_DIR;

/// Empty for a file that is not there.
inline std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace ck::house
