// Files, memory, and the buffer over them.
#include "capture/byte_stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace ck::capture {
namespace {

constexpr std::size_t kChunk = 128 * 1024;

class FileStream final : public ByteStream {
 public:
  explicit FileStream(const std::string& path) {
    if (path == "-") {
      fd_ = STDIN_FILENO;
      return;
    }
    fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) {
      set_error(errno);
      return;
    }
    owned_ = true;
    struct stat status {};
    if (::fstat(fd_, &status) == 0 && S_ISDIR(status.st_mode)) set_error(EISDIR);
  }
  ~FileStream() override {
    if (owned_) ::close(fd_);
  }
  FileStream(const FileStream&) = delete;
  FileStream& operator=(const FileStream&) = delete;

  std::size_t read(std::uint8_t* to, std::size_t size) override {
    if (!error_.empty()) return 0;
    for (;;) {
      const ssize_t got = ::read(fd_, to, size);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno == EINTR) continue;
      set_error(errno);
      return 0;
    }
  }
  [[nodiscard]] std::string error() const override { return error_; }

 private:
  void set_error(int number) { error_ = std::generic_category().message(number); }

  int fd_ = -1;
  bool owned_ = false;
  std::string error_;
};

class MemoryStream final : public ByteStream {
 public:
  explicit MemoryStream(Bytes data) : data_(data) {}
  std::size_t read(std::uint8_t* to, std::size_t size) override {
    const std::size_t count = std::min(size, data_.size());
    if (count != 0) std::memcpy(to, data_.data(), count);
    data_ = data_.subspan(count);
    return count;
  }
  [[nodiscard]] std::string error() const override { return {}; }

 private:
  Bytes data_;
};

}  // namespace

std::unique_ptr<ByteStream> open_file(const std::string& path) {
  return std::make_unique<FileStream>(path);
}

std::unique_ptr<ByteStream> open_bytes(Bytes data) {
  return std::make_unique<MemoryStream>(data);
}

Bytes ByteInput::view_more(std::size_t size) {
  while (end_ - begin_ < size && !ended_) {
    if (begin_ != 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    // Grows with what has really arrived, so that a length field alone never makes the buffer large.
    if (end_ == buffer_.size()) buffer_.resize(std::max(kChunk, buffer_.size() * 2));
    const std::size_t got = stream_->read(buffer_.data() + end_, buffer_.size() - end_);
    if (got == 0) ended_ = true;
    end_ += got;
  }
  return Bytes(buffer_.data() + begin_, std::min(size, end_ - begin_));
}

std::uint64_t ByteInput::skip(std::uint64_t size) {
  std::uint64_t done = 0;
  while (done < size) {
    const std::size_t count =
        view(static_cast<std::size_t>(std::min<std::uint64_t>(size - done, kChunk))).size();
    if (count == 0) break;
    consume(count);
    done += count;
  }
  return done;
}

std::size_t ByteInput::read(std::uint8_t* to, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const Bytes bytes = view(std::min(size - done, kChunk));
    if (bytes.empty()) break;
    std::memcpy(to + done, bytes.data(), bytes.size());
    consume(bytes.size());
    done += bytes.size();
  }
  return done;
}

}  // namespace ck::capture
