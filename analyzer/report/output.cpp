// Buffered output to file descriptors.
#include "report/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace ck::report {

void Output::append_number(std::uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  append(std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

void Output::hand_on(std::string_view text) {
  if (failed_) return;
  try {
    write(text);
  } catch (const std::system_error& error) {
    if (!on_failure_) throw;
    failed_ = true;
    on_failure_(error);
  }
}

void FdOutput::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = ::write(fd_, text.data(), text.size());
    if (done < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category(), "cannot write to " + name_);
    }
    text.remove_prefix(static_cast<std::size_t>(done));
  }
}

namespace {
int open_for_writing(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "cannot write " + path);
  return fd;
}
}  // namespace

FileOutput::FileOutput(const std::string& path) : FileOutput(open_for_writing(path), path) {}

FileOutput::FileOutput(int fd, const std::string& path) : FdOutput(fd, path), owned_(fd) {}

FileOutput::~FileOutput() {
  ::close(owned_);
}

}  // namespace ck::report
