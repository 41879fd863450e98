// From a JSON member name to a parameter. The Recommendation names parameters in words only, so a name is
// matched after dropping everything but letters and digits and folding ASCII case; Appendix II's gRPC names
// are aliases.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocol/catalogue.h"

namespace ck::protocol {

/// An ASCII digit.
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Letters and digits of `name`, ASCII case folded. Bytes above 0x7F are kept, so that a non-ASCII name never
/// folds to an ASCII one.
std::string fold_name(std::string_view name);

/// What a member's name means. Equal numbers of `spelling` are equal bytes; 0 is any that has no number.
struct Named {
  std::optional<Parameter> id;
  std::uint8_t spelling = 0;
};

class NameTable {
 public:
  /// Holds the Recommendation's names and Appendix II's aliases.
  NameTable();

  /// Adds a user's alias. False (and nothing changed) when `name` folds to nothing or already means another
  /// parameter.
  bool add_alias(Parameter id, std::string_view name);

  /// The parameter that `name` means in a message of type `message` (nullptr: unknown message). The message
  /// matters for `kma_id` only: whichever KMA list the message's table has.
  [[nodiscard]] std::optional<Parameter> find(std::string_view name, const MessageSpec* message) const {
    return look_up(name, message).id;
  }
  [[nodiscard]] Named look_up(std::string_view name, const MessageSpec* message) const;

  /// Bytes that look_up_padded() may look at, beginning with the name's first.
  static constexpr std::size_t kPadding = 32;
  /// The same for a name that stands where kPadding bytes may be read, whatever its length.
  [[nodiscard]] Named look_up_padded(const char* name, std::size_t size, const MessageSpec* message) const {
    if (size - 1 < kPadding) {
      const Spelling& known = spellings_[slot_of_padded(name, size)];
      if (known.size != 0) return {resolve(known.id, known.is_kma_id, message), known.number};
    }
    return look_up({name, size}, message);
  }

  /// The parameter whose Recommendation name folds to the same, for alias files ("Source KMA ID").
  static std::optional<Parameter> find_official(std::string_view name);

 private:
  /// Lets a lookup use a view into a stack buffer: no name of a payload costs an allocation.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view folded) const { return std::hash<std::string_view>{}(folded); }
  };

  /// One way to write a name. Nearly all names on the wire are found among these, without folding them.
  struct Spelling {
    std::array<char, kPadding> text{};
    std::uint8_t size = 0;  ///< 0: a free slot
    Parameter id{};
    bool is_kma_id = false;
    std::uint8_t number = 0;  ///< among the first 255, from 1

    [[nodiscard]] std::string_view view() const { return {text.data(), size}; }
  };

  void add_spelling(std::string_view spelt, std::string_view folded, Parameter id);
  void add_spellings(std::string_view name, std::string_view folded, Parameter id);
  [[nodiscard]] std::size_t slot_of(std::string_view spelt) const;
  [[nodiscard]] std::size_t slot_of_padded(const char* name, std::size_t size) const;
  [[nodiscard]] std::optional<Parameter> find_folded(std::string_view folded,
                                                     const MessageSpec* message) const;
  [[nodiscard]] static std::optional<Parameter> resolve(Parameter id, bool is_kma_id,
                                                        const MessageSpec* message) {
    return is_kma_id && message != nullptr ? kma_list_of(*message) : id;
  }
  [[nodiscard]] static std::optional<Parameter> kma_list_of(const MessageSpec& message);

  std::unordered_map<std::string, Parameter, Hash, std::equal_to<>> table_;
  std::size_t longest_ = 0;          ///< bytes of the longest folded name: a longer one cannot match
  std::vector<Spelling> spellings_;  ///< open addressing, at most half full
  std::size_t spelling_count_ = 0;
};

}  // namespace ck::protocol
