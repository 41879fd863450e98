// What the messages of a side show of how it speaks, by small numbers (tally.h). Nearly all messages of a
// side are written as an earlier one was: the same members, of the same types, under the same names. What
// they show is looked at once, and counted as one number.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/event.h"
#include "audit/records.h"
#include "audit/tally.h"
#include "base/flat_map.h"

namespace ck::audit {

/// A digest of all that Habits counts of a message: equal ones are equal in that. 0: its members have to be
/// looked at. `message.spec` must not be null.
std::uint64_t manner_of(const Message& message);

class Habits {
 public:
  /// By number; sorted.
  using Count = std::pair<std::uint32_t, std::uint64_t>;
  using Counts = std::vector<Count>;

  /// What a message shows. `manner`: its manner_of(), or 0.
  void note(Tally& tally, const Message& message, std::uint64_t manner);
  /// What was counted, by its names.
  void tell(const Counts& counts, PeerRecord& record) const;

 private:
  /// A small number for a text; 0 once there are too many.
  std::uint32_t number_of_text(std::string_view text);
  std::uint32_t number_of_manner(std::uint64_t manner, const Message& message);
  void note_all(Tally& tally, const Message& message);
  void note_member(Tally& tally, const Message& message, const Member& member);
  void note_extension(Tally& tally, const Payload& payload, const Member& member);
  void count_text(Tally& tally, std::uint32_t key, std::string_view text);
  [[nodiscard]] Counts resolved(const Counts& counts) const;
  void tell_one(std::uint32_t key, std::uint64_t count, PeerRecord& record) const;
  static void tell_parameters(const MessageSpec& spec, std::span<const Count> shown, PeerRecord& record);

  FlatMap<std::uint32_t> text_numbers_;
  std::vector<std::string> texts_{std::string(kOthers)};
  FlatMap<std::uint32_t> manner_numbers_;
  std::vector<std::vector<Tally::Entry>> manners_;  ///< what one message of each shows
};

}  // namespace ck::audit
