// Nearest-rank percentiles over exact values or logarithmic buckets.
#include "audit/latencies.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace ck::audit {
namespace {

constexpr unsigned kBucketBits = 4;  // 16 buckets for each doubling

std::uint16_t bucket_of(std::int64_t nanoseconds) {
  const std::uint64_t value = nanoseconds < 0 ? 0 : static_cast<std::uint64_t>(nanoseconds);
  if (value < (2U << kBucketBits)) return static_cast<std::uint16_t>(value);
  const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kBucketBits;
  return static_cast<std::uint16_t>((shift << (kBucketBits + 1)) + (value >> shift) + (2U << kBucketBits));
}

/// The middle of a bucket.
std::int64_t value_of(std::uint32_t bucket) {
  if (bucket < (2U << kBucketBits)) return bucket;
  const std::uint32_t key = bucket - (2U << kBucketBits);
  const unsigned shift = key >> (kBucketBits + 1);
  const std::uint64_t mantissa = key & ((2U << kBucketBits) - 1);
  return static_cast<std::int64_t>((mantissa << shift) + ((1ULL << shift) >> 1));
}

/// Where in a Distribution.
std::size_t step_of(std::int64_t nanoseconds) {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds, 0));
  if (value >> Distribution::kFirstBit == 0) return 0;
  const unsigned bit = static_cast<unsigned>(std::bit_width(value)) - 1;
  const std::size_t step = 1 + 2 * (bit - Distribution::kFirstBit) + (value >> (bit - 1) & 1);
  return std::min(step, Distribution::kSteps - 1);
}

}  // namespace

Distribution Latencies::distribution() const {
  Distribution told;
  const auto count = [&told](std::int64_t value, std::uint32_t more) {
    std::uint32_t& sum = told.counts[step_of(value)];
    sum += std::min(more, std::numeric_limits<std::uint32_t>::max() - sum);
  };
  for (const std::int64_t value : exact_) count(value, 1);
  for (const Bucket& bucket : buckets_) count(value_of(bucket.key), bucket.count());
  return told;
}

void Latencies::add(std::int64_t nanoseconds, std::size_t& room) {
  max_ = count_ == 0 ? nanoseconds : std::max(max_, nanoseconds);
  ++count_;
  if (buckets_.empty() && room > 0) {
    --room;
    constexpr std::size_t kLeast = 4;  // doubling would leave half of it unused
    if (exact_.size() == exact_.capacity())
      exact_.reserve(exact_.size() + std::max(kLeast, exact_.size() / 4));
    exact_.push_back(nanoseconds);
    return;
  }
  room += exact_.size();
  for (const std::int64_t value : exact_) add_to_bucket(value);
  exact_ = {};
  add_to_bucket(nanoseconds);
}

void Latencies::add_all(const Latencies& other) {
  if (other.count_ == 0) return;
  max_ = count_ == 0 ? other.max_ : std::max(max_, other.max_);
  count_ += other.count_;
  constexpr std::size_t kMostExact = 64;  // few values tell exactly what they are
  if (buckets_.empty() && other.buckets_.empty() && exact_.size() + other.exact_.size() <= kMostExact) {
    exact_.insert(exact_.end(), other.exact_.begin(), other.exact_.end());
    return;
  }
  for (const std::int64_t value : exact_) add_to_bucket(value);
  exact_ = {};
  for (const std::int64_t value : other.exact_) add_to_bucket(value);
  for (const Bucket& bucket : other.buckets_) {
    const auto at = std::lower_bound(buckets_.begin(), buckets_.end(), bucket.key,
                                     [](const Bucket& mine, std::uint16_t k) { return mine.key < k; });
    if (at == buckets_.end() || at->key != bucket.key) {
      buckets_.insert(at, bucket);
    } else {
      at->count_more(bucket.count());
    }
  }
}

/// Stays at the largest count that it can hold.
void Latencies::Bucket::count_one() {
  if (count() == std::numeric_limits<std::uint32_t>::max()) return;
  if (++count_low == 0) ++count_high;
}

void Latencies::Bucket::count_more(std::uint32_t more) {
  const std::uint64_t sum =
      std::min<std::uint64_t>(std::uint64_t{count()} + more, std::numeric_limits<std::uint32_t>::max());
  count_low = static_cast<std::uint16_t>(sum);
  count_high = static_cast<std::uint16_t>(sum >> 16);
}

void Latencies::add_to_bucket(std::int64_t nanoseconds) {
  constexpr std::size_t kRoom = 16;  // doubling would leave half of it unused
  const std::uint16_t key = bucket_of(nanoseconds);
  if (buckets_.size() == buckets_.capacity()) buckets_.reserve(buckets_.size() + kRoom);
  const auto at = std::lower_bound(buckets_.begin(), buckets_.end(), key,
                                   [](const Bucket& bucket, std::uint16_t k) { return bucket.key < k; });
  if (at != buckets_.end() && at->key == key) {
    at->count_one();
  } else {
    buckets_.insert(at, Bucket{key, 1, 0});
  }
}

void Latencies::find_percentiles(std::span<const unsigned> percents, std::span<std::int64_t> values) const {
  std::array<std::int64_t, 64> few;  // as most connections have
  std::vector<std::int64_t> many;
  if (exact_.size() > few.size()) many.resize(exact_.size());
  const std::span<std::int64_t> sorted(many.empty() ? few.data() : many.data(), exact_.size());
  std::copy(exact_.begin(), exact_.end(), sorted.begin());
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < percents.size(); ++i) {
    const std::uint64_t rank = std::max<std::uint64_t>(1, (count_ * percents[i] + 99) / 100);
    values[i] = count_ == 0 ? 0 : sorted.empty() ? value_at(rank) : sorted[rank - 1];
  }
}

/// Of those in buckets, the one at `rank`, counted from 1.
std::int64_t Latencies::value_at(std::uint64_t rank) const {
  std::uint64_t passed = 0;
  for (const Bucket& bucket : buckets_) {
    passed += bucket.count();
    if (passed >= rank) return std::min(value_of(bucket.key), max_);
  }
  return max_;
}

}  // namespace ck::audit
