// Procedures of 7.1 to 7.6, done right: the raw material of a network and of its faults.
#pragma once

#include <array>
#include <utility>

#include "network_model.h"

namespace ck::integration {

/// A text as JSON; the texts here need no escapes.
std::string in_quotes(std::string_view text);

/// Where and about what a procedure is.
class ScriptWriter {
 public:
  ScriptWriter(std::size_t kms, std::uint64_t seed);

  /// `outside`: towards a destination of which nothing else in the network speaks.
  Script centralized(std::size_t km, bool by_application, bool outside);
  /// `hops`: how many KMs ask, 1 or more.
  Script distributed(std::size_t hops, bool by_application);
  Script session(std::size_t source, std::size_t destination, bool success);
  /// The controller says no at once, without asking the destination.
  Script session_denied(std::size_t source);
  /// Keys reserved, then allocated in so many steps.
  Script reservation(std::size_t km, std::size_t keys, std::size_t allocations, bool outside);
  Script reservation_rejected(std::size_t km);
  Script allocation_failed(std::size_t km);
  Script allocation_in_part(std::size_t km);
  /// Any of the above, as a network has them.
  Script any();

  Dice& dice() { return dice_; }
  [[nodiscard]] std::size_t kms() const { return kms_; }
  std::size_t another_km(std::size_t km);
  /// A number that no other call gives.
  std::string fresh() { return std::to_string(++fresh_); }

 private:
  std::vector<std::size_t> some_kms(std::size_t count, const std::vector<std::size_t>& not_these);
  std::vector<std::string> fresh_keys(std::size_t km, std::size_t count);
  Say allocation(std::size_t km, const Script& script, std::vector<std::string> keys);
  Say allocation_answer(std::size_t km, const Script& script, std::size_t question,
                        std::vector<std::string> keys, int result);

  std::size_t kms_;
  Dice dice_;
  std::uint64_t fresh_ = 0;
  std::vector<std::pair<std::size_t, std::size_t>>
      pairs_;  ///< source, destination: one distributed relay each
};

/// The index of the first message of this code.
std::size_t find_say(const Script& script, std::uint16_t code);
void set_member(Say& say, std::string_view name, std::string json);
void drop_member(Say& say, std::string_view name);

}  // namespace ck::integration
