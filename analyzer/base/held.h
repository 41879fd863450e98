// Objects that several hold together: each lives for as long as somebody holds it.
#pragma once

#include <utility>

#include "base/id.h"

namespace ck::base {

/// One hold on an object of `Owner`'s, which counts them: it is told count_hold(Id<Of>) and, when this one is
/// destroyed or holds something else, end_hold(Id<Of>). It moves and is not copied, so each hold ends once.
/// REQUIRES: the owner outlives it.
template <class Of, class Owner>
class Held {
 public:
  /// Holds nothing.
  Held() = default;
  Held(Owner& owner, Id<Of> id) : owner_(&owner), id_(id) { owner.count_hold(id); }
  Held(Held&& other) noexcept
      : owner_(std::exchange(other.owner_, nullptr)), id_(std::exchange(other.id_, kNone)) {}
  Held& operator=(Held&& other) noexcept {
    Held before(std::move(other));
    std::swap(owner_, before.owner_);
    std::swap(id_, before.id_);
    return *this;
  }
  ~Held() {
    if (owner_ != nullptr) owner_->end_hold(id_);
  }

  /// Another hold on the same object, if there is one.
  [[nodiscard]] Held share() const { return owner_ == nullptr ? Held() : Held(*owner_, id_); }
  [[nodiscard]] Id<Of> id() const { return id_; }
  explicit operator bool() const { return owner_ != nullptr; }

 private:
  Owner* owner_ = nullptr;
  Id<Of> id_;
};

}  // namespace ck::base
