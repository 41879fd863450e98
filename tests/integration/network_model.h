// A network of KMs and controllers before it is played: who says what in which procedure, and what must be
// said of it. Typed from protocol's rules only; the analyzer has no part in it.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "generator/sample.h"

namespace ck::integration {

/// Numbers that every standard library draws alike.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  /// 0 to limit - 1.
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine_() % limit); }
  /// True in so many of a hundred throws.
  bool chance(std::size_t percent) { return below(100) < percent; }
  template <class Choices>
  auto pick(const Choices& choices) {
    return choices[below(std::size(choices))];
  }

 private:
  std::mt19937_64 engine_;
};

/// A payload's member: the Recommendation's name and the value as JSON.
struct Member {
  std::string name, json;
};

/// How a side labels its responses.
enum class Numbering : std::uint8_t {
  echo,   ///< with the request's MessageID
  own,    ///< every message has the next number
  mixed,  ///< the first of a connection with its own number, later ones either way
};

/// One message of a procedure.
struct Say {
  std::size_t km = 0;  ///< whose connection
  samples::End from = samples::End::client;
  std::uint16_t code = 0;
  std::vector<Member> body{};
  std::vector<std::string> keys{};       ///< Key IDs of an allocation or its answer
  std::optional<std::size_t> answers{};  ///< which message of its procedure
  std::int64_t wait_ms = 0;              ///< after the one before; 0: as the schedule likes
  bool may_be_lean = false;              ///< an answer that may leave its optional identifiers out

  // Faults
  std::vector<std::string_view> breaks{};    ///< rules, at the frame of this message
  bool alone = false;                        ///< no other request of its kind may be open with it
  bool stray = false;                        ///< belongs to no procedure, or need not
  bool again = false;                        ///< the answer to `answers` a second time, byte for byte
  bool number_again = false;                 ///< takes the MessageID of an earlier request of its side
  std::optional<std::string> raw{};          ///< the payload as it stands
  std::optional<std::uint16_t> wire_code{};  ///< the CommandCode as it stands
  std::uint16_t version = 1;
  bool garbage = false;  ///< bytes that are no frame
};

/// What must be read back of one procedure. Null members of the report are empty here.
struct Truth {
  std::string kind;                 ///< relay, session, reservation; empty: nothing is rebuilt
  std::vector<std::string> states;  ///< more than one where the rules leave it open
  std::vector<Member> members{};    ///< report's member and its text
  std::vector<std::string> route{}, reserved{}, allocated{};
  bool exact = true;  ///< members and lists are to be compared too
};

struct Script {
  std::vector<Say> says;
  Truth truth;
  std::int64_t start_ms = -1;  ///< -1: as the schedule likes
};

struct NetworkOptions {
  std::size_t kms = 50, controllers = 4, procedures = 10'000, faults = 0;
  std::uint64_t content = 1;  ///< seed of what is said
  std::uint64_t timing = 1;   ///< seed of when
  std::int64_t span_ms = 80'000;
  std::optional<Numbering> numbering{};  ///< of all sides; nullopt: each side as it likes
  /// Answers leave identifiers out whatever else is open, so that pairs become ambiguous.
  bool loose = false;
  std::size_t reconnects = 2;   ///< of each KM
  bool broken_streams = false;  ///< one KM sends bytes that are no frame, another closes inside a frame
};

/// The procedures of a network, the first `kms` of which make every KM's KMA ID known.
std::vector<Script> write_scripts(const NetworkOptions& options);

std::string kma_name(std::size_t km);

/// How a KM's side, or its controller's on that connection, labels responses in a mixed network.
Numbering numbering_of(std::size_t km, samples::End end);

// Of the Recommendation's procedures (7.1 to 7.6).
bool asks(std::uint16_t code);  ///< has an answer of its own: 0x4104 too
std::optional<std::uint16_t> question_of(std::uint16_t response_code);

/// It is what it is only behind another message of its connection.
bool needs_company(const Say& say);

/// A response's identifiers say that another request is meant: one stands in both with different values, or
/// keys are named that were not asked for.
bool contradicts(const Say& request, const Say& response);

/// The payload, in one of the spellings that implementers use.
std::string payload_of(const Say& say, std::size_t spelling);

}  // namespace ck::integration
