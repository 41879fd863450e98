// Response times of one kind of request on one connection: exact while those of all connections together are
// not too many, then counted in buckets whose width is at most 1/16 of their value, so that memory does not
// grow with the capture.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "audit/records.h"
#include "base/fetch.h"

namespace ck::audit {

class Latencies {
 public:
  /// `room`: so many values more may be kept as they are, in all that share it.
  void add(std::int64_t nanoseconds, std::size_t& room);
  /// Adds all values of another one, which may be its buckets' middles.
  void add_all(const Latencies& other);
  /// Gives its room back; nothing may be added afterwards.
  void release(std::size_t& room) const { room += exact_.size(); }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// The smallest value that at least `percent` of the values do not exceed (nearest rank); 0 when there are
  /// none.
  [[nodiscard]] std::int64_t percentile(unsigned percent) const { return percentiles<1>({percent})[0]; }
  /// Several of them, for the cost of one.
  template <std::size_t Count>
  [[nodiscard]] std::array<std::int64_t, Count> percentiles(
      const std::array<unsigned, Count>& percents) const {
    std::array<std::int64_t, Count> values;
    find_percentiles(percents, values);
    return values;
  }
  [[nodiscard]] std::int64_t max() const { return max_; }
  /// Asks for the memory that the next value goes to (fetch.h).
  void fetch() const {
    buckets_.empty() ? base::fetch_bytes(exact_.data() + exact_.size(), sizeof(std::int64_t))
                     : base::fetch_all(std::span(buckets_));
  }
  [[nodiscard]] Distribution distribution() const;

 private:
  /// Thousands of connections have a few dozen each: six bytes, not eight.
  struct Bucket {
    std::uint16_t key = 0;
    std::uint16_t count_low = 0, count_high = 0;

    [[nodiscard]] std::uint32_t count() const { return count_low | std::uint32_t{count_high} << 16; }
    void count_one();
    void count_more(std::uint32_t more);
  };
  void find_percentiles(std::span<const unsigned> percents, std::span<std::int64_t> values) const;
  [[nodiscard]] std::int64_t value_at(std::uint64_t rank) const;
  void add_to_bucket(std::int64_t nanoseconds);

  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
  std::vector<std::int64_t> exact_;  ///< empty once there are buckets
  std::vector<Bucket> buckets_;      ///< sorted by key
};

}  // namespace ck::audit
