// Requests that wait for an answer, and those answered lately: found by MessageID or gRPC stream, compared by
// identifiers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "audit/connection.h"
#include "base/fetch.h"
#include "base/flat_map.h"
#include "base/pool.h"

namespace ck::audit {

/// The identifiers of a payload, as digests: what tells one procedure from another.
struct Identifiers {
  static constexpr std::size_t kCount = 8;
  std::uint16_t mask = 0;  ///< a bit for each value that is present
  std::array<std::uint64_t, kCount> values{};
  std::vector<std::uint64_t> keys;  ///< Key IDs of an allocation, sorted

  /// The place of a parameter in `values`, kCount when it is none of those that are compared.
  static std::size_t place_of(Parameter parameter);
  static Parameter parameter_at(std::size_t place);
  void set(Parameter parameter, std::uint64_t digest);
  [[nodiscard]] bool has(Parameter parameter) const { return (mask >> place_of(parameter) & 1) != 0; }
  [[nodiscard]] std::uint64_t get(Parameter parameter) const { return values[place_of(parameter)]; }
};

/// Reads them from a message; empty where the payload cannot be read. Key IDs are among those of an
/// allocation only. A request asks for what its table lists: what it names besides is its sender's fault, and
/// no answer is held against it.
void read_identifiers(const Message& message, Identifiers& ids);

enum class Likeness : std::uint8_t { none, shares, contradicts };
/// How a response's identifiers stand to its request's: a shared value, none in common, or one with another
/// value (or a key that was not asked for).
Likeness compare(const Identifiers& request, const Identifiers& response);

/// A line of a processor's cache holds what finding a request, taking it off its queue and forgetting it
/// need.
struct alignas(64) Request {
  ListLinks<Request> by_time, in_queue, by_label;
  std::uint64_t label = 0;        ///< MessageID, or the gRPC stream
  RequestQueue* queue = nullptr;  ///< where it stands while open
  Id<RequestQueue> queue_id;
  Id<Procedure> procedure;
  std::uint32_t procedure_id = 0;
  Id<Connection> connection;
  Exchange exchange{};
  Side sender = 0;
  bool answered = false;
  bool readable = false;          ///< its payload could be read
  bool checked = false;           ///< unanswered-request has had its verdict
  bool perhaps_answered = false;  ///< an answer came that may have been for this one
  bool taken_back = false;        ///< and by whom it was asked: only an answer in its RPC may come
  bool superseded = false;        ///< a re-route asked anew: no answer is owed
  // The rest is looked at when its pair is found.
  bool answered_in_rpc = false;  ///< gRPC: its method's response is its answer, which comes nowhere else
  bool left = false;             ///< it was open when its connection closed
  Identifiers ids;
  MessageRef ref;
  std::optional<std::uint32_t>
      surely_by{};                  ///< answered: the MessageID of an answer that shares an identifier
  std::uint32_t faults = 0;         ///< of the responder's side when it was sent
  std::uint32_t faults_around = 0;  ///< of its association then
};

/// Open requests of one type that are looked at for one response. A deeper pipeline is possible; which
/// request was meant is then not to be told.
inline constexpr std::uint32_t kSurveyLimit = 1024;

class Requests {
 public:
  /// A new request, to be filled in and then put on a queue.
  Id<Request> make() { return pool_.make(); }
  /// Puts an open request on a queue.
  void add(RequestQueue& queue, Id<Request> request);
  /// Takes it off its queue; it stays findable by its label for a while.
  void answer(Id<Request> request);
  /// Forgets an open request.
  void drop(Id<Request> request);
  /// Forgets all open requests of a queue.
  void drop_all(RequestQueue& queue);
  /// Moves all open requests of a queue to another.
  void move_all(RequestQueue& from, RequestQueue& to);
  /// Those that one side sent.
  void move_those_of(Side sender, RequestQueue& from, RequestQueue& to);
  /// Its time is over and it has had its verdict on unanswered-request: it stands behind those that are still
  /// in time.
  void set_checked(Id<Request> request);

  /// The oldest request, open or answered, with this label; follow by_label.after for more.
  [[nodiscard]] Id<Request> first_with(Id<RequestQueue> queue_id, std::uint64_t label) const;
  /// The latest one; follow by_label.before for more.
  [[nodiscard]] Id<Request> last_with(Id<RequestQueue> queue_id, std::uint64_t label) const;
  /// Calls `visit` with each open request of a kind, as many as are looked at.
  template <typename Visit>
  void for_each_open(const RequestQueue& queue, Exchange exchange, const Visit& visit) {
    std::uint32_t most = kSurveyLimit;
    for (const auto* open : {&queue.fresh, &queue.stale}) {
      for (Id<Request> handle = (*open)[static_cast<std::size_t>(exchange)].head; handle != kNone && most > 0;
           handle = pool_[handle].in_queue.after, --most)
        visit(pool_[handle]);
    }
  }
  /// The oldest open request without a verdict; follow by_time.after for more.
  [[nodiscard]] Id<Request> oldest() const { return waiting_.head; }
  /// The same of those that were sent at no known time: they never time out.
  [[nodiscard]] Id<Request> oldest_without_time() const { return timeless_.head; }
  /// Requests that are kept, open and answered.
  [[nodiscard]] std::size_t size() const { return pool_.size(); }
  /// Open requests of all closed connections.
  [[nodiscard]] std::size_t of_closed() const { return of_closed_; }

  // Asking for memory some messages before a label is looked for (fetch.h): its place, then the request
  // there.
  void fetch_place(Id<RequestQueue> queue_id, std::uint64_t label) const;
  void fetch(Id<Request> handle) const {
    if (handle != kNone) base::fetch(pool_[handle]);
  }

  Request& operator[](Id<Request> handle) { return pool_[handle]; }
  const Request& operator[](Id<Request> handle) const { return pool_[handle]; }

 private:
  List<Request>& list_of(const Request& request) const;
  List<Request>& waiting_with(const Request& request) {
    return request.ref.at.time_ns == kNoTime ? timeless_ : waiting_;
  }
  void unlink_label(Id<Request> handle);
  void fetch_oldest() const;
  void leave_queue(Id<Request> handle);
  void move(Id<Request> handle, List<Request>& source, List<Request>& target, RequestQueue& to);

  Pool<Request> pool_;
  FlatMap<List<Request>> by_label_;
  List<Request> waiting_;   ///< open and not checked, in order of arrival
  List<Request> timeless_;  ///< the same, of those without a time
  List<Request> answered_;  ///< oldest first
  std::size_t of_closed_ = 0;
};

}  // namespace ck::audit
