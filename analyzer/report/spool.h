// Where an audit's records wait until they are written: memory for the small ones, an unnamed temporary file
// beyond. A report may be larger than memory, and most of its sections are only complete when the capture
// ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/output.h"

namespace ck::report {

/// Bytes that grow at the end and can be rewritten in place. Throws std::system_error when the temporary file
/// fails (TMPDIR, else /tmp, is full or not writable).
class Spool {
 public:
  /// `memory_limit`: bytes kept in memory before a temporary file takes over.
  explicit Spool(std::size_t memory_limit = kDefaultMemory) : limit_(memory_limit) {}
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  void append(std::string_view bytes);
  /// Replaces bytes at `offset`; offset + bytes.size() must not exceed size().
  void rewrite(std::uint64_t offset, std::string_view bytes);
  /// Up to `size` bytes from `offset`; fewer at the end.
  void read(std::uint64_t offset, std::size_t size, std::string& out);
  /// The same, where there is room for them. Returns how many they are.
  std::size_t read(std::uint64_t offset, std::size_t size, char* to);
  [[nodiscard]] std::uint64_t size() const { return size_; }

  static constexpr std::size_t kDefaultMemory = 32 * 1024;

 private:
  void spill();

  std::size_t limit_;
  std::string pending_;        ///< everything while no file is open; afterwards what is not written yet
  std::uint64_t written_ = 0;  ///< bytes in the file
  std::uint64_t size_ = 0;
  int fd_ = -1;
};

/// Reads a spool forwards in pieces of its own choosing.
class SpoolReader {
 public:
  SpoolReader(Spool& spool, std::uint64_t begin, std::uint64_t end, std::size_t chunk = 16 * 1024)
      : spool_(&spool), at_(begin), end_(end), chunk_(chunk) {}
  /// The next `size` bytes, valid until the next call; empty when fewer are left.
  std::string_view take(std::size_t size) {
    if (filled_ - used_ < size && !fill(size)) return {};
    used_ += size;
    return {buffer_.get() + used_ - size, size};
  }

 private:
  bool fill(std::size_t size);

  Spool* spool_;
  std::uint64_t at_, end_;
  std::size_t chunk_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0, filled_ = 0, used_ = 0;  ///< of the buffer, in bytes; used_: given away
};

/// Output that waits in a spool for its turn.
class SpoolOutput final : public Output {
 public:
  /// Appends everything written so far to `out`.
  void copy_to(Output& out);
  /// Bytes that were flushed.
  [[nodiscard]] std::uint64_t size() const { return spool_.size(); }

 protected:
  void write(std::string_view text) override { spool_.append(text); }

 private:
  Spool spool_;
};

/// Records in memory, each by where it lies. Memory is asked for in pieces, and a piece is used again when
/// none of its records is needed: the next ones lie where the processor's caches have been just now.
class KeptRecords {
 public:
  /// Room for `size` bytes, until they are dropped.
  std::uint32_t keep(std::size_t size);
  [[nodiscard]] char* at(std::uint32_t place) {
    return pieces_[place / kPieceBytes].bytes.get() + place % kPieceBytes;
  }
  void drop(std::uint32_t place);
  /// What they take, also where nothing is needed any more.
  [[nodiscard]] std::size_t bytes() const { return pieces_.size() * kPieceBytes; }

 private:
  static constexpr std::size_t kPieceBytes = 8 * 1024;
  struct Piece {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0, used = 0;  ///< a larger record has a piece of its own
    std::size_t records = 0;
  };
  void open(std::size_t size);

  std::vector<Piece> pieces_;
  std::vector<std::size_t> unused_;
  std::optional<std::size_t> open_;  ///< the piece that the next record goes to
};

struct SortKey {
  std::uint64_t major = 0, minor = 0;
  friend auto operator<=>(const SortKey&, const SortKey&) = default;
};

/// Records that come nearly in order and are read in order. A fixed window of memory sorts what it can
/// (replacement selection); what comes later than that starts another run, and runs are merged when reading.
class SortedSpool {
 public:
  explicit SortedSpool(std::size_t window_bytes = 128 * 1024) : window_(window_bytes) {}

  /// Records with equal keys keep the order of their adding.
  void add(SortKey key, std::string_view record);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// Calls `visit` with each record in order; may be called again, and add() again after it.
  void for_each(const std::function<void(std::string_view record)>& visit);

 private:
  struct Place {
    SortKey key;
    std::uint64_t sequence = 0;
  };
  /// A record in memory, as it stands in a run.
  struct Entry : Place {
    std::uint32_t record = 0, size = 0;  ///< its place among records_
  };
  struct Run {
    std::uint64_t begin = 0, end = 0;
  };
  struct Earlier;  ///< the order of reading
  class Cursor;    ///< reads one run

  [[nodiscard]] std::string_view bytes_of(const Entry& entry) {
    return {records_.at(entry.record), entry.size};
  }
  void emit(const Entry& entry);
  void emit_until(std::size_t held_bytes);
  void pack();
  void merge_runs(const std::function<void(std::string_view record)>& visit);

  std::size_t window_;
  std::size_t held_bytes_ = 0;
  std::uint64_t count_ = 0;
  std::vector<Entry> current_, next_;  ///< in order: of the run being written, and of the one after it
  KeptRecords records_;                ///< of these entries
  bool run_open_ = false;
  SortKey last_;
  std::vector<Run> runs_;
  Spool spool_;
};

}  // namespace ck::report
