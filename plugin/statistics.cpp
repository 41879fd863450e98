// The statistics trees: messages, results and findings; findings by who must fix them; and procedures, each
// counted once under the state that it is in. Names that a capture brings are bounded in length and in
// number, so that no capture can make a tree of millions of nodes.
#include <exception>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include "settings.h"
#include "taps.h"

namespace ck::plugin {
namespace {

constexpr std::size_t kMaxNames = 500;  ///< of unknown codes, of results and of senders, for one tree
constexpr std::size_t kMaxName = 64;    ///< characters of one

using Names = std::set<std::string, std::less<>>;

/// So many senders have their messages by name, too: Wireshark's window takes time with the square of a
/// tree's nodes, 20 s of it for 4,000.
constexpr std::size_t kMaxDetailed = 60;

struct MessageTree {
  Names commands, results, senders;
  std::set<const char*> detailed;  ///< of the senders
};

struct ProcedureTree {
  std::map<std::uint32_t, ProcedureState> counted;  ///< by procedure id
  std::size_t gone_seen = 0;                        ///< of the results's list
};

// A tree has no room for data of its own, so it is kept here, by tree.
std::map<const stats_tree*, MessageTree> message_trees;
std::map<const stats_tree*, ProcedureTree> procedure_trees;
std::map<const stats_tree*, Names> peer_trees;

// Who must fix what is found.
constexpr const char* kKms = "Key managers";
constexpr const char* kControllers = "Controllers";
constexpr const char* kNobody = "Nobody's fault, or not known whose";

/// `text`, fit to be a name; beyond the bound all new ones share `rest`.
const char* bounded(Names& names, std::string_view text, const char* rest) {
  std::string name(text.substr(0, kMaxName));
  for (char& c : name) {
    // Bytes beyond ASCII may be half of a character where the name was cut.
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F || static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  if (text.size() > kMaxName) name += "...";
  if (name.empty()) name = "(empty)";
  if (const auto known = names.find(name); known != names.end()) return known->c_str();
  if (names.size() >= kMaxNames) return rest;
  return names.insert(std::move(name)).first->c_str();
}

const char* words_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::success:
      return "Success";
    case Outcome::failure:
      return "Failure";
    case Outcome::unknown:
      break;
  }
  return "Not understood";
}

int tick(stats_tree* tree, const char* name, int parent, bool has_children) {
  return tick_stat_node(tree, name, parent, has_children);
}

const char* sent_by(const TapMessage& message) {
  if (message.spec == nullptr) return "Unknown commands";
  return is_from_km(message.spec->command) ? "From key managers" : "From controllers";
}

using FindingLists = std::unordered_map<std::uint64_t, FindingTable::List>;

/// Calls `count` for those of a message or of a frame.
template <class Count>
void for_each_finding(const FindingLists& lists, std::uint64_t key, const Count& count) {
  const auto found = lists.find(key);
  if (found == lists.end()) return;
  for (const ShownFinding& finding : found->second.kept) count(finding);
}

/// For all that were told of a message, or of a frame where the message is none.
template <class Count>
void for_each_finding(const TapMessage& message, const packet_info* pinfo, const Count& count) {
  for (const FindingTable* results :
       {&state.dissection->results().findings, &state.dissection->end_results().findings}) {
    if (message.message == kNoMessage) {
      for_each_finding(results->by_frame, pinfo->num, count);
    } else {
      for_each_finding(results->by_message, message.message, count);
    }
  }
}

void begin_messages(stats_tree* tree) {
  try {
    message_trees[tree] = {};
  } catch (const std::exception&) {
  }
  for (const char* name : {"Messages", "Results", "Senders", "Findings"})
    stats_tree_create_node(tree, name, 0, STAT_DT_INT, true);
  // Wireshark's window sorts by name at first, from Z to A: what is asked for most stays on top.
  for (const char* name : {"Messages", "Findings"}) stat_node_set_flags(tree, name, 0, true, ST_FLG_SORT_TOP);
}

/// The message's name; the code, where neither Table I.1 nor the user gives one.
const char* node_of(MessageTree& names, const TapMessage& message) {
  const std::uint16_t command = message.header.command;
  if (message.spec != nullptr || vendor_command_name(command) != nullptr) return message.name;
  return bounded(names.commands, command_text(command), "other codes");
}

void count_message(stats_tree* tree, MessageTree& names, const TapMessage& message, packet_info* pinfo) {
  const char* name = node_of(names, message);
  const int all = tick(tree, "Messages", 0, true);
  tick(tree, name, tick(tree, sent_by(message), all, true), false);
  if (message.has_result) {
    const int outcome = tick(tree, words_of(message.outcome), tick(tree, "Results", 0, true), true);
    tick(tree, bounded(names.results, message.result, "other results"), outcome, false);
  }
  char* address = address_to_str(nullptr, &pinfo->src);
  const char* sender = bounded(names.senders, address, "other addresses");
  wmem_free(nullptr, address);
  const bool detailed = names.detailed.count(sender) > 0 ||
                        (names.detailed.size() < kMaxDetailed && names.detailed.insert(sender).second);
  const int node = tick(tree, sender, tick(tree, "Senders", 0, true), detailed);
  if (detailed) tick(tree, message.name, node, false);  // no codes: there may be many for each sender
}

void count_finding(stats_tree* tree, const ShownFinding& finding) {
  const int root = tick(tree, "Findings", 0, true);
  const int severity = tick(tree, name_of(finding.severity).data(), root, true);
  tick(tree, rule(finding.rule).slug.data(), severity, false);
}

tap_packet_status tell_messages(stats_tree* tree, packet_info* pinfo, epan_dissect_t* /*edt*/,
                                const void* record, tap_flags_t /*flags*/) {
  if (state.dissection == nullptr) return TAP_PACKET_DONT_REDRAW;
  const auto& message = *static_cast<const TapMessage*>(record);
  try {
    if (message.message != kNoMessage) count_message(tree, message_trees[tree], message, pinfo);
    for_each_finding(message, pinfo, [tree](const ShownFinding& finding) { count_finding(tree, finding); });
  } catch (const std::exception&) {
    return TAP_PACKET_FAILED;
  }
  return TAP_PACKET_REDRAW;
}

void end_messages(stats_tree* tree) {
  message_trees.erase(tree);
}

void begin_procedures(stats_tree* tree) {
  try {
    procedure_trees[tree] = {};
  } catch (const std::exception&) {
  }
  for (const char* name : {"Relays", "Sessions", "Reservations"})
    stats_tree_create_node(tree, name, 0, STAT_DT_INT, true);
}

const char* plural_of(ProcedureKind kind) {
  switch (kind) {
    case ProcedureKind::relay:
      return "Relays";
    case ProcedureKind::session:
      return "Sessions";
    case ProcedureKind::reservation:
      break;
  }
  return "Reservations";
}

void add_procedures(stats_tree* tree, const ProcedureState& now, int number) {
  const int kind = increase_stat_node(tree, plural_of(kind_of(now)), 0, true, number);
  increase_stat_node(tree, name_of(now).data(), kind, false, number);
}

/// Those that turned out to be parts of others are not counted any more.
void forget_gone(stats_tree* tree, ProcedureTree& counts) {
  const AuditResults& results = state.dissection->results();
  for (; counts.gone_seen < results.gone.size(); ++counts.gone_seen) {
    const auto counted = counts.counted.find(results.gone[counts.gone_seen]);
    if (counted == counts.counted.end() || results.procedures.count(counted->first) > 0) continue;
    add_procedures(tree, counted->second, -1);
    counts.counted.erase(counted);
  }
}

void count_procedure(stats_tree* tree, ProcedureTree& counts, std::uint64_t message) {
  forget_gone(tree, counts);
  const AuditResults& results = state.dissection->results();
  const MessageFacts* facts = results.find_facts(message);
  if (facts == nullptr) return;
  const auto found = results.procedures.find(facts->procedure);
  if (found == results.procedures.end()) return;
  ProcedureState now = found->second.state;
  const auto& ahead = state.dissection->end_results().states;
  if (const auto final = ahead.find(facts->procedure); final != ahead.end()) now = final->second;
  const auto [counted, is_new] = counts.counted.try_emplace(facts->procedure, now);
  if (!is_new && counted->second == now) return;
  if (!is_new) add_procedures(tree, counted->second, -1);
  counted->second = now;
  add_procedures(tree, now, 1);
}

tap_packet_status tell_procedures(stats_tree* tree, packet_info* /*pinfo*/, epan_dissect_t* /*edt*/,
                                  const void* record, tap_flags_t /*flags*/) {
  if (state.dissection == nullptr) return TAP_PACKET_DONT_REDRAW;
  try {
    count_procedure(tree, procedure_trees[tree], static_cast<const TapMessage*>(record)->message);
  } catch (const std::exception&) {
    return TAP_PACKET_FAILED;
  }
  return TAP_PACKET_REDRAW;
}

void end_procedures(stats_tree* tree) {
  procedure_trees.erase(tree);
}

void begin_peers(stats_tree* tree) {
  try {
    peer_trees[tree] = {};
  } catch (const std::exception&) {
  }
  for (const char* name : {kKms, kControllers, kNobody})
    stats_tree_create_node(tree, name, 0, STAT_DT_INT, true);
}

/// The address of who must fix it, with its port where that tells it from others.
std::string address_of(const Endpoint& fixer) {
  address shown;
  set_address(&shown, fixer.address.size == 4 ? AT_IPv4 : AT_IPv6, fixer.address.size,
              fixer.address.bytes.data());
  char* text = address_to_str(nullptr, &shown);
  std::string out = text;
  wmem_free(nullptr, text);
  if (fixer.port == 0) return out;
  if (fixer.address.size != 4) out = "[" + out + "]";
  return out + ":" + std::to_string(fixer.port);
}

void count_by_peer(stats_tree* tree, Names& peers, const ShownFinding& finding) {
  int parent = 0;
  if (!finding.at_fault || finding.fixer.address.size == 0) {
    parent = tick(tree, kNobody, 0, true);
  } else {
    const int role = tick(tree, finding.at_fault == Role::km ? kKms : kControllers, 0, true);
    parent = tick(tree, bounded(peers, address_of(finding.fixer), "other addresses"), role, true);
  }
  const int severity = tick(tree, name_of(finding.severity).data(), parent, true);
  tick(tree, rule(finding.rule).slug.data(), severity, false);
}

tap_packet_status tell_peers(stats_tree* tree, packet_info* pinfo, epan_dissect_t* /*edt*/,
                             const void* record, tap_flags_t /*flags*/) {
  if (state.dissection == nullptr) return TAP_PACKET_DONT_REDRAW;
  try {
    Names& peers = peer_trees[tree];
    for_each_finding(*static_cast<const TapMessage*>(record), pinfo,
                     [&](const ShownFinding& finding) { count_by_peer(tree, peers, finding); });
  } catch (const std::exception&) {
    return TAP_PACKET_FAILED;
  }
  return TAP_PACKET_REDRAW;
}

void end_peers(stats_tree* tree) {
  peer_trees.erase(tree);
}

}  // namespace

void register_statistics() {
  stats_tree_register_plugin("ck", "ck", CK_MENU("Messages"), 0, tell_messages, begin_messages, end_messages);
  stats_tree_register_plugin("ck", "ck_procedures", CK_MENU("Procedures"), 0, tell_procedures,
                             begin_procedures, end_procedures);
  stats_tree_register_plugin("ck", "ck_peers", CK_MENU("Findings by who must fix them"), 0, tell_peers,
                             begin_peers, end_peers);
}

}  // namespace ck::plugin
