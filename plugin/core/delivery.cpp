// Calls by frame.
#include "core/delivery.h"

#include <string_view>
#include <utility>

namespace ck::plugin {

std::uint64_t digest_of(Bytes bytes) {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Delivery& Deliveries::add(std::uint64_t frame, std::unique_ptr<Delivery> call) {
  any_kept_back_ = any_kept_back_ || call->kept_back;
  return *calls_[frame].emplace_back(std::move(call));
}

Delivery* Deliveries::recall(std::uint64_t frame, const Endpoint& sender, Bytes bytes) {
  const auto found = calls_.find(frame);
  if (found == calls_.end()) return nullptr;
  const std::uint64_t digest = digest_of(bytes);
  for (const std::unique_ptr<Delivery>& call : found->second) {
    if (call->shown || call->kept_back || call->sender != sender) continue;
    const bool whole = call->given == bytes.size() && call->digest == digest;
    const bool head = call->waits && call->wait_offset == bytes.size() && call->head_digest == digest;
    if (!whole && !head) continue;
    call->shown = true;
    return call.get();
  }
  return nullptr;
}

const Delivery* Deliveries::kept_back(std::uint64_t frame, const Endpoint& sender) {
  const auto found = any_kept_back_ ? calls_.find(frame) : calls_.end();
  if (found == calls_.end()) return nullptr;
  for (const std::unique_ptr<Delivery>& call : found->second) {
    if (call->shown || !call->kept_back || call->sender != sender) continue;
    call->shown = true;
    return call.get();
  }
  return nullptr;
}

void Deliveries::end_frame(std::uint64_t frame) {
  const auto found = calls_.find(frame);
  if (found == calls_.end()) return;
  for (const std::unique_ptr<Delivery>& call : found->second) call->shown = false;
}

const std::vector<std::unique_ptr<Delivery>>* Deliveries::find(std::uint64_t frame) const {
  const auto found = calls_.find(frame);
  return found == calls_.end() ? nullptr : &found->second;
}

std::vector<std::uint64_t> Deliveries::messages_in(std::uint64_t frame) const {
  std::vector<std::uint64_t> messages;
  const auto* calls = find(frame);
  if (calls == nullptr) return messages;
  for (const std::unique_ptr<Delivery>& call : *calls) {
    for (const Slice& slice : call->slices) {
      if (slice.kind == SliceKind::message && slice.message != kNoMessage) messages.push_back(slice.message);
    }
  }
  return messages;
}

}  // namespace ck::plugin
