// Sums over audits.
#include "report/all_peers.h"

#include <fmt/format.h>

#include <algorithm>

#include "audit/rules.h"
#include "report/text_style.h"

namespace ck::report {
namespace {

constexpr std::size_t kMostPeers = 1024, kMostAddresses = 16;
/// A longer name is none that people would look for; it is shown with its address, and not kept.
constexpr std::size_t kLongestName = 1000;

void add_to(AllPeers::Rules& rules, Rule rule, std::uint64_t findings, const std::string& sections) {
  AllPeers::Count& count = rules[rule];
  count.findings += findings;
  ++count.captures;
  if (count.link.empty() && !sections.empty()) count.link = sections + std::string(name_of(rule));
}

void add_address(AllPeers::Peer& peer, const std::string& address) {
  if (address == peer.address || peer.other_addresses.count(address) != 0) return;
  if (peer.other_addresses.size() < kMostAddresses) {
    peer.other_addresses.insert(address);
  } else {
    peer.more_addresses = true;
  }
}

}  // namespace

void AllPeers::add(const AuditRecords& audit, const std::string& sections) {
  for (const PeerBrief& brief : audit.peers()) {
    if (brief.findings.empty()) continue;
    const auto key = std::pair(brief.role, brief.name);
    auto found = peers_.find(key);
    if (found == peers_.end() && (peers_.size() >= kMostPeers || brief.name.size() > kLongestName)) {
      for (const auto& [rule, count] : brief.findings) left_out_ += count;
      continue;
    }
    if (found == peers_.end()) found = peers_.emplace(key, Peer{brief.role, brief.name, brief.address}).first;
    Peer& peer = found->second;
    ++peer.captures;
    add_address(peer, brief.address);
    for (const auto& [rule, count] : brief.findings) add_to(peer.rules, rule, count, sections);
  }
  for (const auto& [rule, count] : audit.nobodys_findings()) add_to(nobodys_, rule, count, sections);
}

Severity AllPeers::severity_of(Rule id) const {
  const auto& grade = grades_[static_cast<std::size_t>(id)];
  // What is switched off has no findings.
  return grade && *grade != Grade::off ? static_cast<Severity>(*grade) : rule(id).severity;
}

std::array<std::uint64_t, 3> AllPeers::badness(const Rules& rules) const {
  std::array<std::uint64_t, 3> sums{};
  for (const auto& [id, count] : rules) sums[static_cast<std::size_t>(severity_of(id))] += count.findings;
  return sums;
}

std::vector<const AllPeers::Peer*> AllPeers::ranking() const {
  std::vector<const Peer*> order;
  order.reserve(peers_.size());
  for (const auto& [key, peer] : peers_) order.push_back(&peer);
  std::stable_sort(order.begin(), order.end(),
                   [this](const Peer* a, const Peer* b) { return badness(a->rules) > badness(b->rules); });
  return order;
}

std::vector<AllPeers::Entry> AllPeers::entries(const Rules& rules) const {
  std::vector<Entry> entries;
  for (const auto& [id, count] : rules) entries.push_back({id, severity_of(id), &count});
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.severity, b.count->findings) < std::pair(b.severity, a.count->findings);
  });
  return entries;
}

std::string where_met(const AllPeers::Peer& peer) {
  const std::string role = peer.role == Role::km ? "KM" : "controller";
  if (peer.other_addresses.empty())
    return peer.address.empty() || peer.address == peer.name ? role : role + " " + peer.address;
  const std::size_t addresses = peer.other_addresses.size() + 1;
  return fmt::format("{} at {} addresses", role,
                     peer.more_addresses ? fmt::format("more than {}", addresses) : grouped(addresses));
}

}  // namespace ck::report
