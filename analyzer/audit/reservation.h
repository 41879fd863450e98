// Reservations: 0x410A/0x140B and the 0x410C/0x140D that follow; and what becomes of each KM's keys.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "audit/procedure.h"

namespace ck::audit {

class Reservations final : public Procedures::Listener {
 public:
  explicit Reservations(const Parts& parts) : parts_(parts) {}

  /// 0x410A. Returns the reservation, kNone where the payload cannot be read.
  Id<Procedure> take_request(const Incoming& in);
  /// Takes a 0x140B, which says what was reserved.
  Id<Procedure> take_response(const Incoming& in, const Answer& answer);
  /// Takes a 0x410C, which asks for keys by their IDs.
  Id<Procedure> take_allocation(const Incoming& in);
  /// gRPC: the RPC of `request`, a 0x410A or 0x410C of the reservation, failed.
  void fail(Id<Procedure> reservation, const Request& request);
  /// Takes a 0x140D, which says what was allocated.
  Id<Procedure> take_allocation_response(const Incoming& in, const Answer& answer);

  /// The reservation was begun on a connection that belongs to the association `to`.
  void move(Id<Procedure> reservation, const HeldAssociation& to);
  /// Takes the keys that the connection named before it told its KMA ID from the KM of the association
  /// `before`, which it was thought to have.
  void move_keys(Connection& connection, const HeldAssociation& before);

  void evict(Id<Procedure> /*procedure*/) override {}  // keys remember it by its number
  void expect_evict(const Procedure& procedure) const override {
    const Reservation& reservation = std::get<Reservation>(procedure.what);
    fetch_all(std::span(reservation.reserved));
    fetch_all(std::span(reservation.allocated));
  }
  [[nodiscard]] bool seen_whole(const Procedure&) const override { return true; }

 private:
  /// A 0x410C and the keys it asked for.
  struct Attempt {
    std::uint64_t index = 0;  ///< of its message
    std::vector<std::string> keys;
    std::size_t weight = 0;   ///< bytes, about, of the keys
    bool read = true;         ///< all of them
    bool understood = false;  ///< a 0x140D said success or failure
  };
  /// So many known keys in a row are one KM's.
  struct KnownRow {
    HeldKm km;
    std::uint32_t count = 0;
  };
  Id<Procedure> find_reserved(const Incoming& in, const std::vector<std::string>& keys);
  [[nodiscard]] bool already_decidable(const Incoming& in);
  [[nodiscard]] bool read_since(const Incoming& in, const KeyRecord& record);
  KeyRecord& key_record(Connection& connection, std::uint64_t key);
  void forget_oldest_key();
  bool surely_not_allocated(const Incoming& in, const KeyRecord& record, const MessageRef* first);
  void reserve(const Incoming& in, Id<Procedure> reservation, const std::string& key, const Answer& answer,
               Outcome outcome);
  Attempt& remember_attempt(const Incoming& in, std::vector<std::string> keys);
  [[nodiscard]] Attempt* find_attempt(std::uint32_t serial);
  void check_allocation(const Incoming& in, const std::string& key);
  void settle(const Incoming& in, const std::string& key, bool allocated, const Answer& answer,
              Outcome outcome);
  void settle_all(const Incoming& in, const Attempt& attempt, const std::vector<std::string>& named,
                  const Answer& answer, Outcome outcome, Id<Procedure> reservation);
  void list_allocated(Connection& connection, Id<Procedure> reservation, const std::string& key);

  Parts parts_;
  std::deque<Attempt> attempts_;              ///< in order of their serial numbers, without a gap
  FlatMap<std::uint32_t> serial_by_message_;  ///< by the index of the 0x410C, plus 1
  std::uint32_t first_serial_ = 1;            ///< of the oldest attempt
  std::size_t attempts_weight_ = 0;
  bool may_be_anothers(const Incoming& in, const KeyRecord& record, const TextView& source);
  [[nodiscard]] const MessageRef* reserved_at(const KeyRecord& record) const;
  // Oldest first: hundreds of thousands, of which a few at a time are one KM's.
  std::deque<std::uint64_t> known_keys_;
  std::deque<KnownRow> known_rows_;
};

}  // namespace ck::audit
