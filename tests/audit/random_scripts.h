// The messages of each procedure, in the order in which they are said, before they are played on connections.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "random_scenes.h"

namespace ck::audit::random_scenes {

/// One message of a procedure, before it is played.
struct Step {
  std::size_t km = 0;
  bool from_km = false;
  std::uint16_t command = 0;
  std::string json;
  std::optional<std::size_t> answers{};  ///< the step of its script that it answers
  std::string broken{};
  bool same_number = false;   ///< the number of the step that it repeats, `answers`
  bool number_again = false;  ///< takes a number that its side used before
  bool untold = false;        ///< never sent
};
using Script = std::vector<Step>;

/// A member of a payload: a text.
std::string text(const std::string& name, const std::string& value);
/// A payload of these members; empty ones are left out.
std::string object(std::initializer_list<std::string> members);
/// Response as Tables 5, 7 and 9 have it.
std::string response(bool success);
/// Response as Tables 11 and 13 have it.
std::string code(bool success);
/// A member that is a list of texts, or of objects with a Key ID each.
std::string list(const std::string& name, const std::vector<std::string>& values, bool objects = false);

/// Draws procedures.
class Writer {
 public:
  Writer(std::uint64_t seed, bool clear) : dice_(seed), clear_(clear) {
    kms_ = clear ? 2 + dice_.below(3) : 1 + dice_.below(4);
    controllers_ = 1 + dice_.below(2);
  }

  Dice& dice() { return dice_; }
  [[nodiscard]] std::size_t kms() const { return kms_; }
  [[nodiscard]] std::size_t controllers() const { return controllers_; }
  std::size_t any_km() { return dice_.below(kms_); }
  std::string name(const std::string& kind) { return kind + "-" + std::to_string(++names_); }
  static std::string kma(std::size_t km) { return "KMA-" + std::to_string(km); }
  /// What an answer may leave out is there where nothing is to be in doubt.
  std::string maybe(const std::string& member) { return clear_ || dice_.chance(60) ? member : ""; }
  /// A destination: in doubt many relays share one.
  std::string goal() { return clear_ || dice_.chance(30) ? name("DST") : "DST-0"; }

  Script relay(std::size_t km, bool clean_end = true);
  Script chain();
  Script session(std::size_t from, std::size_t to);
  Script reservation(std::size_t km);
  Script any();
  /// Both responders of a connection show that they echo, so that no pair is in doubt.
  Script proof_of_echo(std::size_t km);

 private:
  Dice dice_;
  bool clear_;
  std::size_t kms_ = 0, controllers_ = 0;
  unsigned names_ = 0;
};

/// The script that breaks a rule, and what its steps break.
Script script_of(Writer& writer, Fault fault, std::vector<Script>& others);

}  // namespace ck::audit::random_scenes
