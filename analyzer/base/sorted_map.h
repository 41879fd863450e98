// A map of few entries that is made once and read in order: one piece of memory, not one an entry.
#pragma once

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>
#include <vector>

#include "base/rooms.h"

namespace ck::base {

/// As std::map, but a new key that is not the last one moves those behind it.
template <class Key, class Value>
class SortedMap {
 public:
  using Entry = std::pair<Key, Value>;
  using iterator = typename std::vector<Entry>::iterator;
  using const_iterator = typename std::vector<Entry>::const_iterator;

  /// The key's value, default-made where the key is new.
  Value& operator[](const Key& key) {
    if (entries_.empty() || entries_.back().first < key)
      return entries_.emplace_back(std::piecewise_construct, std::forward_as_tuple(key), std::tuple<>())
          .second;
    const iterator at = place_of(key);
    if (at->first == key) return at->second;
    return entries_.emplace(at, std::piecewise_construct, std::forward_as_tuple(key), std::tuple<>())->second;
  }
  [[nodiscard]] const_iterator find(const Key& key) const {
    const const_iterator at = const_cast<SortedMap*>(this)->place_of(key);
    return at != end() && at->first == key ? at : end();
  }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] iterator begin() { return entries_.begin(); }
  [[nodiscard]] iterator end() { return entries_.end(); }
  [[nodiscard]] const_iterator begin() const { return entries_.begin(); }
  [[nodiscard]] const_iterator end() const { return entries_.end(); }
  iterator erase(const_iterator at) { return entries_.erase(at); }
  void clear() { entries_.clear(); }

  /// For who reads entries in their order, into what is there already. REQUIRES: all keys are assigned, and
  /// sorted, before anything else is asked.
  std::vector<Entry>& entries_in_order() { return entries_; }

 private:
  iterator place_of(const Key& key) {
    return std::lower_bound(entries_.begin(), entries_.end(), key,
                            [](const Entry& entry, const Key& k) { return entry.first < k; });
  }

  std::vector<Entry> entries_;
};

}  // namespace ck::base
