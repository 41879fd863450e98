// Two decoded payloads side by side.
#include <fmt/format.h>

#include <algorithm>

#include "protocol/reference_decoder.h"

namespace ck::protocol {
namespace {

bool same(const Element& a, const Element& b) {
  return a.range == b.range && a.text == b.text && a.fit == b.fit;
}

bool same(const Node& a, const Node& b) {
  return a.depth == b.depth && a.type == b.type && a.named == b.named && a.name_range == b.name_range &&
         a.range == b.range && a.name == b.name && a.text == b.text;
}

bool same(const Member& a, const Member& b) {
  const bool same_bytes =
      a.name_range == b.name_range && a.range == b.range && a.name == b.name && a.text == b.text;
  const bool same_meaning = a.id == b.id && a.type == b.type && a.fit == b.fit && a.in_table == b.in_table &&
                            a.duplicate == b.duplicate && a.integer == b.integer;
  return same_bytes && same_meaning && a.first_element == b.first_element &&
         a.element_count == b.element_count && a.first_node == b.first_node && a.node_count == b.node_count;
}

template <class T>
std::string difference(const char* what, const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return fmt::format("{} {}s, not {}", a.size(), what, b.size());
  const auto differs = std::mismatch(a.begin(), a.end(), b.begin(), [](const T& one, const T& other) {
                         return same(one, other);
                       }).first;
  return differs == a.end() ? std::string{} : fmt::format("{} {} differs", what, differs - a.begin());
}

}  // namespace

std::string difference(const Payload& a, const Payload& b) {
  if (a.state != b.state)
    return fmt::format("state {}, not {}", static_cast<int>(a.state), static_cast<int>(b.state));
  if (a.error != b.error) return fmt::format("\"{}\", not \"{}\"", a.error, b.error);
  if (a.error_offset != b.error_offset)
    return fmt::format("at {}, not at {}", a.error_offset, b.error_offset);
  if (a.is_object_prefix != b.is_object_prefix) return "the one only is an object and bytes behind it";
  if (a.first != b.first) return "another first member of a parameter";
  for (std::string text :
       {difference("member", a.members, b.members), difference("element", a.elements, b.elements),
        difference("node", a.nodes, b.nodes)}) {
    if (!text.empty()) return text;
  }
  return {};
}

}  // namespace ck::protocol
