// Reassembly of fragmented IP datagrams (RFC 791, RFC 8200 4.5), bounded in number, bytes and time.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <utility>
#include <vector>

#include "audit/event.h"
#include "base/bytes.h"

namespace ck::packet {

struct FragmentKey {
  Address source, destination;
  std::uint32_t identification = 0;
  std::uint8_t protocol = 0;  ///< 0 for IPv6, where it is no part of the key
  std::uint64_t tenant = 0;   ///< networks of two tenants may have the same addresses
  friend auto operator<=>(const FragmentKey&, const FragmentKey&) = default;
};

struct Fragment {
  std::uint32_t offset = 0;   ///< bytes from the start of the datagram's payload
  bool more = false;          ///< others follow behind it
  std::uint8_t protocol = 0;  ///< of the payload, as this fragment says
  Bytes payload;
};

class FragmentTable {
 public:
  /// Adds a fragment. True when it completes its datagram: payload() and protocol() are then those of the
  /// whole, until the next call. Where fragments overlap, the first copy wins. A late copy of a fragment
  /// whose datagram is complete says nothing; another fragment with that identification starts anew.
  bool add(const FragmentKey& key, const Fragment& fragment, std::int64_t time_ns);

  [[nodiscard]] Bytes payload() const { return whole_; }
  [[nodiscard]] std::uint8_t protocol() const { return protocol_; }
  /// Datagrams that lacked a fragment when they were dropped, at a bound or for their age, or that lack one
  /// still.
  [[nodiscard]] std::uint64_t incomplete() const { return evicted_ + of(Kind::pending).keys.size(); }
  /// Those of them that were dropped at a limit.
  [[nodiscard]] std::uint64_t at_bound() const { return at_bound_; }
  /// Fragments without bytes, or that reach behind the largest datagram.
  [[nodiscard]] std::uint64_t malformed() const { return malformed_; }
  /// Fragments that held other bytes than one before, where they overlap it.
  [[nodiscard]] std::uint64_t conflicting() const { return conflicting_; }

 private:
  enum class Kind : std::uint8_t { pending, complete };
  struct Datagram {
    std::vector<std::uint8_t> bytes;
    std::vector<std::pair<std::uint32_t, std::uint32_t>>
        ranges;                 ///< begin and end of what is there, ascending, disjoint
    std::uint32_t size = 0;     ///< of the whole; 0 while the last fragment is missing
    std::uint8_t protocol = 0;  ///< the first fragment's
    std::int64_t first_ns = 0;
    Kind kind = Kind::pending;
    std::list<FragmentKey>::iterator age;
  };
  using Datagrams = std::map<FragmentKey, Datagram>;
  struct Order {
    std::list<FragmentKey> keys;  ///< oldest first
    std::size_t bytes = 0;
  };

  [[nodiscard]] const Order& of(Kind kind) const { return orders_[static_cast<std::size_t>(kind)]; }
  Order& of(Kind kind) { return orders_[static_cast<std::size_t>(kind)]; }
  bool take_known(Datagrams::iterator& known, const Fragment& fragment, std::int64_t time_ns);
  Datagrams::iterator start(const FragmentKey& key, std::int64_t time_ns);
  void insert(Datagram& datagram, std::uint32_t begin, Bytes payload);
  void complete(Datagrams::iterator datagram);
  void keep_bounds(Kind kind, std::size_t datagrams, std::size_t bytes);
  void erase(Datagrams::iterator datagram);

  Datagrams datagrams_;
  std::array<Order, 2> orders_;
  std::uint64_t evicted_ = 0, at_bound_ = 0, malformed_ = 0, conflicting_ = 0;
  std::vector<std::uint8_t> whole_;
  std::uint8_t protocol_ = 0;
};

}  // namespace ck::packet
