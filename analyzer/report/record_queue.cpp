// Batches of records between who tells them and the thread that may keep them.
#include "report/record_queue.h"

#include <cstring>
#include <utility>
#include <vector>

namespace ck::report {
namespace {

constexpr std::size_t kBatchBytes = 64 * 1024;
/// Batches in all: who tells records may be that far ahead.
constexpr std::size_t kBatches = 4;

}  // namespace

RecordQueue::RecordQueue(bool aside) {
  if (!aside) return;
  std::vector<std::unique_ptr<ByteBuffer>> spare;
  for (std::size_t i = 1; i < kBatches; ++i) spare.push_back(std::make_unique<ByteBuffer>());
  aside_.emplace(std::move(spare), keep_all);
}

void RecordQueue::end_record(const Header& header, std::size_t begin) {
  filling_->rewrite(begin, {reinterpret_cast<const char*>(&header), sizeof header});
  if (!aside_) {
    keep_all(*filling_);
  } else if (filling_->size() >= kBatchBytes) {
    aside_->exchange(filling_);
  }
}

/// Puts each record in its spool, and empties the batch.
void RecordQueue::keep_all(ByteBuffer& records) {
  for (std::string_view rest = records.view(); !rest.empty();) {
    Header header;
    std::memcpy(&header, rest.data(), sizeof header);
    header.spool->add(header.key, rest.substr(sizeof header, header.size));
    rest.remove_prefix(sizeof header + header.size);
  }
  records.clear();
  if (records.capacity() > 4 * kBatchBytes) records = ByteBuffer();  // a record that is larger than most
}

void RecordQueue::drain() {
  if (!aside_) return;
  if (filling_->size() != 0) aside_->exchange(filling_);
  aside_->drain();
}

}  // namespace ck::report
