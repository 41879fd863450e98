// One audit as a report needs it: the sink that spools its records while it runs, and the reader that hands
// them out, in order, as often as there are formats to write.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "audit/capture_facts.h"
#include "audit/records.h"
#include "audit/sink.h"
#include "report/baseline.h"
#include "report/byte_buffer.h"
#include "report/indexed_spool.h"
#include "report/message_entry.h"
#include "report/record_queue.h"
#include "report/spool.h"

namespace ck::report {

/// Bytes of a file.
struct FileRange {
  std::uint64_t offset = 0, size = 0;
};

class AuditRecords final : public AuditSink {
 public:
  /// `paths`: the captures of this audit. `keep_messages`: store every message too. `aside`: a thread of its
  /// own sorts and keeps the other records while the audit runs.
  AuditRecords(std::vector<std::string> paths, bool keep_messages, bool aside = false);

  // The records, each kind in its order: findings by capture and frame, everything else by id, messages as
  // they came. REQUIRES, where they are kept aside: complete() was called.
  void for_each_finding(const std::function<void(const Finding&)>& visit);
  void for_each_connection(const std::function<void(const ConnectionRecord&)>& visit);
  void for_each_relay(const std::function<void(const RelayRecord&)>& visit);
  void for_each_session(const std::function<void(const SessionRecord&)>& visit);
  void for_each_reservation(const std::function<void(const ReservationRecord&)>& visit);
  void for_each_response_times(const std::function<void(const ResponseTimes&)>& visit);
  /// With the findings that it must fix.
  void for_each_peer(const std::function<void(const PeerRecord&)>& visit);
  void for_each_message(const std::function<void(const MessageEntry&)>& visit);

  /// By their ids, from 1.
  [[nodiscard]] const std::vector<PeerBrief>& peers() const { return peers_; }
  /// How many findings no single peer must fix, or nobody can tell whose they are, by rule; without known
  /// ones.
  [[nodiscard]] const std::map<Rule, std::uint64_t>& nobodys_findings() const { return nobodys_findings_; }
  [[nodiscard]] const std::vector<std::string>& paths() const { return paths_; }
  [[nodiscard]] const std::vector<CaptureFacts>& captures() const { return captures_; }
  [[nodiscard]] const Diagnostics& diagnostics() const { return diagnostics_; }
  [[nodiscard]] const Totals& totals() const { return totals_; }
  [[nodiscard]] bool has_messages() const { return keep_messages_; }
  [[nodiscard]] std::uint64_t message_count() const { return message_count_; }
  [[nodiscard]] std::uint64_t connection_count() const { return connections_.count(); }

  /// Where the frames of a capture stand in its file, where others know it than who has the file; its
  /// captures and frames are asked for in ascending order.
  using FindFrame = std::function<std::optional<FileRange>(std::uint32_t capture, std::uint64_t frame)>;
  void set_places(FindFrame places) { places_of_frames_ = std::move(places); }
  [[nodiscard]] const FindFrame& places() const { return places_of_frames_; }

  /// `baseline` must outlive this; null: there is none. To be told before complete().
  void set_baseline(const Baseline* baseline) { baseline_ = baseline; }
  /// Fingerprints of the baseline that this audit found again.
  [[nodiscard]] const std::set<std::string>& found_again() const { return found_again_; }

  /// What is known at the end. `captures` are in the order of paths(); their message counts are filled in
  /// here.
  void complete(std::vector<CaptureFacts> captures, Diagnostics diagnostics, Totals totals);

  void message(const MessageRecord& record) override;
  void pair(const PairRecord& record) override;
  void finding(const Finding& record) override;
  void connection(const ConnectionRecord& record) override;
  void relay(const RelayRecord& record) override;
  void session(const SessionRecord& record) override;
  void reservation(const ReservationRecord& record) override;
  void response_times(const ResponseTimes& record) override;
  void peer(const PeerRecord& record) override;
  void merged(std::uint32_t id, std::uint32_t into) override { merged_.set(id, into); }

  /// The peers of a connection, by their ids; 0: not known.
  struct PeersOf {
    std::uint32_t km = 0, controller = 0;
  };
  PeersOf peers_of(std::uint32_t connection) { return peers_of_connections_.get(connection); }

 private:
  /// With who must fix it, but for its fingerprint and whether it is known.
  void visit_findings(const std::function<void(Finding&, PeersOf)>& visit);
  void set_fingerprint(Finding& finding, PeersOf peers) const;
  [[nodiscard]] const PeerBrief* brief_of(std::uint32_t peer) const;
  void count_findings();

  void store_message(const MessageRecord& record);
  void set_pair(std::uint64_t message, std::uint64_t other_frame, PairedBy by, bool keep_earlier);

  std::vector<std::string> paths_;
  bool keep_messages_;
  std::vector<CaptureFacts> captures_;
  Diagnostics diagnostics_;
  Totals totals_;
  std::vector<std::uint64_t> messages_of_capture_;
  std::uint64_t message_count_ = 0;
  SortedSpool findings_, connections_, peer_records_, relays_, sessions_, reservations_, response_times_;
  std::vector<PeerBrief> peers_;
  std::map<Rule, std::uint64_t> nobodys_findings_;
  IndexedSpool<PeersOf> peers_of_connections_;  ///< by their ids
  FindFrame places_of_frames_;
  const Baseline* baseline_ = nullptr;
  std::set<std::string> found_again_;
  /// By the id of a procedure that is a part of another one: that one's, which is lower. 0: it is none.
  IndexedSpool<std::uint32_t> merged_;
  ByteBuffer scratch_;  ///< the message at hand
  Spool messages_;
  Spool pairs_;        ///< one fixed-size entry a message, by its index, rewritten when its pair is told
  RecordQueue queue_;  // last: it fills the spools
};

}  // namespace ck::report
