// Calls by frame.
#include "core/delivery.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace ck::plugin {

std::uint64_t digest_of(Bytes bytes) {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

bool is_decided(const Delivery& call) {
  return std::any_of(call.slices.begin(), call.slices.end(), [](const Slice& slice) {
    return slice.kind != SliceKind::incomplete && slice.kind != SliceKind::ahead;
  });
}

SliceBytes bytes_without_call(const Delivery& call, Bytes payload) {
  if (!call.carried.empty()) return {call.carried, 0};
  if (call.in_segment < 0) return {call.copy, call.copied_from};
  const auto at = static_cast<std::size_t>(call.in_segment);
  if (at + call.given > payload.size()) return {};
  return {payload.subspan(at, call.given), 0};
}

Delivery& Deliveries::add(std::uint64_t frame, std::unique_ptr<Delivery> call) {
  newest_ = std::max(newest_, frame);
  return *calls_[frame].emplace_back(std::move(call));
}

Delivery* Deliveries::recall(std::uint64_t frame, const Endpoint& sender, Bytes bytes) {
  const auto found = calls_.find(frame);
  if (found == calls_.end()) return nullptr;
  const std::uint64_t digest = digest_of(bytes);
  for (const std::unique_ptr<Delivery>& call : found->second) {
    if (call->shown || call->kept_back || call->rpc != nullptr || call->sender != sender) continue;
    const bool whole = call->given == bytes.size() && call->digest == digest;
    const bool head = call->waits && call->wait_offset == bytes.size() && call->head_digest == digest;
    if (!whole && !head) continue;
    call->shown = true;
    return call.get();
  }
  return nullptr;
}

const Delivery* Deliveries::left(std::uint64_t frame, const Endpoint& sender, std::uint32_t sequence) {
  const auto found = calls_.find(frame);
  if (found == calls_.end()) return nullptr;
  for (const std::unique_ptr<Delivery>& call : found->second) {
    if (call->shown || call->rpc != nullptr || call->sender != sender) continue;
    const bool has_bytes = !call->carried.empty() || call->in_segment >= 0 || !call->copy.empty();
    const bool missed = call->sequence == sequence && has_bytes && is_decided(*call);
    if (!call->kept_back && !missed) continue;
    call->shown = true;
    return call.get();
  }
  return nullptr;
}

const Delivery* Deliveries::recall_rpc(std::uint64_t frame, std::string_view path, bool request,
                                       Bytes bytes) {
  const auto found = calls_.find(frame);
  if (found == calls_.end()) return nullptr;
  const std::uint64_t digest = digest_of(bytes);
  Delivery* unread = nullptr;
  for (const std::unique_ptr<Delivery>& call : found->second) {
    if (call->shown || call->rpc == nullptr || call->rpc->request != request) continue;
    if (call->rpc->method->path != path) continue;
    // What cannot be decompressed has no bytes here, and is handed over as it came.
    if (unread == nullptr && !call->rpc->trouble.empty()) unread = call.get();
    if (call->given != bytes.size() || call->digest != digest) continue;
    call->shown = true;
    return call.get();
  }
  if (unread != nullptr) unread->shown = true;
  return unread;
}

const Delivery* Deliveries::left_rpc(std::uint64_t frame) {
  const auto found = calls_.find(frame);
  if (found == calls_.end()) return nullptr;
  for (const std::unique_ptr<Delivery>& call : found->second) {
    if (call->shown || call->rpc == nullptr) continue;
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
