// Records reach their spools, by this thread or another, or it is said why not.
#include "report/record_queue.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <system_error>

namespace ck::report {
namespace {

Finding finding_of(std::uint64_t frame, std::string text) {
  Finding finding;
  finding.at.frame = frame;
  finding.text = std::move(text);
  return finding;
}

std::vector<std::string> texts_of(SortedSpool& spool) {
  std::vector<std::string> texts;
  Finding finding;
  spool.for_each([&](std::string_view bytes) {
    decode(bytes, finding);
    texts.push_back(finding.text);
  });
  return texts;
}

class RecordQueueTest : public testing::TestWithParam<bool> {};

TEST_P(RecordQueueTest, BringsEachRecordToItsSpool) {
  constexpr int kRecords = 3000;  // several batches of both kinds
  SortedSpool findings, others;
  RecordQueue queue(GetParam());
  for (int i = 0; i < kRecords; ++i) {
    queue.add(findings, {0, static_cast<std::uint64_t>(kRecords - i)}, finding_of(1, std::to_string(i)));
    queue.add(others, {0, static_cast<std::uint64_t>(i)}, finding_of(2, "other " + std::to_string(i)));
  }
  queue.drain();
  const std::vector<std::string> got = texts_of(findings), got_others = texts_of(others);
  ASSERT_EQ(got.size(), kRecords);
  ASSERT_EQ(got_others.size(), kRecords);
  for (int i = 0; i < kRecords; ++i) {
    EXPECT_EQ(got[i], std::to_string(kRecords - 1 - i));
    EXPECT_EQ(got_others[i], "other " + std::to_string(i));
  }
}

TEST_P(RecordQueueTest, TakesRecordsOfAnySize) {
  SortedSpool spool;
  RecordQueue queue(GetParam());
  const std::string large(1 << 20, 'x');
  queue.add(spool, {0, 1}, finding_of(1, "small"));
  queue.add(spool, {0, 2}, finding_of(2, large));
  queue.add(spool, {0, 3}, finding_of(3, ""));
  queue.drain();
  EXPECT_EQ(texts_of(spool), (std::vector<std::string>{"small", large, ""}));
}

TEST_P(RecordQueueTest, GoesOnBehindADrain) {
  SortedSpool spool;
  RecordQueue queue(GetParam());
  queue.drain();
  queue.add(spool, {0, 1}, finding_of(1, "one"));
  queue.drain();
  EXPECT_EQ(texts_of(spool), std::vector<std::string>{"one"});
  queue.add(spool, {0, 2}, finding_of(2, "two"));
  queue.drain();
  EXPECT_EQ(texts_of(spool), (std::vector<std::string>{"one", "two"}));
}

/// TMPDIR names no folder as long as this lives.
class NoTemporaryFolder {
 public:
  NoTemporaryFolder() { setenv("TMPDIR", "/no/such/folder", 1); }
  ~NoTemporaryFolder() { before_.empty() ? unsetenv("TMPDIR") : setenv("TMPDIR", before_.c_str(), 1); }
  NoTemporaryFolder(const NoTemporaryFolder&) = delete;
  NoTemporaryFolder& operator=(const NoTemporaryFolder&) = delete;

 private:
  std::string before_ = std::getenv("TMPDIR") == nullptr ? "" : std::getenv("TMPDIR");
};

TEST_P(RecordQueueTest, SaysThatADiskFails) {
  const NoTemporaryFolder none;
  SortedSpool spool(1024);
  RecordQueue queue(GetParam());
  const auto fill = [&] {
    for (std::uint64_t i = 0; i < 100'000; ++i) queue.add(spool, {0, i}, finding_of(i, "a text"));
    queue.drain();
  };
  EXPECT_THROW(fill(), std::system_error);
}

INSTANTIATE_TEST_SUITE_P(ByThread, RecordQueueTest, testing::Bool(),
                         [](const auto& each) { return each.param ? "Aside" : "AtOnce"; });

}  // namespace
}  // namespace ck::report
