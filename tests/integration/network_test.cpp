// Fifty KMs, four controllers, ten thousand procedures: all of them are rebuilt, every fault is found at its
// frame and nothing else is. The same network seen in part, and small networks of many seeds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "command.h"
#include "network_check.h"

namespace ck::integration {
namespace {

using samples::Packet;
using samples::Recording;

NetworkOptions large_network() {
  NetworkOptions out;
  out.faults = 100;
  out.broken_streams = true;
  return out;
}

NetworkOptions small_network(std::uint64_t seed) {
  NetworkOptions out;
  out.kms = 12;
  out.controllers = 2;
  out.procedures = 120;
  out.span_ms = 4'000;
  out.content = out.timing = seed;
  return out;
}

std::filesystem::path write_capture(const TemporaryFolder& folder, const std::string& name,
                                    const Recording& recording) {
  const std::filesystem::path path = folder.path() / (name + ".pcap");
  samples::write_file(path, recording.pcap({.nanoseconds = true}));
  return path;
}

Json::Value audit_one(const Recording& recording) {
  const TemporaryFolder folder;
  return audit_files({write_capture(folder, "network", recording)})["audits"][0];
}

const Played& the_large_network() {
  static const Played played = play(large_network());
  return played;
}

const Json::Value& the_large_audit() {
  static const Json::Value audit = audit_one(the_large_network().recording);
  return audit;
}

TEST(Network, IsAsLargeAndAsBusyAsIntended) {
  const Played& network = the_large_network();
  std::printf(
      "%zu procedures, %llu messages, %llu connections, %llu faults, %llu late answers, %zu open at once\n",
      network.scripts.size(), static_cast<unsigned long long>(network.messages),
      static_cast<unsigned long long>(network.connections), static_cast<unsigned long long>(network.injected),
      static_cast<unsigned long long>(network.on_later_connection), network.most_open);
  EXPECT_EQ(network.scripts.size(), 10'000u);
  EXPECT_GE(network.injected, 100u);
  EXPECT_GE(network.on_later_connection, 100u);
  EXPECT_GE(network.most_open, 100u);
}

TEST(Network, EveryFaultIsFoundAtItsFrameAndNothingElse) {
  EXPECT_EQ(compare_findings(the_large_network(), the_large_audit()), "");
}

TEST(Network, EveryAnswerFindsItsRequest) {
  EXPECT_EQ(compare_pairs(the_large_network(), the_large_audit()), "");
}

TEST(Network, EveryProcedureIsRebuilt) {
  EXPECT_EQ(compare_procedures(the_large_network(), the_large_audit()), "");
}

/// Small networks of many seeds, one run of ck-audit over all.
struct Batch {
  std::vector<Played> played;
  Json::Value report;
};

Batch audit_batch(const std::vector<NetworkOptions>& options) {
  Batch out;
  const TemporaryFolder folder;
  std::vector<std::filesystem::path> files;
  for (const NetworkOptions& one : options) {
    out.played.push_back(play(one));
    files.push_back(write_capture(folder, std::to_string(1000 + files.size()), out.played.back().recording));
  }
  out.report = audit_files(files);
  return out;
}

void expect_all(const Batch& batch) {
  for (std::size_t i = 0; i < batch.played.size(); ++i) {
    const Json::Value& audit = batch.report["audits"][static_cast<Json::ArrayIndex>(i)];
    EXPECT_EQ(compare_findings(batch.played[i], audit), "") << "network " << i;
    EXPECT_EQ(compare_pairs(batch.played[i], audit), "") << "network " << i;
    EXPECT_EQ(compare_procedures(batch.played[i], audit), "") << "network " << i;
  }
}

TEST(SmallNetworks, ConformingTrafficHasNoFinding) {
  for (const auto numbering : {std::optional<Numbering>{}, std::optional(Numbering::echo),
                               std::optional(Numbering::own), std::optional(Numbering::mixed)}) {
    SCOPED_TRACE(numbering ? static_cast<int>(*numbering) : -1);
    std::vector<NetworkOptions> options;
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      options.push_back(small_network(seed));
      options.back().numbering = numbering;
    }
    expect_all(audit_batch(options));
  }
}

TEST(SmallNetworks, FaultsAreFound) {
  std::vector<NetworkOptions> options;
  for (std::uint64_t seed = 101; seed <= 130; ++seed) {
    options.push_back(small_network(seed));
    options.back().faults = 48;
    options.back().broken_streams = true;
  }
  expect_all(audit_batch(options));
}

/// Answers that name nothing, so that pairs are ambiguous: what cannot be told is no fault.
TEST(SmallNetworks, AmbiguousAnswersAreNoFault) {
  for (const Numbering numbering : {Numbering::echo, Numbering::own, Numbering::mixed}) {
    SCOPED_TRACE(static_cast<int>(numbering));
    std::vector<NetworkOptions> options;
    for (std::uint64_t seed = 201; seed <= 240; ++seed) {
      options.push_back(small_network(seed));
      options.back().numbering = numbering;
      options.back().loose = true;
    }
    const Batch batch = audit_batch(options);
    std::uint64_t undecidable = 0;
    for (std::size_t i = 0; i < batch.played.size(); ++i) {
      const Json::Value& audit = batch.report["audits"][static_cast<Json::ArrayIndex>(i)];
      EXPECT_EQ(compare_findings(batch.played[i], audit), "") << "network " << i;
      undecidable += undecidable_in(audit);
    }
    EXPECT_TRUE(undecidable > 0 || numbering == Numbering::echo);
  }
}

/// Findings by rule and procedures by kind and state: what does not depend on who was first.
std::map<std::string, std::uint64_t> verdict_of(const Json::Value& audit) {
  std::map<std::string, std::uint64_t> out;
  for (const auto& [frame, rule] : findings_of(audit)) {
    if (rule != "plaintext-transport") ++out[rule];
  }
  for (const char* list : {"relays", "sessions", "reservations"}) {
    for (const Json::Value& procedure : audit[list])
      ++out[std::string(list) + " " + procedure["state"].asString()];
  }
  return out;
}

TEST(SmallNetworks, OrderOfIndependentProceduresChangesNoVerdict) {
  for (std::uint64_t content = 301; content <= 306; ++content) {
    std::vector<NetworkOptions> options;
    for (std::uint64_t timing = 1; timing <= 6; ++timing) {
      options.push_back(small_network(content));
      options.back().timing = timing;
      options.back().faults = 48;
    }
    const Batch batch = audit_batch(options);
    const auto verdict = verdict_of(batch.report["audits"][0]);
    for (Json::ArrayIndex i = 1; i < batch.report["audits"].size(); ++i)
      EXPECT_EQ(verdict_of(batch.report["audits"][i]), verdict)
          << "content " << content << ", timing " << i + 1;
  }
}

/// The packets of a recording for which `keep` holds, and for each frame of it the frame it was.
template <class Keep>
std::pair<Recording, std::vector<std::uint64_t>> part_of(const Recording& whole, Keep keep) {
  std::pair<Recording, std::vector<std::uint64_t>> out;
  for (std::size_t i = 0; i < whole.packets().size(); ++i) {
    const Packet& packet = whole.packets()[i];
    if (!keep(i, packet)) continue;
    out.first.packets().push_back(packet);
    out.second.push_back(i + 1);
  }
  return out;
}

/// Of what is found in a part, all is truly there; nothing that is known of the whole is blamed on a peer
/// because the rest was not seen. Which frame is a connection's first is the part's own affair.
void expect_nobody_blamed(const Recording& part, const std::vector<std::uint64_t>& frames) {
  const Json::Value audit = audit_one(part);
  Json::ArrayIndex found = 0;
  for (const Json::Value& finding : audit["findings"]) {
    const std::string rule = finding["rule"].asString();
    if (finding["severity"] == "note" || rule == "plaintext-transport") continue;
    const std::uint64_t frame = frames.at(finding["frame"].asUInt64() - 1);
    EXPECT_EQ(the_large_network().findings.count({frame, rule}), 1u)
        << rule << " at " << frame << ": " << finding["message"].asString();
    ++found;
  }
  EXPECT_GT(found, 0u) << "what one message shows is found anywhere";
  const auto seen = static_cast<double>(audit["messages"].size());
  EXPECT_GT(seen, 1'000.0);
  EXPECT_GT(static_cast<double>(undecidable_in(audit)) / seen,
            static_cast<double>(undecidable_in(the_large_audit())) /
                static_cast<double>(the_large_network().messages));
}

bool from_km_packet(const Packet& packet) {
  return packet.bytes.at(14 + 12 + 1) == 41;  // Ethernet, then the source address: KMs are in 10.41
}

/// The last byte of the controller's address.
unsigned controller_of(const Packet& packet) {
  return packet.bytes.at(14 + (from_km_packet(packet) ? 16 : 12) + 3);
}

TEST(PartOfANetwork, OneControllersConnections) {
  const auto [part, frames] = part_of(the_large_network().recording, [](std::size_t, const Packet& packet) {
    return controller_of(packet) == 1;
  });
  expect_nobody_blamed(part, frames);
}

TEST(PartOfANetwork, OnlyWhatKmsSend) {
  const auto [part, frames] = part_of(the_large_network().recording, [](std::size_t, const Packet& packet) {
    return from_km_packet(packet);
  });
  expect_nobody_blamed(part, frames);
}

TEST(PartOfANetwork, OnlyWhatControllersSend) {
  const auto [part, frames] = part_of(the_large_network().recording, [](std::size_t, const Packet& packet) {
    return !from_km_packet(packet);
  });
  expect_nobody_blamed(part, frames);
}

TEST(PartOfANetwork, FromTheMiddleOn) {
  const std::size_t middle = the_large_network().recording.packets().size() / 2;
  const auto [part, frames] =
      part_of(the_large_network().recording, [&](std::size_t at, const Packet&) { return at >= middle; });
  expect_nobody_blamed(part, frames);
}

}  // namespace
}  // namespace ck::integration
