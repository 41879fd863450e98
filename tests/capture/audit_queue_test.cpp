// The queue between reader and audit: the same records in the same order whenever and wherever they are
// checked, and a sink's failure reaches whoever reads.
#include "capture/audit_queue.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace ck::capture {
namespace {

constexpr std::string_view kRequest =
    R"({"Application source ID":"a","Application destination ID":"b","Number of keys":1})";

/// Notes what the audit understood of each message, and fails at the message `fail_at`.
struct Notes final : AuditSink {
  explicit Notes(std::uint64_t fails = ~std::uint64_t{0}) : fail_at(fails) {}
  void message(const MessageRecord& record) override {
    if (record.ref.index == fail_at) throw std::runtime_error("no space left");
    const Member* member = record.message->payload->find(Parameter::application_source_id);
    notes.push_back(std::to_string(record.ref.at.frame) +
                    (member == nullptr ? "" : std::string(member->text)));
  }
  void connection(const ConnectionRecord& record) override {
    notes.push_back("end of " + std::to_string(record.id));
  }
  std::uint64_t fail_at;
  std::vector<std::string> notes;
};

Message request_message(std::uint32_t number, const std::string& payload) {
  Message message;
  message.connection = 7;
  message.at.frame = number + 1;
  message.header = FrameHeader{1, number, 0x1406, static_cast<std::uint16_t>(payload.size())};
  message.command = 0x1406;
  message.spec = find_message(0x1406);
  message.payload_bytes = Bytes(reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size());
  return message;
}

/// Tells `count` requests whose bytes are gone after each call, as those of a packet are.
void tell(AuditQueue& queue, std::uint32_t count) {
  ConnectionStart start;
  start.key = 7;
  queue.open(start);
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string payload(kRequest);
    queue.message(request_message(i, payload));
    payload.assign(payload.size(), '#');
    queue.packet_over();
  }
  queue.close(7, Position{0, count + 1, 0});
}

// Several times what all batches hold.
constexpr std::uint32_t kMany = 20'000;

std::vector<std::string> notes_of(Judging judging) {
  const NameTable names;
  Notes notes;
  Audit audit({}, notes);
  AuditQueue queue(names, audit, judging);
  tell(queue, kMany);
  queue.drain();
  audit.finish(notes, {});
  return notes.notes;
}

TEST(AuditQueue, EveryWayOfJudgingSaysTheSame) {
  std::vector<std::string> expected;
  for (std::uint32_t i = 0; i < kMany; ++i) expected.push_back(std::to_string(i + 1) + "a");
  expected.emplace_back("end of 1");
  EXPECT_EQ(notes_of(Judging::at_once), expected);
  EXPECT_EQ(notes_of(Judging::in_batches), expected);
  EXPECT_EQ(notes_of(Judging::aside), expected);
}

TEST(AuditQueue, AtOnceMeansBeforeTheNextPacket) {
  const NameTable names;
  Notes notes;
  Audit audit({}, notes);
  AuditQueue queue(names, audit, Judging::at_once);
  tell(queue, 1);
  EXPECT_EQ(notes.notes, std::vector<std::string>{"1a"});
}

TEST(AuditQueue, AFailingSinkIsHeardWhereverItIsAsked) {
  const NameTable names;
  for (const Judging judging : {Judging::at_once, Judging::in_batches, Judging::aside}) {
    for (const std::uint32_t count : {10U, kMany}) {
      Notes notes(5);
      Audit audit({}, notes);
      AuditQueue queue(names, audit, judging);
      const auto all = [&] {
        tell(queue, count);
        queue.drain();
      };
      EXPECT_THROW(all(), std::runtime_error);
      EXPECT_EQ(notes.notes.size(), 5u);
    }
  }
}

TEST(AuditQueue, MayBeLeftHalfWay) {
  const NameTable names;
  for (const Judging judging : {Judging::in_batches, Judging::aside}) {
    Notes notes;
    Audit audit({}, notes);
    AuditQueue queue(names, audit, judging);
    tell(queue, kMany);
  }
}

}  // namespace
}  // namespace ck::capture
