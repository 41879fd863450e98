// Spools over memory and temporary files; sorted runs by replacement selection.
#include "report/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

namespace ck::report {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// A temporary file that no name leads to, so that nothing stays behind whatever ends the program.
int open_temporary() {
  const char* folder = std::getenv("TMPDIR");
  std::string path = (folder != nullptr && *folder != '\0') ? folder : "/tmp";
  path += "/ck-audit-XXXXXX";
  const int fd = ::mkostemp(path.data(), O_CLOEXEC);
  if (fd < 0)
    throw std::system_error(errno, std::generic_category(), "cannot create the temporary file " + path);
  ::unlink(path.c_str());
  return fd;
}

void write_at(int fd, std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) fail("cannot write a temporary file (set TMPDIR to a folder with more room)");
    bytes.remove_prefix(static_cast<std::size_t>(done));
    offset += static_cast<std::uint64_t>(done);
  }
}

}  // namespace

Spool::~Spool() {
  if (fd_ >= 0) ::close(fd_);
}

void Spool::append(std::string_view bytes) {
  pending_.append(bytes);
  size_ += bytes.size();
  if (pending_.size() > limit_) spill();
}

void Spool::spill() {
  if (fd_ < 0) fd_ = open_temporary();
  write_at(fd_, written_, pending_);
  written_ += pending_.size();
  pending_.clear();
}

void Spool::rewrite(std::uint64_t offset, std::string_view bytes) {
  if (offset < written_) {
    const auto in_file = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), written_ - offset));
    write_at(fd_, offset, bytes.substr(0, in_file));
    bytes.remove_prefix(in_file);
    offset += in_file;
  }
  if (!bytes.empty()) std::memcpy(pending_.data() + (offset - written_), bytes.data(), bytes.size());
}

void Spool::read(std::uint64_t offset, std::size_t size, std::string& out) {
  out.resize(offset < size_ ? static_cast<std::size_t>(std::min<std::uint64_t>(size, size_ - offset)) : 0);
  read(offset, out.size(), out.data());
}

std::size_t Spool::read(std::uint64_t offset, std::size_t size, char* to) {
  if (offset >= size_) return 0;
  size = static_cast<std::size_t>(std::min<std::uint64_t>(size, size_ - offset));
  std::size_t have = 0;
  while (have < size && offset + have < written_) {
    const auto want =
        static_cast<std::size_t>(std::min<std::uint64_t>(size - have, written_ - offset - have));
    const ssize_t got = ::pread(fd_, to + have, want, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail("cannot read a temporary file back");
    have += static_cast<std::size_t>(got);
  }
  if (have < size) std::memcpy(to + have, pending_.data() + (offset + have - written_), size - have);
  return size;
}

/// Reads on, so that `size` bytes are there. False when fewer are left.
bool SpoolReader::fill(std::size_t size) {
  const std::size_t rest = filled_ - used_;
  const auto want =
      static_cast<std::size_t>(std::min<std::uint64_t>(end_ - at_, std::max(chunk_, size - rest)));
  if (rest + want < size) return false;
  if (rest + want > capacity_) {
    capacity_ = rest + std::max(want, chunk_);
    std::unique_ptr<char[]> larger(new char[capacity_]);
    if (rest != 0) std::memcpy(larger.get(), buffer_.get() + used_, rest);
    buffer_ = std::move(larger);
  } else if (rest != 0) {
    std::memmove(buffer_.get(), buffer_.get() + used_, rest);
  }
  used_ = 0;
  filled_ = rest + spool_->read(at_, want, buffer_.get() + rest);
  at_ += want;
  return filled_ >= size;
}

void SpoolOutput::copy_to(Output& out) {
  flush();
  std::string piece;
  for (std::uint64_t at = 0; at < spool_.size(); at += piece.size()) {
    spool_.read(at, 64 * 1024, piece);
    out.append(piece);
  }
}

std::uint32_t KeptRecords::keep(std::size_t size) {
  if (!open_ || pieces_[*open_].size - pieces_[*open_].used < size) open(size);
  Piece& piece = pieces_[*open_];
  const std::size_t place = *open_ * kPieceBytes + piece.used;
  piece.used += size;
  ++piece.records;
  return static_cast<std::uint32_t>(place);
}

/// A piece that has so much room.
void KeptRecords::open(std::size_t size) {
  if (open_ && pieces_[*open_].records == 0) unused_.push_back(*open_);
  if (unused_.empty()) {
    unused_.push_back(pieces_.size());
    pieces_.emplace_back();
  }
  open_ = unused_.back();
  unused_.pop_back();
  Piece& piece = pieces_[*open_];
  size = std::max(size, kPieceBytes);
  if (piece.size != size) piece.bytes.reset(new char[size]);
  piece.size = size;
  piece.used = 0;
}

void KeptRecords::drop(std::uint32_t place) {
  const std::size_t index = place / kPieceBytes;
  Piece& piece = pieces_[index];
  if (--piece.records != 0) return;
  if (piece.size > kPieceBytes) piece = Piece();  // gives its memory back
  if (index == open_) {
    piece.used = 0;
  } else {
    unused_.push_back(index);
  }
}

struct SortedSpool::Earlier {
  bool operator()(const Place& a, const Place& b) const {
    return a.key != b.key ? a.key < b.key : a.sequence < b.sequence;
  }
};

namespace {

/// What stands before a record in a run.
struct RunHeader {
  SortKey key;
  std::uint64_t sequence;
  std::uint64_t size;
};

/// What an entry weighs beside its record.
constexpr std::size_t kEntryBytes = 64;

}  // namespace

class SortedSpool::Cursor {
 public:
  Cursor(Spool& spool, const Run& run, std::size_t chunk) : reader_(spool, run.begin, run.end, chunk) {}
  /// Goes to the next record; false when there is none.
  bool next() {
    const std::string_view bytes = reader_.take(sizeof(RunHeader));
    if (bytes.empty()) return false;
    RunHeader header;
    std::memcpy(&header, bytes.data(), sizeof header);
    place_ = {header.key, header.sequence};
    record_ = reader_.take(static_cast<std::size_t>(header.size));
    return true;
  }
  [[nodiscard]] const Place& place() const { return place_; }
  [[nodiscard]] std::string_view record() const { return record_; }

 private:
  SpoolReader reader_;
  Place place_;
  std::string_view record_;
};

/// A record whose key is not below the last one's goes to the end. Most do, and the others not far before it.
void SortedSpool::add(SortKey key, std::string_view record) {
  std::vector<Entry>& entries = run_open_ && key < last_ ? next_ : current_;
  const RunHeader header{key, count_++, record.size()};
  const Entry entry{{key, header.sequence},
                    records_.keep(sizeof header + record.size()),
                    static_cast<std::uint32_t>(sizeof header + record.size())};
  char* const to = records_.at(entry.record);
  std::memcpy(to, &header, sizeof header);
  if (!record.empty()) std::memcpy(to + sizeof header, record.data(), record.size());
  held_bytes_ += record.size() + kEntryBytes;
  if (entries.empty() || entries.back().key <= key) {
    entries.push_back(entry);
  } else {
    entries.insert(std::upper_bound(entries.begin(), entries.end(), entry, Earlier{}), entry);
  }
  if (held_bytes_ > window_) emit_until(window_ / 2);
}

/// Writes the first entries to their run, until those that are left hold no more than so much.
void SortedSpool::emit_until(std::size_t held_bytes) {
  auto first = current_.begin();
  while (held_bytes_ > held_bytes) {
    if (first == current_.end()) {
      current_.swap(next_);
      next_.clear();
      first = current_.begin();
      run_open_ = false;
    }
    emit(*first++);
  }
  current_.erase(current_.begin(), first);
  if (records_.bytes() > 2 * window_) pack();
}

/// Those that wait for the next run come one by one, and each would hold the piece that it lies in.
void SortedSpool::pack() {
  KeptRecords packed;
  for (std::vector<Entry>* entries : {&current_, &next_}) {
    for (Entry& entry : *entries) {
      const std::uint32_t place = packed.keep(entry.size);
      std::memcpy(packed.at(place), records_.at(entry.record), entry.size);
      entry.record = place;
    }
  }
  records_ = std::move(packed);
}

void SortedSpool::emit(const Entry& entry) {
  if (!run_open_) runs_.push_back({spool_.size(), spool_.size()});
  run_open_ = true;
  last_ = entry.key;
  spool_.append(bytes_of(entry));
  runs_.back().end = spool_.size();
  held_bytes_ -= entry.size - sizeof(RunHeader) + kEntryBytes;
  records_.drop(entry.record);
}

void SortedSpool::merge_runs(const std::function<void(std::string_view)>& visit) {
  std::vector<Cursor> cursors;
  cursors.reserve(runs_.size());
  // However many runs a long capture leaves, their buffers together stay at a MiB.
  const std::size_t chunk = std::clamp<std::size_t>((1u << 20) / runs_.size(), 512, 16 * 1024);
  for (const Run& run : runs_) cursors.emplace_back(spool_, run, chunk);
  const auto later = [](const Cursor* a, const Cursor* b) { return Earlier{}(b->place(), a->place()); };
  std::vector<Cursor*> heads;
  for (Cursor& cursor : cursors) {
    if (cursor.next()) heads.push_back(&cursor);
  }
  std::make_heap(heads.begin(), heads.end(), later);
  while (!heads.empty()) {
    std::pop_heap(heads.begin(), heads.end(), later);
    visit(heads.back()->record());
    if (heads.back()->next()) {
      std::push_heap(heads.begin(), heads.end(), later);
    } else {
      heads.pop_back();
    }
  }
}

void SortedSpool::for_each(const std::function<void(std::string_view)>& visit) {
  if (runs_.empty()) {
    for (const Entry& entry : current_) visit(bytes_of(entry).substr(sizeof(RunHeader)));
    return;
  }
  emit_until(0);
  merge_runs(visit);
}

}  // namespace ck::report
