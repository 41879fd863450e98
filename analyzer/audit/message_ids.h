// The MessageIDs that one side of a connection has used, the last so many of them. Counters, the usual case,
// cost half a byte for each ID; any other numbering works too.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/fetch.h"
#include "base/flat_map.h"
#include "protocol/catalogue.h"

namespace ck::audit {

class MessageIds {
 public:
  /// What the ID was last used for, nullopt where it was not used or is forgotten.
  [[nodiscard]] std::optional<Exchange> find(std::uint32_t id) const;
  /// Remembers a use. True when an older ID was forgotten for it.
  bool add(std::uint32_t id, Exchange exchange, std::size_t limit);
  // Asking for memory before an ID is looked for (fetch.h): where all but the recent ones are told, then the
  // ID's place there.
  void fetch_past() const {
    if (past_ != nullptr) base::fetch(*past_);
  }
  void fetch(std::uint32_t id) const {
    if (past_ != nullptr) past_->blocks.fetch(key_of(id));
  }

 private:
  /// Sixty-four IDs, of each three bits: 0 unused, else the exchange plus 1.
  struct Block {
    std::array<std::uint64_t, 3> planes{};

    [[nodiscard]] unsigned get(std::uint32_t id) const;
    void set(std::uint32_t id, unsigned use);
    [[nodiscard]] bool empty() const { return (planes[0] | planes[1] | planes[2]) == 0; }
  };
  /// IDs first, first + step, …, in the order of their use.
  struct Run {
    std::uint32_t first = 0, count = 0, step = 0;
  };
  /// What is known of all IDs but those of the block that was used last.
  struct Past {
    FlatMap<Block> blocks;
    // The order: the run that is being forgotten, and the ones behind it.
    Run oldest;
    std::vector<std::uint8_t>
        between;             ///< a few bytes a run, each told by what it differs from the one before
    std::uint32_t read = 0;  ///< bytes of it that are done with
    std::uint32_t last_written = 0, last_read = 0;  ///< the first ID of the run before
  };
  static constexpr std::uint32_t key_of(std::uint32_t id) { return (id >> 6) + 1; }
  void turn_to(std::uint32_t id);
  void remember_order(std::uint32_t id);
  void forget_oldest();
  static void write(std::vector<std::uint8_t>& bytes, std::uint32_t number);
  static std::uint32_t read(Past& past);

  Past& past() {
    if (past_ == nullptr) past_ = std::make_unique<Past>();
    return *past_;
  }

  // The block that was used last is kept apart, for a counter stays in it; it is not among the others. Most
  // connections have few IDs: they need no past.
  Block recent_;
  std::uint32_t recent_key_ = 0, count_ = 0;
  Run newest_;  ///< the one that grows
  std::unique_ptr<Past> past_;
};

}  // namespace ck::audit
