// Records on their way to the spools that sort and keep them. Aside, a thread of its own does that, so that
// who tells them waits for no disk. Order and outcome are the same.
#pragma once

#include <memory>
#include <optional>

#include "base/batch_thread.h"
#include "report/byte_buffer.h"
#include "report/codec.h"
#include "report/spool.h"

namespace ck::report {

class RecordQueue {
 public:
  explicit RecordQueue(bool aside);

  /// The record goes to `spool`, which must outlive the queue, and which nobody may touch before drain() has
  /// returned. Throws what keeping an earlier one threw: std::system_error (spool.h).
  template <typename Record>
  void add(SortedSpool& spool, SortKey key, const Record& record) {
    const std::size_t begin = filling_->size();
    filling_->taken(filling_->room(sizeof(Header)) + sizeof(Header));  // written when its size is known
    encode(record, *filling_);
    end_record(Header{&spool, key, filling_->size() - begin - sizeof(Header)}, begin);
  }
  /// Returns when all that was added is in its spool. Throws as add() does.
  void drain();

 private:
  /// What stands before a record's bytes.
  struct Header {
    SortedSpool* spool = nullptr;
    SortKey key;
    std::size_t size = 0;
  };

  void end_record(const Header& header, std::size_t begin);
  static void keep_all(ByteBuffer& records);

  std::unique_ptr<ByteBuffer> filling_ = std::make_unique<ByteBuffer>();
  std::optional<BatchThread<ByteBuffer>> aside_;  // last: its thread uses what the others lead to
};

}  // namespace ck::report
