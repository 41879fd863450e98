// Words of HTTP whose letters may be of either case (RFC 9110, 5.6.2, 8.3.1 and 8.4.1).
#pragma once

#include <algorithm>
#include <string_view>

namespace ck::grpc {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Whether `text` is `small`, which is written in lower case.
inline bool same(std::string_view text, std::string_view small) {
  return std::equal(text.begin(), text.end(), small.begin(), small.end(),
                    [](char a, char b) { return lower(a) == b; });
}

inline bool begins_with(std::string_view text, std::string_view small) {
  return same(text.substr(0, small.size()), small);
}

/// Without the white space around it.
inline std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  const std::size_t end = text.find_last_not_of(" \t");
  return end == std::string_view::npos ? std::string_view() : text.substr(begin, end + 1 - begin);
}

}  // namespace ck::grpc
