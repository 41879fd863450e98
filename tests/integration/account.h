// All that a face says of a capture's messages, pairs, procedures and findings, each with whom it is about.
#pragma once

#include <cstdint>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace ck::integration {

/// A message by its frame, CommandCode ("0x1403") and MessageID; of none: the frame, "" and 0.
using Told = std::tuple<std::uint64_t, std::string, std::uint64_t>;

struct AccountOfProcedure {
  std::string kind, state;
  std::multiset<Told> messages;
  friend bool operator==(const AccountOfProcedure&, const AccountOfProcedure&) = default;
};

struct Account {
  /// Ends of the connection, the lesser first: "127.0.0.1:4164 - 127.0.0.1:50000".
  std::multiset<std::pair<Told, std::string>> messages;
  std::multiset<std::pair<Told, std::uint64_t>> pairs;  ///< response, frame of its request
  std::map<std::uint64_t, AccountOfProcedure> procedures;
  /// rule, severity, text, message, connection
  std::multiset<std::tuple<std::string, std::string, std::string, Told, std::string>> findings;
  std::string trouble;  ///< why nothing could be read
  friend bool operator==(const Account&, const Account&) = default;
};

/// Of ck-audit's JSON report of one audit, with --messages.
Account account_of_audit(const std::string& json);
/// Of `tshark -2 -T json --no-duplicate-keys -J "frame ip tcp ck" -Y ck`.
Account account_of_tshark(const std::string& json);

std::ostream& operator<<(std::ostream& out, const Account& account);

}  // namespace ck::integration
