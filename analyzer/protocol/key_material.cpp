// Rule possible-key-material: which members of a payload look like a key's value.
#include <algorithm>
#include <array>

#include "protocol/parameter_names.h"
#include "protocol/payload.h"

namespace ck::protocol {
namespace {

// What a character is; a set of such bits.
enum CharacterClass : std::uint8_t { kUpper = 1, kLower = 2, kDigit = 4, kSign = 8, kHex = 16 };
constexpr std::uint8_t kBase64 = kUpper | kLower | kDigit | kSign;

constexpr std::array<std::uint8_t, 256> kClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  for (int c = '0'; c <= '9'; ++c) classes[c] = kDigit | kHex;
  for (int c = 'A'; c <= 'Z'; ++c) classes[c] = c <= 'F' ? kUpper | kHex : kUpper;
  for (int c = 'a'; c <= 'z'; ++c) classes[c] = c <= 'f' ? kLower | kHex : kLower;
  classes['+'] = classes['/'] = kSign;
  return classes;
}();

std::uint8_t class_of(char c) {
  return kClasses[static_cast<unsigned char>(c)];
}

/// Padded base64 of 24 or more characters in which upper case, lower case and digits mix: random bytes, not a
/// word.
bool looks_like_base64(std::string_view text) {
  if (text.size() < 24) return false;
  std::string_view body = text;
  while (body.ends_with('=') && text.size() - body.size() < 2) body.remove_suffix(1);
  const bool whole = text.size() % 4 == 0 || body.size() < text.size();
  if (!whole) return false;
  unsigned seen = 0;
  for (const char c : body) {
    if ((class_of(c) & kBase64) == 0) return false;
    seen |= class_of(c);
  }
  return (seen & kUpper) != 0 && (seen & kLower) != 0 && (seen & kDigit) != 0;
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

bool looks_like_key(JsonType type, std::string_view text) {
  if (type != JsonType::string && type != JsonType::number) return false;
  if (text.size() < 24) return false;
  const auto is_hex = [](char c) { return (class_of(c) & kHex) != 0; };
  if (std::all_of(text.begin(), text.end(), is_hex)) return text.size() >= 32;
  return looks_like_base64(text);
}

std::vector<KeyMaterial> find_key_material(const Payload& payload) {
  // The common case: no name needs to be folded.
  if (payload.state != PayloadState::object || !payload.may_hold_key) return {};
  return Search(payload).run();
}

}  // namespace ck::protocol
