// Spooling of one audit's records.
#include "report/audit_records.h"

#include "report/codec.h"
#include "report/parameters_json.h"

namespace ck::report {
namespace {

/// Its entry in the pairs' spool; all zero: not paired.
struct PairEntry {
  std::uint64_t frame = 0;
  PairedBy by{};
  std::uint8_t paired = 0;
};
static_assert(sizeof(PairEntry) == 16);

/// The record is the visitor's to complete, until the next one.
template <typename Record, typename Visit>
void visit_all(SortedSpool& spool, const Visit& visit) {
  Record record{};
  spool.for_each([&](std::string_view bytes) {
    decode(bytes, record);
    visit(record);
  });
}

}  // namespace

AuditRecords::AuditRecords(std::vector<std::string> paths, bool keep_messages, bool aside)
    : paths_(std::move(paths)),
      keep_messages_(keep_messages),
      messages_of_capture_(paths_.size()),
      queue_(aside) {}

void AuditRecords::complete(std::vector<CaptureFacts> captures, Diagnostics diagnostics, Totals totals) {
  captures_ = std::move(captures);
  for (std::size_t i = 0; i < captures_.size() && i < messages_of_capture_.size(); ++i) {
    captures_[i].messages = messages_of_capture_[i];
  }
  diagnostics_ = std::move(diagnostics);
  totals_ = std::move(totals);
  queue_.drain();
  count_findings();
}

void AuditRecords::message(const MessageRecord& record) {
  ++message_count_;
  if (record.ref.at.capture < messages_of_capture_.size()) ++messages_of_capture_[record.ref.at.capture];
  if (keep_messages_) store_message(record);
}

void AuditRecords::store_message(const MessageRecord& record) {
  const Message& message = *record.message;
  MessageEntry stored;
  stored.ref = record.ref;
  if (message.spec != nullptr) stored.name = message.spec->name;
  if (message.header) {
    stored.version = message.header->version;
    stored.length = message.header->length;
  }
  stored.parameters = parameters_json(message);
  stored.others = other_members_json(message);
  scratch_.clear();
  encode(stored, scratch_);
  const std::uint64_t size = scratch_.size();
  messages_.append({reinterpret_cast<const char*>(&size), sizeof size});
  messages_.append(scratch_.view());
}

/// Entries are made when a pair or a later message needs them: a pair is told before the record of its
/// response.
void AuditRecords::set_pair(std::uint64_t message, std::uint64_t other_frame, PairedBy by,
                            bool keep_earlier) {
  const std::uint64_t offset = message * sizeof(PairEntry);
  static const std::string blank(64 * sizeof(PairEntry), '\0');
  while (pairs_.size() <= offset) pairs_.append(blank);
  if (keep_earlier) {
    std::string earlier;
    pairs_.read(offset, sizeof(PairEntry), earlier);
    PairEntry entry;
    Decoder(earlier).get(entry);
    if (entry.paired != 0) return;
  }
  PairEntry entry;
  entry.frame = other_frame;
  entry.by = by;
  entry.paired = 1;
  pairs_.rewrite(offset, {reinterpret_cast<const char*>(&entry), sizeof entry});
}

void AuditRecords::pair(const PairRecord& record) {
  if (!keep_messages_) return;
  // A 0x4104 may stand in two pairs: it shows what it answers, for that is said of it first.
  set_pair(record.request.index, record.response.at.frame, record.by, true);
  set_pair(record.response.index, record.request.at.frame, record.by, false);
}

void AuditRecords::finding(const Finding& record) {
  queue_.add(findings_, {record.at.capture, record.at.frame}, record);
}
void AuditRecords::connection(const ConnectionRecord& record) {
  queue_.add(connections_, {record.id, 0}, record);
  const PeersOf peers{record.km_peer.value_or(0), record.controller_peer.value_or(0)};
  peers_of_connections_.set(record.id, peers);
}

void AuditRecords::peer(const PeerRecord& record) {
  queue_.add(peer_records_, {record.id, 0}, record);
  std::string name = record.addresses.empty() ? std::string() : record.addresses.front();
  peers_.push_back({record.role, record.name.value_or(name), {}, {}, name});
}
void AuditRecords::for_each_peer(const std::function<void(const PeerRecord&)>& visit) {
  PeerRecord record;
  peer_records_.for_each([&](std::string_view bytes) {
    decode(bytes, record);
    record.findings = peers_[record.id - 1].findings;
    visit(record);
  });
}

const PeerBrief* AuditRecords::brief_of(std::uint32_t peer) const {
  return peer == 0 || peer > peers_.size() ? nullptr : &peers_[peer - 1];
}

void AuditRecords::visit_findings(const std::function<void(Finding&, PeersOf)>& visit) {
  visit_all<Finding>(findings_, [&](Finding& finding) {
    const PeersOf peers = peers_of(finding.connection);
    const std::uint32_t fixer = !finding.at_fault               ? 0
                                : *finding.at_fault == Role::km ? peers.km
                                                                : peers.controller;
    finding.peer = brief_of(fixer) == nullptr ? std::nullopt : std::optional(fixer);
    finding.fingerprint.clear();
    finding.known.reset();
    visit(finding, peers);
  });
}

void AuditRecords::set_fingerprint(Finding& finding, PeersOf peers) const {
  finding.fingerprint =
      std::string_view(fingerprint_of(finding, brief_of(peers.km), brief_of(peers.controller)));
  if (baseline_ != nullptr) finding.known = baseline_->count(finding.fingerprint) != 0;
}

void AuditRecords::count_findings() {
  totals_.has_baseline = baseline_ != nullptr;
  visit_findings([&](Finding& finding, PeersOf peers) {
    if (baseline_ != nullptr) set_fingerprint(finding, peers);
    if (finding.peer && !finding.known.value_or(false)) {
      PeerBrief& peer = peers_[*finding.peer - 1];
      ++peer.findings[finding.rule];
      peer.first_frames.emplace(finding.rule, finding.at.frame);
    }
    if (!finding.peer && !finding.known.value_or(false)) ++nobodys_findings_[finding.rule];
    if (!finding.known.value_or(false)) return;
    ++totals_.known[static_cast<std::size_t>(finding.severity)];
    found_again_.insert(finding.fingerprint);
  });
}
void AuditRecords::relay(const RelayRecord& record) {
  queue_.add(relays_, {record.id, 0}, record);
}
void AuditRecords::session(const SessionRecord& record) {
  queue_.add(sessions_, {record.id, 0}, record);
}
void AuditRecords::reservation(const ReservationRecord& record) {
  queue_.add(reservations_, {record.id, 0}, record);
}
void AuditRecords::response_times(const ResponseTimes& record) {
  queue_.add(response_times_, {record.connection, static_cast<std::uint64_t>(record.exchange)}, record);
}

void AuditRecords::for_each_finding(const std::function<void(const Finding&)>& visit) {
  visit_findings([&](Finding& finding, PeersOf peers) {
    set_fingerprint(finding, peers);
    for (std::uint32_t whole = finding.procedure.value_or(0); whole != 0; whole = merged_.get(whole))
      finding.procedure = whole;
    visit(finding);
  });
}
void AuditRecords::for_each_connection(const std::function<void(const ConnectionRecord&)>& visit) {
  visit_all<ConnectionRecord>(connections_, visit);
}
void AuditRecords::for_each_relay(const std::function<void(const RelayRecord&)>& visit) {
  visit_all<RelayRecord>(relays_, visit);
}
void AuditRecords::for_each_session(const std::function<void(const SessionRecord&)>& visit) {
  visit_all<SessionRecord>(sessions_, visit);
}
void AuditRecords::for_each_reservation(const std::function<void(const ReservationRecord&)>& visit) {
  visit_all<ReservationRecord>(reservations_, visit);
}
void AuditRecords::for_each_response_times(const std::function<void(const ResponseTimes&)>& visit) {
  visit_all<ResponseTimes>(response_times_, visit);
}

void AuditRecords::for_each_message(const std::function<void(const MessageEntry&)>& visit) {
  SpoolReader messages(messages_, 0, messages_.size());
  SpoolReader pairs(pairs_, 0, pairs_.size());
  MessageEntry stored;
  while (true) {
    const std::string_view size_bytes = messages.take(sizeof(std::uint64_t));
    if (size_bytes.empty()) return;
    std::uint64_t size = 0;
    Decoder(size_bytes).get(size);
    decode(messages.take(static_cast<std::size_t>(size)), stored);
    stored.paired_with.reset();
    const std::string_view pair_bytes = pairs.take(sizeof(PairEntry));
    if (!pair_bytes.empty()) {
      PairEntry entry;
      Decoder(pair_bytes).get(entry);
      if (entry.paired != 0) stored.paired_with = entry.frame;
      stored.paired_by = entry.by;
    }
    visit(stored);
  }
}

}  // namespace ck::report
