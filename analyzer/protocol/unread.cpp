// Headers that lead to one another by their Lengths.
#include "protocol/unread.h"

#include "protocol/code_scan.h"
#include "protocol/frame.h"

namespace ck::protocol {
namespace {

std::size_t end_of(Bytes bytes, std::size_t at) {
  return at + kHeaderSize + read_header(bytes.subspan(at, kHeaderSize)).length;
}

}  // namespace

std::size_t find_listed_code(Bytes bytes, std::size_t from) {
  for (std::size_t low = find_code(bytes, from + kCommandOffset + 1); low < bytes.size();
       low = find_code(bytes, low + 1)) {
    if (bytes[low - 1] == high_byte_of_code(bytes[low])) return low - 1 - kCommandOffset;
  }
  return bytes.size();
}

std::size_t count_listed_codes(Bytes bytes) {
  std::size_t count = 0;
  for (std::size_t at = find_listed_code(bytes, 0); at < bytes.size(); at = find_listed_code(bytes, at + 1))
    ++count;
  return count;
}

void UnreadHeaders::look(Bytes bytes) {
  for (std::size_t at = find_listed_code(bytes, looked_); at + kHeaderSize <= bytes.size();
       at = find_listed_code(bytes, at + 1)) {
    if (!first_) first_ = at;
    const std::size_t end = end_of(bytes, at);
    if (ends_.size() <= end) ends_.resize(end + 1);
    ends_[end] = true;
  }
  if (bytes.size() >= kHeaderSize) looked_ = bytes.size() - kHeaderSize + 1;
}

std::size_t UnreadHeaders::first_leading_to(Bytes bytes, std::size_t end) {
  std::vector<std::size_t> headers;
  for (std::size_t at = find_listed_code(bytes, 0); at + kHeaderSize <= end;
       at = find_listed_code(bytes, at + 1))
    headers.push_back(at);
  std::vector<bool> leads(end + 1);
  leads[end] = true;
  std::size_t first = end;
  for (auto at = headers.rbegin(); at != headers.rend(); ++at) {
    const std::size_t next = end_of(bytes, *at);
    if (next > end || !leads[next]) continue;
    leads[*at] = true;
    first = *at;
  }
  return first;
}

}  // namespace ck::protocol
