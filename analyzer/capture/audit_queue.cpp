// Batches between the reader and the audit, and the thread that may empty them.
#include "capture/audit_queue.h"

#include <utility>

namespace ck {
namespace {

constexpr std::size_t kBatchItems = 512;
constexpr std::size_t kBatchBytes = 128 * 1024;
/// Batches in all: the reader may be that far ahead.
constexpr std::size_t kBatches = 4;

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

}  // namespace

AuditQueue::Batch::Batch() {
  items.reserve(kBatchItems);
  bytes.reserve(kBatchBytes + kMaxPayload);
}

AuditQueue::AuditQueue(const NameTable& names, Audit& audit, Judging judging)
    : names_(names), audit_(audit), judging_(judging), filling_(std::make_unique<Batch>()) {
  if (judging != Judging::aside) return;
  for (std::size_t i = 1; i < kBatches; ++i) empty_.push_back(std::make_unique<Batch>());
  thread_ = std::thread([this] { judge_aside(); });
}

AuditQueue::~AuditQueue() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void AuditQueue::message(const Message& message) {
  Message kept = message;
  std::vector<std::uint8_t>& bytes = filling_->bytes;
  const std::size_t begin = bytes.size();
  bytes.insert(bytes.end(), message.payload_bytes.begin(), message.payload_bytes.end());
  kept.payload_bytes = Bytes(bytes).subspan(begin);
  put(kept);
}

void AuditQueue::put(const Item& item) {
  filling_->items.push_back(item);
  if (filling_->items.size() >= kBatchItems || filling_->bytes.size() >= kBatchBytes) hand_over();
}

void AuditQueue::packet_over() {
  if (judging_ == Judging::at_once && !filling_->items.empty()) hand_over();
}

void AuditQueue::hand_over() {
  if (judging_ != Judging::aside) {
    judge(*filling_);
    filling_->items.clear();
    filling_->bytes.clear();
    return;
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !empty_.empty() || failure_; });
  rethrow(lock);
  full_.push_back(std::exchange(filling_, std::move(empty_.back())));
  empty_.pop_back();
  lock.unlock();
  changed_.notify_all();
}

void AuditQueue::drain() {
  if (!filling_->items.empty()) hand_over();
  if (judging_ != Judging::aside) return;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return (full_.empty() && !busy_) || failure_; });
  rethrow(lock);
}

void AuditQueue::rethrow(std::unique_lock<std::mutex>& lock) {
  if (!failure_) return;
  const std::exception_ptr failure = failure_;
  lock.unlock();
  std::rethrow_exception(failure);
}

/// While one message is decoded, what is known of the next one's connection is fetched.
void AuditQueue::judge(const Batch& batch) {
  const Overloaded tell{
      [this](const ConnectionStart& start) { audit_.open(start); },
      [this](const Message& message) {
        Message decoded = message;
        decode_payload(message.payload_bytes, message.spec, names_, payload_);
        decoded.payload = &payload_;
        audit_.message(decoded);
      },
      [this](const StreamEvent& event) { audit_.event(event); },
      [this](const TlsHandshake& handshake) { audit_.tls_handshake(handshake); },
      [this](const Closing& closing) { audit_.close(closing.connection, closing.at); },
  };
  for (std::size_t i = 0; i < batch.items.size(); ++i) {
    if (i + 1 < batch.items.size()) {
      if (const auto* next = std::get_if<Message>(&batch.items[i + 1])) audit_.expect(next->connection);
    }
    std::visit(tell, batch.items[i]);
  }
}

void AuditQueue::judge_aside() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return !full_.empty() || stopped_; });
    if (stopped_) return;
    std::unique_ptr<Batch> batch = std::move(full_.front());
    full_.erase(full_.begin());
    busy_ = true;
    lock.unlock();
    std::exception_ptr failure;
    try {
      judge(*batch);
    } catch (...) {
      failure = std::current_exception();
    }
    batch->items.clear();
    batch->bytes.clear();
    lock.lock();
    busy_ = false;
    failure_ = failure;
    empty_.push_back(std::move(batch));
    changed_.notify_all();
    if (failure_) return;
  }
}

}  // namespace ck
