// Where what is read of captures and of message logs becomes one timeline: each record is told in the order
// of its moment, whoever read it, and is written to a log where one is asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "capture/log_reader.h"
#include "capture/log_record.h"
#include "capture/log_writer.h"
#include "stream/ck_sink.h"
#include "stream/moment.h"

namespace ck::capture {

/// A log as it takes part in a timeline.
struct TimelineLog {
  std::unique_ptr<LogReader> reader;
  std::vector<std::uint32_t> captures;  ///< for each of the log's, its number in the audit
  bool again = false;                   ///< the same log is there twice: nothing of this one counts
};

/// Connections that are read more than once. Each counts once: the first that is told goes on.
class SplitConnections {
 public:
  enum class Verdict : std::uint8_t {
    alone,      ///< goes on
    continues,  ///< goes on, and the one that was told before is over
    again,      ///< is passed over
  };
  /// The other one, where there is another.
  struct Other {
    ConnectionKey key = 0;
    bool same = false;  ///< it begins with the same packet, so nothing of it is missing
  };

  /// Of an input: no packet of it follows, and the last that was told came at `last_ns`.
  struct Ending {
    bool over = false;
    std::int64_t last_ns = kNoTime;
  };
  /// `endings`: of all inputs.
  Verdict open(const ConnectionStart& start, std::size_t input, const std::vector<Ending>& endings,
               Other& other);
  void close(ConnectionKey key, const Moment& moment);
  [[nodiscard]] bool is_passed_over(ConnectionKey key) const {
    return !passed_over_.empty() && passed_over_.contains(key);
  }
  /// The connection that is told in the place of this one, where it may lack something of it; else 0.
  [[nodiscard]] ConnectionKey lacking(ConnectionKey key) const {
    const auto found = passed_over_.empty() ? passed_over_.end() : passed_over_.find(key);
    return found == passed_over_.end() ? 0 : found->second;
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  void add(std::uint64_t count) { count_ += count; }
  /// Messages that were passed over and that the connection told in their place may lack.
  [[nodiscard]] std::uint64_t messages() const { return messages_; }
  void pass_over_message() { ++messages_; }

 private:
  using Ends = std::pair<Endpoint, Endpoint>;  ///< the lesser first
  struct Known {
    ConnectionKey key = 0;
    std::size_t input = 0;
    Position first;
    std::optional<Moment> closed;
  };

  void forget_old();

  std::multimap<Ends, Known> known_;
  std::map<ConnectionKey, std::multimap<Ends, Known>::iterator> by_key_;
  std::vector<std::multimap<Ends, Known>::iterator> just_closed_;
  /// With the one that is told in its place, where that may lack something; else 0.
  std::unordered_map<ConnectionKey, ConnectionKey> passed_over_;
  std::uint64_t count_ = 0, messages_ = 0;
};

class Timeline final : public CkSink {
 public:
  /// `writer` may be nullptr; it must outlive this.
  Timeline(std::vector<TimelineLog> logs, LogWriter* writer);

  /// Asked where a packet of the captures stands in its file, for the log that is written.
  void set_find_place(std::function<std::optional<PacketPlace>(const Position&)> find) {
    find_ = std::move(find);
  }
  /// Told where a packet stands in its file, as a log says it.
  void set_place_sink(std::function<void(const Position&, const PacketPlace&)> sink) {
    places_ = std::move(sink);
  }
  /// Who is told, and when what the captures bring is told. Both must outlive this.
  void begin(CkSink& next, const Moment& moment);
  /// The captures are over: the rest of the logs is told.
  void finish();

  [[nodiscard]] const std::vector<TimelineLog>& logs() const { return logs_; }
  [[nodiscard]] const SplitConnections& splits() const { return splits_; }
  /// The latest time of anything that a log's records brought.
  [[nodiscard]] const Position& last() const { return last_; }

  void open(const ConnectionStart& start) override { take(start); }
  void coming(ConnectionKey connection) override { take(ComingMessage{connection}); }
  void message(const Message& message) override { take(message); }
  void event(const StreamEvent& event) override { take(event); }
  void tls_handshake(const TlsHandshake& handshake) override { take(handshake); }
  void rpc_ended(const RpcEnd& end) override { take(end); }
  void unreadable(const UnreadableConnection& connection) override { take(connection); }
  void unrecognised(const UnrecognisedConnection& connection) override { take(connection); }
  void close(ConnectionKey connection, const Position& at) override {
    take(ClosedConnection{connection, at});
  }
  void outlook(const Outlook& outlook) override { take(outlook); }

 private:
  /// A log's next record.
  struct Head {
    LogRecord* record = nullptr;
    Moment moment;  ///< never before the one that it follows
    std::optional<PacketPlace> place;
  };

  void advance(std::size_t log);
  void take(const LogRecord& record);
  void tell_until(const Moment* moment);
  void pass(const LogRecord& record, const Moment& moment, std::size_t input);
  void tell_hidden(ConnectionKey connection, const Position& at, const Moment& moment);
  bool pass_open(const ConnectionStart& start, const Moment& moment, std::size_t input);
  void hand_on(const LogRecord& record, const Moment& moment);

  std::vector<TimelineLog> logs_;
  LogWriter* writer_;
  CkSink* next_ = nullptr;
  const Moment* now_ = nullptr;
  std::vector<Head> heads_;
  std::vector<std::size_t> heap_;                  ///< logs that have a record waiting, the earliest in front
  std::vector<SplitConnections::Ending> endings_;  ///< by input (0: the captures)
  Moment latest_;                                  ///< that the captures told
  SplitConnections splits_;
  std::function<std::optional<PacketPlace>(const Position&)> find_;
  std::function<void(const Position&, const PacketPlace&)> places_;
  std::optional<PacketPlace> place_;  ///< of the record that is told
  Position last_{0, 0, kNoTime};
};

}  // namespace ck::capture
