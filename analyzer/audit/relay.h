// Relays: 0x1401/0x4102 hop by hop, 0x1403/0x4104/0x1405 in one go; and the rules on routes and Key relay
// request IDs.
#pragma once

#include <string>
#include <vector>

#include "audit/procedure.h"

namespace ck::audit {

class Relays final : public Procedures::Listener {
 public:
  Relays(const Parts& parts, const Pool<Connection>& connections)
      : parts_(parts), connections_(connections) {}

  /// 0x1401. Returns the relay, kNone where the payload cannot be read.
  Id<Procedure> take_hop_request(const Incoming& in);
  /// Takes a 0x4102, which offers the next hops.
  Id<Procedure> take_hop_response(const Incoming& in, const Answer& answer);
  /// Takes a 0x1403, with which a KM asks for a relay.
  Id<Procedure> take_notification(const Incoming& in);
  /// gRPC: a 0x4104 may come on another connection than its 0x1403 did. Its Source KMA ID says whose both
  /// are.
  void tell_source(const Incoming& in);
  /// The relay that a 0x4104 asks for anew, under another Key relay request ID and with the MessageID of its
  /// answered 0x1403, while it is not completed; kNone where it does not.
  [[nodiscard]] Id<Procedure> find_rerouted(const Incoming& in);
  /// It may be the re-route, under a MessageID of its own, of a relay that failed.
  [[nodiscard]] bool may_reroute(const Incoming& in) const;
  /// The same under a MessageID of its own, which `answer` says is nobody's answer: the only relay that it
  /// fits. Where its ID is for another relay, `answer` forgets what it would have repeated.
  [[nodiscard]] Id<Procedure> find_rerouted(const Incoming& in, Answer& answer);
  /// Takes a 0x4104, with which the controller asks for a relay. `rerouted`: the relay that it asks for anew.
  Id<Procedure> take_route(const Incoming& in, const Answer& answer, Id<Procedure> rerouted);
  /// The 0x4104 of `relay` may ask anew for another one.
  void doubt_route(Id<Procedure> relay);
  /// The 0x4104 of `relay` may answer the 0x1403 of another one.
  void doubt_pair(Id<Procedure> relay);
  /// The 0x4104 of `relay` was opened as a request.
  void set_route_request(Id<Procedure> relay, Id<Request> request, std::uint64_t index);
  /// 0x1405: checks unknown-relay-request. True when the ID is none of its association's, as far as can be
  /// seen.
  bool is_foreign(const Incoming& in);
  /// Takes a 0x1405, which tells how the relay went.
  Id<Procedure> take_result(const Incoming& in, const Answer& answer, bool foreign);

  /// gRPC: the RPC of one of the relay's requests failed, as `result` says.
  void fail(Id<Procedure> relay, const std::string& result);
  /// gRPC: that RPC ended without an answer, well or not. The same request may come again, in another RPC.
  void note_in_vain(Id<Procedure> relay);

  /// The relay was begun on a connection that belongs to the association `to`, not to `from`.
  void move(Id<Procedure> relay, HeldAssociation& from, HeldAssociation& to);

  void evict(Id<Procedure> procedure) override;
  void expect_evict(const Procedure& procedure) const override;
  [[nodiscard]] bool seen_whole(const Procedure&) const override { return true; }
  /// Checks relay-loop at the hops that waited for KMA IDs.
  void check_end(const Procedure& procedure, Verdicts& verdicts) const override;

 private:
  /// A KMA list that a hop was offered and that no later hop has used.
  struct Offer {
    Id<Procedure> relay;
    std::uint32_t relay_id = 0;
    std::uint32_t hop = 0;
    Id<Connection> connection;
    // Digests, by which most offers are passed over without a look at their relays:
    std::uint64_t source = 0;  ///< of the relay's Source; 0: it may be any
    std::uint64_t next = 0;    ///< of the KMA that is offered; 0: none or several
  };
  /// Who asks for a hop, and where its relay begins, as they are compared with offers.
  struct Asker {
    const Text& requester;
    const TextView& source;
    std::uint64_t requester_digest = 0, source_digest = 0;  ///< 0: not known
    [[nodiscard]] bool may_take(const Offer& offer) const {
      const auto agrees = [](std::uint64_t mine, std::uint64_t of_offer) {
        return mine == of_offer || mine == 0 || of_offer == 0;
      };
      return agrees(requester_digest, offer.next) && agrees(source_digest, offer.source);
    }
  };
  /// What finds a relay in its association: its Key relay request ID, or its 0x1403's MessageID (0: none).
  static std::uint64_t request_key(std::string_view id);
  static std::uint64_t label_key(std::optional<std::uint32_t> message_id);
  [[nodiscard]] Id<Procedure> find_asked_in_vain(const Incoming& in);
  [[nodiscard]] bool hears_asker(const Incoming& in) const;
  void note_notified(const Incoming& in, Id<Procedure> handle, std::optional<std::uint32_t> message_id);
  [[nodiscard]] bool can_take(const Offer& offer, const Incoming& in, const Asker& asker);
  Id<Procedure> find_chain(const Incoming& in, std::uint64_t key, const Asker& asker);
  bool doubt_rivals(const Incoming& in, std::uint64_t key, const Asker& asker, Id<Procedure> taken);
  /// Of one hop, or of all.
  void forget_offers(std::uint64_t key, Id<Procedure> relay, std::optional<std::uint32_t> hop = std::nullopt);
  void forget_offers(const Relay& relay, Id<Procedure> handle);
  void remember_offer(std::uint64_t key, const Offer& offer);
  [[nodiscard]] Text name_of_hop(const Relay& relay, std::size_t hop, const Connection& connection) const;
  void check_hop(const Incoming& in, const Answer& answer, const Relay& relay, Hop& hop);
  [[nodiscard]] bool asks_anew(const Incoming& in, Id<Procedure> relay, bool by_number) const;
  [[nodiscard]] bool fits_another(const Incoming& in, Id<Procedure> than, bool by_number) const;
  [[nodiscard]] bool may_reroute_mixed_up(const Incoming& in) const;
  void note_request_id(const Incoming& in, Id<Procedure> relay);
  void check_notification(const Incoming& in, const Answer& answer, bool reroute);
  [[nodiscard]] bool is_same_kms(const Incoming& in, const Relay& relay) const;
  void check_request_id(const Incoming& in, Id<Procedure> handle, std::string_view id);
  void check_route(const Incoming& in, const Relay& relay, bool certain);
  Id<Procedure> make(const Incoming& in, Relay relay);
  void tell_kma(const Incoming& in, std::string_view kma_id, bool guessed);

  Parts parts_;
  const Pool<Connection>& connections_;
  FlatMap<std::vector<Offer>> offers_;  ///< by destination
};

}  // namespace ck::audit
