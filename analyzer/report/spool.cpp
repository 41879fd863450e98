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

struct SortedSpool::Later {
  bool operator()(const Place& a, const Place& b) const {
    return a.key != b.key ? a.key > b.key : a.sequence > b.sequence;
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

/// A place whose record took more gives its memory back.
constexpr std::size_t kRecordKept = 2048;

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

std::uint32_t SortedSpool::keep(std::string_view record) {
  held_bytes_ += record.size() + kEntryBytes;
  if (unused_.empty()) {
    records_.emplace_back(record);
    return static_cast<std::uint32_t>(records_.size() - 1);
  }
  const std::uint32_t place = unused_.back();
  unused_.pop_back();
  records_[place] = record;
  return place;
}

void SortedSpool::drop(std::uint32_t record) {
  std::string& bytes = records_[record];
  held_bytes_ -= bytes.size() + kEntryBytes;
  if (bytes.size() > kRecordKept) std::string().swap(bytes);
  unused_.push_back(record);
}

void SortedSpool::push(std::vector<Entry>& heap, const Entry& entry) {
  heap.push_back(entry);
  std::push_heap(heap.begin(), heap.end(), Later{});
}

SortedSpool::Entry SortedSpool::pop(std::vector<Entry>& heap) {
  std::pop_heap(heap.begin(), heap.end(), Later{});
  const Entry entry = heap.back();
  heap.pop_back();
  return entry;
}

void SortedSpool::add(SortKey key, std::string_view record) {
  const bool too_late = run_open_ && key < last_;
  push(too_late ? next_ : current_, {{key, count_++}, keep(record)});
  if (held_bytes_ > window_) shrink();
}

void SortedSpool::shrink() {
  while (held_bytes_ > window_ / 2) {
    if (current_.empty()) {
      current_.swap(next_);
      run_open_ = false;
    }
    emit(pop(current_));
  }
}

void SortedSpool::emit(const Entry& entry) {
  if (!run_open_) runs_.push_back({spool_.size(), spool_.size()});
  run_open_ = true;
  last_ = entry.key;
  const std::string& record = records_[entry.record];
  const RunHeader header{entry.key, entry.sequence, record.size()};
  spool_.append({reinterpret_cast<const char*>(&header), sizeof header});
  spool_.append(record);
  runs_.back().end = spool_.size();
  drop(entry.record);
}

void SortedSpool::drain() {
  while (!current_.empty() || !next_.empty()) {
    if (current_.empty()) {
      current_.swap(next_);
      run_open_ = false;
    }
    emit(pop(current_));
  }
}

void SortedSpool::merge_runs(const std::function<void(std::string_view)>& visit) {
  std::vector<Cursor> cursors;
  cursors.reserve(runs_.size());
  // However many runs a long capture leaves, their buffers together stay at a MiB.
  const std::size_t chunk = std::clamp<std::size_t>((1u << 20) / runs_.size(), 512, 16 * 1024);
  for (const Run& run : runs_) cursors.emplace_back(spool_, run, chunk);
  const auto later = [](const Cursor* a, const Cursor* b) { return Later{}(a->place(), b->place()); };
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
  if (runs_.empty() && next_.empty()) {
    std::sort_heap(current_.begin(), current_.end(), Later{});
    for (auto entry = current_.rbegin(); entry != current_.rend(); ++entry) visit(records_[entry->record]);
    std::make_heap(current_.begin(), current_.end(), Later{});
    return;
  }
  drain();
  merge_runs(visit);
}

}  // namespace ck::report
