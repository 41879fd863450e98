// Ck under TLS: ck-audit, which has tshark decrypt, says what was typed by hand, and what the plugin says.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "command.h"
#include "tshark.h"

namespace ck::integration {
namespace {

using samples::Sample;

std::vector<Sample> encrypted_samples() {
  std::vector<Sample> out;
  for (Sample& sample : samples::all_samples()) {
    if (sample.encrypted) out.push_back(std::move(sample));
  }
  return out;
}

std::string test_name(const testing::TestParamInfo<Sample>& info) {
  std::string out = std::filesystem::path(info.param.path).stem();
  for (char& c : out) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return out;
}

/// ck-audit where tshark finds the plugin. Started as root, neither it nor tshark is root.
class Decryption {
 public:
  explicit Decryption(const Sample& sample)
      : command_(tshark_in(folder_.path())),
        capture_(folder_.path() / std::filesystem::path(sample.path).filename()) {
    std::filesystem::copy_file(path_of(sample), capture_);
    std::filesystem::copy_file(CK_AUDIT, folder_.path() / "ck-audit");
    tshark_ = command_;
    command_.back() = folder_.path() / "ck-audit";
  }
  [[nodiscard]] Seen audit(const Sample& sample, const std::string& capture) const {
    return audit_as(command_, sample, capture);
  }
  [[nodiscard]] const std::string& capture() const { return capture_; }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_.path() / name; }
  [[nodiscard]] Outcome tshark(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all = tshark_;
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run(all);
  }

 private:
  TemporaryFolder folder_;
  std::vector<std::string> command_, tshark_;
  std::string capture_;
};

std::size_t little_endian(const std::string& bytes, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes.at(i)));
  };
  return byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24;
}

/// A Decryption Secrets Block: type, length, what its secrets are ("KSLT"), their length, the key log.
std::string secrets_of(const std::string& capture) {
  const std::size_t kind = capture.find("KSLT");
  return capture.substr(kind + 8, little_endian(capture, kind + 4));
}
std::string without_secrets(std::string capture) {
  const std::size_t begin = capture.find("KSLT") - 8;
  return capture.erase(begin, little_endian(capture, begin + 4));
}

std::multiset<std::pair<std::uint64_t, std::string>> expected_findings(const Sample& sample) {
  std::multiset<std::pair<std::uint64_t, std::string>> out;
  for (const samples::Found& found : sample.expected.findings) out.emplace(found.frame, found.rule);
  return out;
}

std::multiset<std::pair<std::uint64_t, std::uint64_t>> expected_pairs(const Sample& sample) {
  std::multiset<std::pair<std::uint64_t, std::uint64_t>> out;
  for (const samples::Pair& pair : *sample.expected.pairs) out.emplace(pair.response, pair.request);
  return out;
}

class TlsParityTest : public testing::TestWithParam<Sample> {};

TEST_P(TlsParityTest, EmbeddedSecretsServeWithoutAnOption) {
  const Decryption decryption(GetParam());
  const Seen seen = decryption.audit(GetParam(), decryption.capture());
  ASSERT_EQ(seen.trouble, "");
  EXPECT_EQ(seen.status, 0);
  EXPECT_EQ(seen.messages.size(), GetParam().expected.messages);
  EXPECT_EQ(seen.findings, expected_findings(GetParam()));
  EXPECT_EQ(seen.pairs, expected_pairs(GetParam()));
  ASSERT_EQ(seen.procedures.size(), GetParam().expected.procedures->size());
  auto found = seen.procedures.begin();
  for (const samples::Procedure& expected : *GetParam().expected.procedures) {
    EXPECT_EQ(found->second.kind, expected.kind);
    EXPECT_EQ(found->second.state, expected.state);
    EXPECT_EQ(found->second.frames, expected.frames);
    ++found;
  }
}

TEST_P(TlsParityTest, PluginHasTheSameMessagesAndPairs) {
  const Seen plugin = dissect(GetParam());
  ASSERT_EQ(plugin.trouble, "");
  const Decryption decryption(GetParam());
  const Seen seen = decryption.audit(GetParam(), decryption.capture());
  EXPECT_EQ(plugin.messages, seen.messages);
  EXPECT_EQ(plugin.pairs, seen.pairs);
  EXPECT_EQ(plugin.procedure_frames, seen.procedure_frames);
}

/// What the tap exports is a capture of its own: no longer of TLS, and of no connection's start.
TEST_P(TlsParityTest, ExportedPdusAreRead) {
  const Decryption decryption(GetParam());
  const std::string exported = decryption.file("exported.pcapng");
  const Outcome outcome = decryption.tshark({"-r", decryption.capture(), "-U", "Ck", "-w", exported});
  ASSERT_EQ(outcome.status, 0) << outcome.errors;
  const Seen seen = decryption.audit(GetParam(), exported);
  ASSERT_EQ(seen.trouble, "");
  EXPECT_EQ(seen.status, 0);
  EXPECT_TRUE(seen.findings.empty()) << text(seen.findings);
  ASSERT_EQ(seen.messages.size(), GetParam().expected.messages);
  std::uint64_t frame = 0;
  for (const auto& message : seen.messages) EXPECT_EQ(std::get<0>(message), ++frame);
}

INSTANTIATE_TEST_SUITE_P(Captures, TlsParityTest, testing::ValuesIn(encrypted_samples()), test_name);

TEST(TlsParityTest, AKeyLogServesAndItsAbsenceHidesEverything) {
  const Sample sample = encrypted_samples().front();
  const Decryption decryption(sample);
  const std::string keys = decryption.file("keys"), bare = decryption.file("bare.pcapng");
  std::ofstream(keys) << secrets_of(read_file(decryption.capture()));
  std::ofstream(bare) << without_secrets(read_file(decryption.capture()));
  std::filesystem::permissions(keys, std::filesystem::perms::all);
  std::filesystem::permissions(bare, std::filesystem::perms::all);
  EXPECT_TRUE(decryption.audit(sample, bare).messages.empty());
  Sample with_keys = sample;
  with_keys.options = {"--tls-keylog", keys};
  const Seen seen = decryption.audit(with_keys, bare);
  EXPECT_EQ(seen.messages.size(), sample.expected.messages);
  EXPECT_EQ(seen.findings, expected_findings(sample));
}

}  // namespace
}  // namespace ck::integration
