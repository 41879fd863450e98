// Rule possible-key-material: which members of a payload look like a key's value.
#include <algorithm>
#include <array>

#include "protocol/parameter_names.h"
#include "protocol/payload.h"

namespace ck::protocol {
namespace {

constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Padded base64 of 24 or more characters in which upper case, lower case and digits mix: random bytes, not a
/// word.
bool looks_like_base64(std::string_view text) {
  if (text.size() < 24) return false;
  std::string_view body = text;
  while (body.ends_with('=') && text.size() - body.size() < 2) body.remove_suffix(1);
  const bool whole = text.size() % 4 == 0 || body.size() < text.size();
  const auto is_base64 = [](char c) {
    return is_upper(c) || is_lower(c) || is_digit(c) || c == '+' || c == '/';
  };
  return whole && std::all_of(body.begin(), body.end(), is_base64) &&
         std::any_of(body.begin(), body.end(), is_upper) && std::any_of(body.begin(), body.end(), is_lower) &&
         std::any_of(body.begin(), body.end(), is_digit);
}

bool looks_like_key(JsonType type, std::string_view text) {
  if (type != JsonType::string && type != JsonType::number) return false;
  if (text.size() < 24) return false;
  if (std::all_of(text.begin(), text.end(), is_hex)) return text.size() >= 32;
  return looks_like_base64(text);
}

/// What a member's name says of the values in it.
struct Suspicion {
  std::string_view name;       ///< the nearest member's name as spelt
  bool inside_secret = false;  ///< this name, or one around it, holds key, secret or material
  bool exempt = false;         ///< the nearest name is exempt: its own value and its array elements are
  bool derived = false;        ///< a digest, public key or the like, and so all that lies in it
};

/// An ID is exempt by itself only: what else lies beside it in a key's object is not. What is derived from a
/// key (a hash, a public key, a signature) is exempt with all that lies in it.
Suspicion check_name(std::string_view name, bool is_parameter, const Suspicion& around) {
  constexpr std::array<std::string_view, 3> kSecret = {"key", "secret", "material"};
  constexpr std::array<std::string_view, 7> kDerived = {"hash", "digest", "fingerprint", "public",
                                                        "mac",  "sig",    "uuid"};
  Suspicion here;
  here.name = name;
  const std::string folded = fold_name(name);
  const auto holds = [&](std::string_view word) { return folded.find(word) != std::string::npos; };
  here.inside_secret = around.inside_secret || std::any_of(kSecret.begin(), kSecret.end(), holds);
  here.derived = around.derived || (!is_parameter && std::any_of(kDerived.begin(), kDerived.end(), holds));
  here.exempt = is_parameter || here.derived || folded.ends_with("id") || folded.ends_with("ids");
  return here;
}

class Search {
 public:
  explicit Search(const Payload& payload) : payload_(payload) {}

  std::vector<KeyMaterial> run() {
    for (const Member& member : payload_.members) look_at(member);
    return std::move(found_);
  }

 private:
  void look_at(const Member& member) {
    levels_[0] = check_name(member.name, member.id.has_value(), Suspicion{});
    check(levels_[0], member.type, member.text, member.range);
    for (const Node& node : payload_.nodes_of(member)) {
      const Suspicion& around = levels_[node.depth - 1u];
      levels_[node.depth] =
          node.named ? check_name(node.name, NameTable::find_official(node.name).has_value(), around)
                     : around;
      check(levels_[node.depth], node.type, node.text, node.range);
    }
  }

  void check(const Suspicion& names, JsonType type, std::string_view text, ByteRange range) {
    if (names.inside_secret && !names.exempt && looks_like_key(type, text))
      found_.push_back({names.name, range});
  }

  const Payload& payload_;
  std::vector<KeyMaterial> found_;
  std::array<Suspicion, kMaxNesting + 1> levels_;  ///< by depth below the member, 0 being the member itself
};

}  // namespace

std::vector<KeyMaterial> find_key_material(const Payload& payload) {
  if (payload.state != PayloadState::object) return {};
  const auto suspect = [](const auto& value) { return looks_like_key(value.type, value.text); };
  // The common case: no name needs to be folded.
  if (std::none_of(payload.members.begin(), payload.members.end(), suspect) &&
      std::none_of(payload.nodes.begin(), payload.nodes.end(), suspect))
    return {};
  return Search(payload).run();
}

}  // namespace ck::protocol
