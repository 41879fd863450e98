// HTTP/1.1 as far as an upgrade needs it (RFC 9112): a request with its body, and the head of an answer.
#include "grpc/upgrade.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/endian.h"
#include "grpc/tokens.h"

namespace ck::grpc {
namespace {

constexpr std::string_view kLineEnd = "\r\n", kHeadEnd = "\r\n\r\n", kProtocol = " HTTP/1.1";
/// Bytes of a head; servers take some 8 KiB.
constexpr std::size_t kMaxHead = 16 * 1024;
/// Characters of a method's name.
constexpr std::size_t kMaxMethod = 16;
/// Digits of a chunk's size, which is far below what is held.
constexpr std::size_t kMaxDigits = 7;

std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Calls `visit` with each part of `text` between separators.
template <typename Visit>
void split(std::string_view text, std::string_view separator, Visit visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + separator.size(), text.size()));
  }
}

bool names(std::string_view list, std::string_view token) {
  bool found = false;
  split(list, ",", [&](std::string_view part) { found |= same(trimmed(part), token); });
  return found;
}

/// Calls `visit` with the name and the value of each field of a head.
template <typename Visit>
void visit_fields(std::string_view head, Visit visit) {
  split(head.substr(std::min(head.find(kLineEnd), head.size())), kLineEnd, [&](std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) visit(line.substr(0, colon), trimmed(line.substr(colon + 1)));
  });
}

/// Whether these may be the first bytes of a request.
bool begins_request(std::string_view first) {
  const std::size_t letters = std::min(
      first.size(), static_cast<std::size_t>(std::find_if_not(first.begin(), first.end(),
                                                              [](char c) { return c >= 'A' && c <= 'Z'; }) -
                                             first.begin()));
  return letters <= kMaxMethod && (letters == first.size() || (letters != 0 && first[letters] == ' '));
}

/// A head has no bytes that a frame of Ck's begins with.
bool is_text(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' && c != '\r' && c != '\n' && c != '\t';
  });
}

/// The first line, once it is there, says which protocol this is.
bool may_be_line(std::string_view text) {
  const std::size_t end = text.find(kLineEnd);
  return end == std::string_view::npos || text.substr(0, end).ends_with(kProtocol);
}

bool begins_answer(std::string_view first) {
  constexpr std::string_view kVersion = "HTTP/1.1 1";
  const std::size_t size = std::min(first.size(), kVersion.size());
  return first.substr(0, size) == kVersion.substr(0, size);
}

std::optional<std::size_t> number(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int base64_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '-' || c == '+' ? 62 : c == '_' || c == '/' ? 63 : -1;
}

/// The size of the table in the settings that "HTTP2-Settings" carries (RFC 7540, 3.2.1).
std::optional<std::uint32_t> table_size_in(std::string_view encoded) {
  std::vector<std::uint8_t> settings;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : encoded) {
    const int value = base64_of(c);
    if (value < 0) break;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    settings.push_back(static_cast<std::uint8_t>(bits >> count));
  }
  std::optional<std::uint32_t> size;
  for (std::size_t at = 0; at + 6 <= settings.size(); at += 6) {
    if (read_be16(settings, at) == kHeaderTableSize) size = read_be32(settings, at + 2);
  }
  return size;
}

/// Where the head that begins at `from` ends; `searched` bytes hold no end. npos: not yet.
std::size_t find_head_end(std::string_view bytes, std::size_t from, std::size_t& searched) {
  const std::size_t found = bytes.find(kHeadEnd, std::max(from, searched));
  if (found != std::string_view::npos) return found + kHeadEnd.size();
  searched = bytes.size() - std::min(bytes.size(), kHeadEnd.size() - 1);
  return found;
}

}  // namespace

Upgrade::State Upgrade::look(Bytes client, Bytes server) {
  const State asked = look_at_request(client);
  if (asked == State::no || server.empty()) return asked == State::no ? asked : State::perhaps;
  const State answered = look_at_answer(server);
  if (answered != State::granted) return answered;
  return asked;
}

/// `granted`: it is whole, and asks for HTTP/2.
Upgrade::State Upgrade::look_at_request(Bytes client) {
  const std::string_view text = text_of(client);
  if (!has_head_) {
    const std::size_t before = request_searched_;
    const std::size_t end = find_head_end(text, 0, request_searched_);
    if (!begins_request(text.substr(0, kMaxMethod + 1)) || !is_text(text.substr(before, end)) ||
        !may_be_line(text))
      return State::no;
    if (end == std::string_view::npos) return text.size() > kMaxHead ? State::no : State::perhaps;
    has_head_ = true;
    request_.size = end;
    if (!read_request(text.substr(0, end))) return State::no;
  }
  if (has_body_) return State::granted;
  return chunked_ ? take_chunks(client) : take_body(client);
}

/// False: it does not ask for HTTP/2, or cannot be read.
bool Upgrade::read_request(std::string_view head) {
  const std::string_view line = head.substr(0, head.find(kLineEnd));
  const std::size_t begin = line.find(' '), end = line.rfind(' ');
  if (begin == end) return false;
  std::string_view target = line.substr(begin + 1, end - begin - 1);
  if (const std::size_t scheme = target.find("://"); scheme != std::string_view::npos)
    target.remove_prefix(std::min(target.find('/', scheme + 3), target.size()));
  request_.headers.path = target;
  bool asks = false, readable = true;
  visit_fields(head, [&](std::string_view name, std::string_view value) {
    if (same(name, "upgrade")) asks |= names(value, "h2c");
    if (same(name, "http2-settings")) request_.table_size = table_size_in(value);
    if (same(name, "content-type")) request_.headers.content_type = value;
    if (same(name, "grpc-encoding")) request_.headers.encoding = value;
    if (same(name, "transfer-encoding")) {
      chunked_ = same(value, "chunked");
      readable &= chunked_;
    }
    if (same(name, "content-length")) {
      const auto length = number(value, 10);
      readable &= length.has_value();
      length_ = length.value_or(0);
    }
  });
  return asks && readable;
}

Upgrade::State Upgrade::take_body(Bytes client) {
  if (client.size() - request_.size < length_) return State::perhaps;
  const Bytes body = client.subspan(request_.size, length_);
  request_.body.assign(body.begin(), body.end());
  request_.size += length_;
  has_body_ = true;
  return State::granted;
}

/// RFC 9112, 7.1; what has been taken is not looked at again.
Upgrade::State Upgrade::take_chunks(Bytes client) {
  const std::string_view text = text_of(client);
  for (;;) {
    const std::string_view rest = text.substr(request_.size);
    const std::size_t line = rest.find(kLineEnd);
    if (line == std::string_view::npos) return rest.size() > kMaxHead ? State::no : State::perhaps;
    const std::string_view digits = trimmed(rest.substr(0, std::min(rest.find(';'), line)));
    const auto size = digits.size() > kMaxDigits ? std::nullopt : number(digits, 16);
    if (!size) return State::no;
    const std::size_t begin = line + kLineEnd.size();
    if (*size == 0) {  // trailers may follow, and an empty line
      const std::size_t end = rest.find(kHeadEnd, line);
      if (end == std::string_view::npos) return rest.size() > kMaxHead ? State::no : State::perhaps;
      request_.size += end + kHeadEnd.size();
      has_body_ = true;
      return State::granted;
    }
    if (rest.size() < begin + *size + kLineEnd.size()) return State::perhaps;
    const Bytes chunk = client.subspan(request_.size + begin, *size);
    request_.body.insert(request_.body.end(), chunk.begin(), chunk.end());
    request_.size += begin + *size + kLineEnd.size();
  }
}

/// Answers that only inform ("100 Continue") may come before.
Upgrade::State Upgrade::look_at_answer(Bytes server) {
  if (has_answer_) return State::granted;
  const std::string_view text = text_of(server);
  for (;;) {
    const std::string_view rest = text.substr(request_.answer_size);
    if (!begins_answer(rest)) return State::no;
    const std::size_t end = find_head_end(text, request_.answer_size, answer_searched_);
    if (end == std::string_view::npos) return rest.size() > kMaxHead ? State::no : State::perhaps;
    const std::string_view head = text.substr(request_.answer_size, end - request_.answer_size);
    request_.answer_size = end;
    if (!head.starts_with("HTTP/1.1 101")) continue;
    bool granted = false;
    visit_fields(head, [&](std::string_view name, std::string_view value) {
      if (same(name, "upgrade")) granted |= names(value, "h2c");
    });
    has_answer_ = granted;
    return granted ? State::granted : State::no;
  }
}

}  // namespace ck::grpc
