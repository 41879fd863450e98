// The remembered MessageIDs against a plain model of them.
#include "audit/message_ids.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <random>

namespace ck::audit {
namespace {

/// The last `limit` different IDs, in the order of their first use, with what they were last used for.
class Model {
 public:
  explicit Model(std::size_t limit) : limit_(limit) {}

  [[nodiscard]] std::optional<Exchange> find(std::uint32_t id) const {
    const auto known = ids_.find(id);
    return known == ids_.end() ? std::nullopt : std::optional(known->second);
  }
  bool add(std::uint32_t id, Exchange exchange) {
    if (!ids_.insert_or_assign(id, exchange).second) return false;
    order_.push_back(id);
    if (order_.size() <= limit_) return false;
    ids_.erase(order_.front());
    order_.pop_front();
    return true;
  }
  [[nodiscard]] const std::deque<std::uint32_t>& order() const { return order_; }

 private:
  std::size_t limit_;
  std::map<std::uint32_t, Exchange> ids_;
  std::deque<std::uint32_t> order_;
};

void compare(std::size_t limit, const std::function<std::uint32_t(int)>& id_at) {
  MessageIds ids;
  Model model(limit);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint32_t id = id_at(i);
    const auto exchange = static_cast<Exchange>(i / 3 % 7);
    ASSERT_EQ(ids.find(id), model.find(id)) << i << ": " << id << " of " << limit;
    ASSERT_EQ(ids.add(id, exchange, limit), model.add(id, exchange)) << i << ": " << id << " of " << limit;
    if (i % 997 != 0) continue;
    for (const std::uint32_t known : model.order()) ASSERT_EQ(ids.find(known), model.find(known)) << known;
    for (std::uint32_t near = id - 70; near != id + 70; ++near)
      ASSERT_EQ(ids.find(near), model.find(near)) << near;
  }
}

constexpr std::size_t kLimits[] = {1, 2, 4, 63, 64, 1'000, 65'536};

TEST(MessageIds, Counters) {
  for (const std::size_t limit : kLimits) {
    compare(limit, [](int i) { return static_cast<std::uint32_t>(i); });
    compare(limit, [](int i) { return 3'000'000'000U - static_cast<std::uint32_t>(i) * 7; });
    compare(limit, [](int i) { return 0xFFFF'FF00U + static_cast<std::uint32_t>(i) * 3; });
    compare(limit, [](int i) { return static_cast<std::uint32_t>(i) << 24; });
  }
}

TEST(MessageIds, CountersWithLeaps) {
  for (const std::size_t limit : kLimits) {
    std::mt19937 random(7);
    std::uint32_t id = 0;
    compare(limit,
            [&](int) { return id += static_cast<std::uint32_t>(random() % 4 == 0 ? random() % 300 : 1); });
    std::uint32_t other = 100;
    compare(limit, [&](int) { return other += static_cast<std::uint32_t>(random() % 3 - 1); });
  }
}

TEST(MessageIds, AnyNumbers) {
  for (const std::size_t limit : kLimits) {
    std::mt19937 random(8);
    compare(limit, [&](int) { return static_cast<std::uint32_t>(random()); });
    compare(limit, [&](int) { return static_cast<std::uint32_t>(random() % 500); });
    compare(limit, [&](int i) {
      return static_cast<std::uint32_t>(i % 2 == 0 ? random() : static_cast<unsigned>(i));
    });
  }
}

}  // namespace
}  // namespace ck::audit
