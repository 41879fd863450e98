// From a JSON member name to a parameter. The Recommendation names parameters in words only, so a name is matched after
// dropping everything but letters and digits and folding ASCII case; Appendix II's gRPC names are aliases.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "protocol/catalogue.h"

namespace ck {

/// Letters and digits of `name`, ASCII case folded. Bytes above 0x7F are kept, so that a non-ASCII name never folds to an ASCII one.
std::string fold_name(std::string_view name);

class NameTable {
 public:
  /// Holds the Recommendation's names and Appendix II's aliases.
  NameTable();

  /// Adds a user's alias. False (and nothing changed) when `name` folds to nothing or already means another parameter.
  bool add_alias(Parameter id, std::string_view name);

  /// The parameter that `name` means in a message of type `message` (nullptr: unknown message). The message matters for
  /// `kma_id` only: whichever KMA list the message's table has.
  [[nodiscard]] std::optional<Parameter> find(std::string_view name, const MessageSpec* message) const;

  /// The parameter whose Recommendation name folds to the same, for alias files ("Source KMA ID").
  static std::optional<Parameter> find_official(std::string_view name);

 private:
  std::unordered_map<std::string, Parameter> table_;
};

}  // namespace ck
