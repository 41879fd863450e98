// How the rows of the tables are read off the wire, by packaging/doc/reading-q4164.md, "Parameters on the
// wire": spellings of names, and which forms of a value fit. Typed from there, for JSON and protobuf alike.
#pragma once

#include <cctype>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/payload.h"

namespace ck::conformance {

/// Names as several programming styles would spell "Source KMA ID".
inline std::vector<std::string> spellings(std::string_view name) {
  std::string snake, kebab, pascal, camel, upper, dense;
  bool word_start = true;
  for (const char c : name) {
    if (c == ' ') {
      snake += '_';
      kebab += '-';
      upper += '_';
      word_start = true;
      continue;
    }
    const char low = static_cast<char>(std::tolower(c)), high = static_cast<char>(std::toupper(c));
    snake += low;
    kebab += low;
    dense += low;
    upper += high;
    pascal += word_start ? high : low;
    camel += word_start && !camel.empty() ? high : low;
    word_start = false;
  }
  return {std::string(name), snake, kebab, pascal, camel, upper, dense, " " + pascal + "."};
}

using Fits = std::map<char, char>;

/// `parameter` and `type` as the Recommendation prints them.
inline Fits expected(std::string_view parameter, std::string_view type) {
  if (parameter == "Number of keys") {
    return {{'s', 'W'}, {'3', 'V'}, {'i', 'L'}, {'f', 'W'}, {'b', 'W'}, {'n', 'N'}, {'e', 'W'},
            {'a', 'W'}, {'o', 'W'}, {'k', 'W'}, {'x', 'W'}, {'m', 'W'}, {'0', 'W'}};
  }
  if (parameter == "Response" && type == "Integer") {
    return {{'s', 'V'}, {'3', 'V'}, {'i', 'L'}, {'f', 'W'}, {'b', 'W'}, {'n', 'N'}, {'e', 'W'},
            {'a', 'W'}, {'o', 'W'}, {'k', 'W'}, {'x', 'W'}, {'m', 'W'}, {'0', 'V'}};
  }
  if (parameter == "Extension") {
    return {{'s', 'V'}, {'3', 'V'}, {'i', 'W'}, {'f', 'W'}, {'b', 'W'}, {'n', 'N'}, {'e', 'L'},
            {'a', 'W'}, {'o', 'W'}, {'k', 'L'}, {'x', 'L'}, {'m', 'W'}, {'0', 'V'}};
  }
  if (parameter == "Next KMA IDs") {
    return {{'s', 'V'}, {'3', 'V'}, {'i', 'V'}, {'f', 'V'}, {'b', 'W'}, {'n', 'N'}, {'e', 'L'},
            {'a', 'L'}, {'o', 'W'}, {'k', 'W'}, {'x', 'W'}, {'m', 'W'}, {'0', 'V'}};
  }
  if (parameter == "Transit KMA IDs") {
    return {{'s', 'L'}, {'3', 'L'}, {'i', 'V'}, {'f', 'V'}, {'b', 'W'}, {'n', 'N'}, {'e', 'L'},
            {'a', 'L'}, {'o', 'W'}, {'k', 'W'}, {'x', 'W'}, {'m', 'W'}, {'0', 'L'}};
  }
  if (parameter == "Key IDs" && type == "String") {
    return {{'s', 'L'}, {'3', 'L'}, {'i', 'V'}, {'f', 'V'}, {'b', 'W'}, {'n', 'N'}, {'e', 'L'},
            {'a', 'V'}, {'o', 'W'}, {'k', 'V'}, {'x', 'W'}, {'m', 'W'}, {'0', 'L'}};
  }
  if (parameter == "Key IDs") {
    return {{'s', 'V'}, {'3', 'V'}, {'i', 'V'}, {'f', 'V'}, {'b', 'W'}, {'n', 'N'}, {'e', 'L'},
            {'a', 'V'}, {'o', 'W'}, {'k', 'L'}, {'x', 'W'}, {'m', 'W'}, {'0', 'V'}};
  }
  // Everything else is one String: identifiers, and Response in Tables 5, 7 and 9.
  return {{'s', 'L'}, {'3', 'L'}, {'i', 'V'}, {'f', 'V'}, {'b', 'W'}, {'n', 'N'}, {'e', 'W'},
          {'a', 'W'}, {'o', 'W'}, {'k', 'W'}, {'x', 'W'}, {'m', 'W'}, {'0', 'L'}};
}

inline protocol::Fit fit(char letter) {
  return letter == 'L'   ? protocol::Fit::listed
         : letter == 'V' ? protocol::Fit::variant
         : letter == 'W' ? protocol::Fit::wrong
                         : protocol::Fit::null;
}

}  // namespace ck::conformance
