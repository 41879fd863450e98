// The same floods in tshark: with the plugin it neither aborts nor takes much more memory than without.
#include <gtest/gtest.h>
#include <unistd.h>

#include "hostile/floods.h"
#include "hostile/measured.h"

namespace ck::hostile {
namespace {

struct PluginFlood {
  const char* name;
  void (*make)(Writer& writer, std::uint32_t n);
  std::uint32_t n;
  double most_mib;  ///< beyond what tshark takes without the plugin
};

void PrintTo(const PluginFlood& flood, std::ostream* out) {
  *out << flood.name;
}

/// Two passes, as in the GUI, where state is kept for every frame; as nobody where we are root, for Wireshark
/// loads no plugins of a folder for root.
Measured tshark(const std::filesystem::path& home, const std::string& plugins) {
  std::vector<std::string> command;
  if (geteuid() == 0) command = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
  for (const std::string& word :
       {std::string("env"), "HOME=" + home.string(), "WIRESHARK_PLUGIN_DIR=" + plugins,
        std::string("WIRESHARK_ABORT_ON_DISSECTOR_BUG=1"), std::string("tshark"), std::string("-n"),
        std::string("-2"), std::string("-V"), std::string("-r"), (home / "flood.pcap").string()}) {
    command.push_back(word);
  }
  return measure(command);
}

class PluginFloodTest : public testing::TestWithParam<PluginFlood> {};

void write(const PluginFlood& flood, std::uint32_t n, const std::filesystem::path& home) {
  Writer writer(home / "flood.pcap");
  flood.make(writer, n);
  writer.close();
}

TEST_P(PluginFloodTest, IsBorneToTheEnd) {
  const TemporaryFolder home;
  write(GetParam(), GetParam().n / 4, home.path());
  const Measured small = tshark(home.path(), CK_PLUGIN_DIR);
  write(GetParam(), GetParam().n, home.path());
  const Measured without = tshark(home.path(), home.path() / "none");
  const Measured large = tshark(home.path(), CK_PLUGIN_DIR);
  EXPECT_EQ(without.status, 0) << without.errors;
  EXPECT_EQ(small.status, 0) << small.errors;
  EXPECT_EQ(large.status, 0) << large.errors;
  EXPECT_LT(large.peak_mib, without.peak_mib + GetParam().most_mib);
  // Beyond what Wireshark itself takes, which need not grow in proportion.
  constexpr double kSlack = 2, kNoise = 0.4;  // a quadratic cost would be 16 times as much
  EXPECT_LT(large.cpu_seconds - without.cpu_seconds, 4 * kSlack * small.cpu_seconds + kNoise);
}

// Wireshark keeps what it knows of every frame, and so does the plugin: about a KiB for a message, and the
// parameters of those that are part of a procedure.
const PluginFlood kFloods[] = {
    {"Syns", syns, 20'000, 32},
    {"HalfOpenConnections", half_open, 8'000, 32},
    {"UnfinishedMessageInTinySegments", dribbles, 30'000, 64},
    {"MessageInTinySegments", whole_dribbles, 30'000, 64},
    {"SegmentsBehindHoles", behind_a_hole, 8'000, 32},
    {"MessagesOfOneConnection", conversation, 20'000, 48},
    {"MalformedFrames", malformed, 8'000, 48},
    {"CodesAndVersions", codes_and_versions, 8'000, 32},
    {"Decoys", decoys, 400, 32},
    {"Findings", findings, 80, 48},
    {"LongRoutes", long_routes, 200, 150},
    {"LongAllocations", long_allocations, 100, 150},
};

INSTANTIATE_TEST_SUITE_P(Captures, PluginFloodTest, testing::ValuesIn(kFloods),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace ck::hostile
