// A script of a Ck conversation for tests: connections, messages and stream events in, what the audit said
// out.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit.h"

namespace ck::audit {

/// What was told, one after the other: mostly findings, as "slug@frame".
using Slugs = std::vector<std::string>;

inline constexpr auto kSession = R"({"Application source ID":"a","Application destination ID":"b"})";
inline const std::string kMan = "10.0.0.1:4000", kCtl = "10.9.0.1:9000";

/// Everything an audit told, in the order of telling.
struct Heard : AuditSink {
  struct Said {
    MessageRef ref;
    bool from_km = false;
    std::optional<std::uint32_t> procedure;
  };
  std::vector<Said> messages;
  std::vector<PairRecord> pairs;
  std::vector<Finding> findings;
  std::vector<ConnectionRecord> connections;
  std::vector<RelayRecord> relays;
  std::vector<SessionRecord> sessions;
  std::vector<ReservationRecord> reservations;
  std::vector<ResponseTimes> times;
  std::vector<std::string> order;                       ///< "pair", "joined", "message", "finding"
  std::map<std::uint64_t, std::uint32_t> procedure_of;  ///< by message index, as joined() told last

  void message(const MessageRecord& record) override;
  void pair(const PairRecord& record) override;
  void finding(const Finding& finding) override;
  void connection(const ConnectionRecord& record) override { connections.push_back(record); }
  void relay(const RelayRecord& record) override { relays.push_back(record); }
  void session(const SessionRecord& record) override { sessions.push_back(record); }
  void reservation(const ReservationRecord& record) override { reservations.push_back(record); }
  void response_times(const ResponseTimes& record) override { times.push_back(record); }
  void joined(std::uint32_t id, const ProcedureState&, const MessageRef& ref,
              std::optional<std::uint32_t>) override;
  void merged(std::uint32_t id, std::uint32_t into) override { part_of[id] = into; }
  /// The procedure that one which was told of before is now.
  [[nodiscard]] std::uint32_t latest(std::uint32_t procedure) const {
    const auto found = part_of.find(procedure);
    return found == part_of.end() ? procedure : latest(found->second);
  }
  std::map<std::uint32_t, std::uint32_t> part_of;  ///< procedures that turned out to be parts of others
};

struct ConnectOptions {
  bool opener_known = true;
  bool whole = true;                 ///< both directions seen from their start
  bool opener_side_whole = true;     ///< used where `whole` is false
  bool acceptor_side_whole = false;  ///< used where `whole` is false
  Transport transport = Transport::tls;
  std::uint32_t capture = 0;
  std::optional<SynPair> syns{};
};

/// The tests' connections are over TLS unless said otherwise, so that plaintext-transport does not clutter
/// every list.
class Scenario {
 public:
  explicit Scenario(AuditOptions options = {});

  using Connection = ConnectionKey;
  /// "10.0.0.1:4000" opens a connection to "10.9.0.1:9000".
  Connection connect(std::string_view opener, std::string_view acceptor, ConnectOptions options = {});
  /// The opener, respectively the acceptor, sends a message. Returns its frame.
  std::uint64_t km(Connection connection, std::uint16_t command, std::uint32_t id, std::string_view json);
  std::uint64_t ctl(Connection connection, std::uint16_t command, std::uint32_t id, std::string_view json);
  /// The next messages have this Version.
  void version(std::uint16_t value) { version_ = value; }
  /// Over gRPC: a message of one RPC, sent by either side.
  std::uint64_t rpc(Connection connection, Side sender, std::uint16_t command, std::uint64_t stream,
                    std::string_view json);
  /// The method that the RPCs call from now on; nullptr: it is not known.
  void method(const ProtoMethod* called) { method_ = called; }
  /// The RPC ends without what was asked for; `asker` sent its request.
  void end_rpc(Connection connection, Side asker, std::uint64_t stream, RpcOutcome outcome,
               std::string_view result = {});
  /// When the next messages come, so many bytes of the other side are there and not in a message yet.
  void on_its_way(std::uint64_t bytes) { unfinished_ = bytes; }
  void event(Connection connection, Side side, StreamEventKind kind, std::uint64_t bytes = 10);
  void gap(Connection connection, Side side) { event(connection, side, StreamEventKind::gap); }
  void close(Connection connection);
  /// Between these two there is another connection, which cannot be read.
  void unreadable(std::string_view one, std::string_view other, bool in_clear, bool in_tls);
  /// What follows on the connection was captured there: its directions may be captured apart.
  void capture_in(Connection connection, std::uint32_t capture) { capture_of_[connection] = capture; }
  /// Lets capture time pass; each message takes a millisecond anyway.
  void wait(double seconds) { now_ns_ += static_cast<std::int64_t>(seconds * 1e9); }
  void set_time(std::int64_t now_ns) { now_ns_ = now_ns; }
  /// What follows is stamped so much behind the time that has passed.
  void set_behind(std::uint32_t seconds) { behind_s_ = seconds; }
  /// The next message has this frame: one that was held back comes behind later ones.
  void set_frame(std::uint64_t frame) { next_frame_ = frame; }
  [[nodiscard]] std::int64_t now() const { return now_ns_; }
  /// Where the capture ends.
  [[nodiscard]] Position end() const {
    Position out(0, next_frame_, now_ns_);
    out.behind_s = behind_s_;
    return out;
  }

  /// Ends the capture. Returns what was told then, appended to what was told before.
  const Heard& finish();

  /// Slugs of the findings so far and, after finish(), at the end: "slug@frame", in order.
  [[nodiscard]] std::vector<std::string> findings() const;
  [[nodiscard]] std::vector<std::string> findings(Severity severity) const;
  [[nodiscard]] RuleCount count(Rule rule) const { return totals.rules[static_cast<std::size_t>(rule)]; }
  /// "message-id", "order", … of the pair of the response in `frame`, with its request's frame:
  /// "message-id:3"; "" for none.
  [[nodiscard]] std::string pair_of(std::uint64_t frame) const;
  /// The procedure that the message in `frame` is part of, 0 for none.
  [[nodiscard]] std::uint32_t procedure_of(std::uint64_t frame) const;

  Heard heard;
  Totals totals;  ///< after finish()
  Audit audit;

 private:
  std::uint64_t send(Connection connection, Side sender, std::uint16_t command,
                     std::optional<std::uint32_t> id, std::optional<std::uint64_t> stream,
                     std::string_view json);
  Position here(Connection connection);

  NameTable names_;
  Payload payload_;
  ConnectionKey next_key_ = 1;
  std::uint64_t next_frame_ = 1;
  std::int64_t now_ns_ = 1'000'000'000'000;
  std::uint32_t behind_s_ = 0;
  std::uint16_t version_ = 1;
  std::uint64_t unfinished_ = 0;
  const ProtoMethod* method_ = nullptr;
  std::map<ConnectionKey, std::uint32_t> capture_of_;
};

}  // namespace ck::audit
