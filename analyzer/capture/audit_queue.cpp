// Batches between the reader and the audit, and the thread that may empty them.
#include "capture/audit_queue.h"

#include <algorithm>
#include <utility>

#include "base/fetch.h"
#ifdef CK_GRPC
#include "protocol/protobuf/decode.h"
#endif

namespace ck::capture {
namespace {

// What a batch holds, decoded, stays in a processor's second cache until it is checked.
constexpr std::size_t kBatchItems = 128;
constexpr std::size_t kBatchBytes = 64 * 1024;
/// With a lookahead, what comes within it stays for the next batch, so that each is to hold several times
/// that.
constexpr std::size_t kLookaheadTimes = 8;
/// Batches in all: the reader may be that far ahead.
constexpr std::size_t kBatches = 4;

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

/// Buffers that an unusual payload has blown up are not worth keeping for the next one.
bool is_oversized(const Payload& payload) {
  return payload.members.capacity() + payload.elements.capacity() + payload.nodes.capacity() > 128 ||
         payload.unescaped.capacity() > 1024;
}

}  // namespace

AuditQueue::Batch::Batch(std::size_t most_bytes)
    : bytes_kept(most_bytes + kMaxPayload + 1 + kPayloadPadding),
      workspace(std::make_shared<PayloadWorkspace>()) {
  items.reserve(kBatchItems);
  bytes.reserve(bytes_kept);
}

void AuditQueue::Batch::clear() {
  items.clear();
  bytes.clear();
  if (bytes.capacity() > bytes_kept) std::vector<std::uint8_t>().swap(bytes);
  bytes.reserve(bytes_kept);
  decoded = false;
  if (!std::exchange(oversized, false)) return;
  for (Payload& payload : payloads) {
    if (is_oversized(payload)) payload = Payload(workspace);
  }
}

AuditQueue::AuditQueue(const NameTable& names, Audit& audit, Judging judging, std::int64_t lookahead_ns)
    : names_(names), audit_(audit), judging_(judging), lookahead_ns_(lookahead_ns), filling_(make_batch()) {
  if (judging != Judging::aside) return;
  std::vector<std::unique_ptr<Batch>> spare;
  for (std::size_t i = 1; i < kBatches; ++i) spare.push_back(make_batch());
  aside_.emplace(std::move(spare), [this](Batch& batch) {
    check(batch);
    batch.clear();
  });
}

std::unique_ptr<AuditQueue::Batch> AuditQueue::make_batch() const {
  return std::make_unique<Batch>((lookahead_ns_ == 0 ? 1 : kLookaheadTimes) * kBatchBytes);
}

void AuditQueue::message(const Message& message) {
  // The payloads before it are pointed to, so that the bytes must not move. One over gRPC may be larger than
  // all.
  const std::size_t size = message.payload_bytes.size() + 1 + kPayloadPadding;
  if (filling_->bytes.capacity() - filling_->bytes.size() < size) {
    if (!filling_->items.empty()) hand_over_settled();
    if (filling_->bytes.capacity() - filling_->bytes.size() < size && !filling_->items.empty()) hand_over();
    filling_->bytes.reserve(size);
  }
  std::vector<std::uint8_t>& bytes = filling_->bytes;
  const std::size_t begin = bytes.size();
  bytes.insert(bytes.end(), message.payload_bytes.begin(), message.payload_bytes.end());
  filling_->items.emplace_back(std::in_place_type<Message>, message);
  std::get_if<Message>(&filling_->items.back())->payload_bytes = Bytes(bytes).subspan(begin);
  bytes.push_back(0);  // decoding comes to a halt there
  hand_over_full();
}

void AuditQueue::put(Item item) {
  filling_->items.push_back(std::move(item));
  hand_over_full();
}

bool AuditQueue::is_full(const Batch& batch) const {
  const std::size_t times = lookahead_ns_ == 0 ? 1 : kLookaheadTimes;
  return batch.items.size() >= times * kBatchItems || batch.bytes.size() >= times * kBatchBytes;
}

void AuditQueue::hand_over_full() {
  if (is_full(*filling_)) hand_over_settled();
}

void AuditQueue::packet_over() {
  if (judging_ == Judging::at_once && !filling_->items.empty()) hand_over_settled();
}

/// Hands over what comes before the first message that another one may come near to. What is kept is copied,
/// so that it is to be the smaller part; a full batch of which most is kept is handed over whole: then more
/// come in that time than can be kept.
void AuditQueue::hand_over_settled() {
  if (lookahead_ns_ == 0) return hand_over();
  std::int64_t newest = kNoTime;
  for (const Item& item : filling_->items) {
    if (const auto* message = std::get_if<Message>(&item)) newest = std::max(newest, message->at.time_ns);
  }
  const auto is_unsettled = [&](const Item& item) {
    const auto* message = std::get_if<Message>(&item);
    return message != nullptr &&
           elapsed(message->at.time_ns, newest).value_or(lookahead_ns_ + 1) <= lookahead_ns_;
  };
  const auto settled =
      std::find_if(filling_->items.begin(), filling_->items.end(), is_unsettled) - filling_->items.begin();
  if (static_cast<std::size_t>(settled) * 2 < filling_->items.size()) {
    if (is_full(*filling_)) hand_over();
    return;
  }
  std::vector<std::pair<Item, std::vector<std::uint8_t>>> kept;
  for (auto item = filling_->items.begin() + settled; item != filling_->items.end(); ++item) {
    kept.emplace_back(std::move(*item), std::vector<std::uint8_t>());
    if (auto* message = std::get_if<Message>(&kept.back().first))
      kept.back().second.assign(message->payload_bytes.begin(), message->payload_bytes.end());
  }
  filling_->items.erase(filling_->items.begin() + settled, filling_->items.end());
  hand_over();
  for (auto& [item, bytes] : kept) {
    auto* of = std::get_if<Message>(&item);
    if (of == nullptr) {
      put(std::move(item));
    } else {
      of->payload_bytes = bytes;
      message(*of);
    }
  }
}

void AuditQueue::hand_over() {
  if (!aside_) {
    check(*filling_);
    filling_->clear();
    return;
  }
  if (aside_->is_busy()) decode(*filling_);
  aside_->exchange(filling_);
}

void AuditQueue::drain() {
  if (!filling_->items.empty()) hand_over();
  if (aside_) aside_->drain();
}

void AuditQueue::decode_message(const Message& message, Payload& payload) const {
  if (!message.trouble.empty()) {
    payload.clear();
    payload.error = message.trouble;
#ifdef CK_GRPC
  } else if (message.proto != nullptr) {
    decode_protobuf(message.payload_bytes, *message.proto, names_, payload);
#endif
  } else {
    decode_padded_payload(message.payload_bytes, message.spec, names_, payload);
  }
}

void AuditQueue::decode(Batch& batch) const {
  if (batch.decoded) return;
  batch.bytes.insert(batch.bytes.end(), kPayloadPadding, 0);  // behind the last payload's zero
  while (batch.payloads.size() < batch.items.size()) batch.payloads.emplace_back(batch.workspace);
  if (batch.prepared.size() < batch.items.size()) batch.prepared.resize(batch.items.size());
  auto payload = batch.payloads.begin();
  auto prepared = batch.prepared.begin();
  for (Item& item : batch.items) {
    auto* message = std::get_if<Message>(&item);
    if (message == nullptr) continue;
    decode_message(*message, *payload);
    batch.oversized = batch.oversized || is_oversized(*payload);
    message->payload = &*payload++;
    if (message->spec == nullptr) continue;
    prepare(*message, *prepared);
    message->prepared = &*prepared++;
  }
  batch.decoded = true;
}

/// The message `ahead` items behind the one at `i`; nullptr where there is none.
const Message* AuditQueue::Batch::message_ahead(std::size_t i, std::size_t ahead) const {
  return i + ahead < items.size() ? std::get_if<Message>(&items[i + ahead]) : nullptr;
}

/// While one item is checked, the next ones are fetched, step by step: the item, then its payload, then what
/// that holds, and what the audit knows of its connection.
void AuditQueue::fetch_ahead(const Batch& batch, std::size_t i, Expectations& expected) const {
  constexpr std::size_t kFar = 8, kNear = 5, kSoon = 3, kNext = 1;
  const auto expect = [&](const Message& message, std::size_t ahead, Ahead how) {
    audit_.expect(message, how, expected[(i + ahead) % expected.size()]);
  };
  static_assert(std::tuple_size_v<Expectations> > kFar);
  if (i + kFar + 2 < batch.items.size()) fetch(batch.items[i + kFar + 2]);
  if (const Message* message = batch.message_ahead(i, kFar)) expect(*message, kFar, Ahead::far);
  if (const Message* message = batch.message_ahead(i, kNear)) {
    fetch(*message->payload);
    expect(*message, kNear, Ahead::near);
  }
  if (const Message* message = batch.message_ahead(i, kSoon)) {
    const Payload& payload = *message->payload;
    fetch_all(std::span(payload.members));
    fetch_all(std::span(payload.elements));
    fetch_all(std::span(payload.nodes));
    fetch_all(message->payload_bytes);
    expect(*message, kSoon, Ahead::soon);
  }
  if (const Message* message = batch.message_ahead(i, kNext)) expect(*message, kNext, Ahead::next);
}

/// The messages that come within the lookahead behind one of this time, each once.
void AuditQueue::tell_coming(const Batch& batch, std::int64_t time_ns, Coming& coming) const {
  for (; coming.next < batch.items.size(); ++coming.next) {
    const Item& item = batch.items[coming.next];
    if (const auto* start = std::get_if<ConnectionStart>(&item)) coming.starts.push_back(start);
    const auto* later = std::get_if<Message>(&item);
    if (later == nullptr) continue;
    if (elapsed(time_ns, later->at.time_ns).value_or(0) > lookahead_ns_) return;
    const auto start = std::find_if(coming.starts.rbegin(), coming.starts.rend(),
                                    [&](const auto* opened) { return opened->key == later->connection; });
    audit_.comes_near(*later, start == coming.starts.rend() ? nullptr : *start);
  }
}

void AuditQueue::check(Batch& batch) {
  decode(batch);
  const Overloaded tell{
      [this](const ConnectionStart& start) { audit_.open(start); },
      [this](const Message& message) { audit_.message(message); },
      [this](const StreamEvent& event) { audit_.event(event); },
      [this](const TlsHandshake& handshake) { audit_.tls_handshake(handshake); },
      [this](const RpcEnd& end) { audit_.rpc_ended(end); },
      [this](const UnreadableConnection& connection) { audit_.unreadable(connection); },
      [this](const UnrecognisedConnection& connection) { audit_.unrecognised(connection); },
      [this](const Closing& closing) { audit_.close(closing.connection, closing.at); },
  };
  Coming coming;
  Expectations expected;
  for (std::size_t i = 0; i < batch.items.size(); ++i) {
    fetch_ahead(batch, i, expected);
    const auto* message = lookahead_ns_ == 0 ? nullptr : std::get_if<Message>(&batch.items[i]);
    if (message != nullptr) tell_coming(batch, message->at.time_ns, coming);
    std::visit(tell, batch.items[i]);
  }
}

}  // namespace ck::capture
