// Frames by hand, header lists by nghttp2.
#include "grpc/http2_writer.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "grpc/frame_types.h"

namespace ck::grpc {
namespace {

/// What every peer takes in one frame (RFC 9113, 4.2).
constexpr std::size_t kFrameSize = 16'384;

nghttp2_nv field(std::string_view name, const std::string& value) {
  const auto bytes = [](std::string_view text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NO_INDEX};
}

std::vector<std::uint8_t> deflated(const Headers& headers) {
  std::vector<nghttp2_nv> fields;
  const auto add = [&fields](std::string_view name, const std::string& value) {
    if (!value.empty()) fields.push_back(field(name, value));
  };
  static const std::string kPost = "POST", kScheme = "http", kTrailers = "trailers";
  if (!headers.path.empty()) {
    add(":method", kPost);
    add(":scheme", kScheme);
  }
  add(":path", headers.path);
  add(":status", headers.http_status);
  if (!headers.path.empty()) add("te", kTrailers);
  add("content-type", headers.content_type);
  add("grpc-encoding", headers.encoding);
  add("grpc-status", headers.status);
  add("grpc-message", headers.message);
  nghttp2_hd_deflater* made = nullptr;
  std::vector<std::uint8_t> out;
  if (nghttp2_hd_deflate_new(&made, 4096) != 0) return out;
  const std::unique_ptr<nghttp2_hd_deflater, decltype(&nghttp2_hd_deflate_del)> deflater(
      made, nghttp2_hd_deflate_del);
  out.resize(nghttp2_hd_deflate_bound(made, fields.data(), fields.size()));
  const auto size = nghttp2_hd_deflate_hd(made, out.data(), out.size(), fields.data(), fields.size());
  out.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return out;
}

}  // namespace

void Http2Writer::put32(std::uint32_t value) {
  for (const unsigned shift : {24u, 16u, 8u, 0u}) out_.push_back(static_cast<std::uint8_t>(value >> shift));
}

void Http2Writer::frame(std::size_t size, std::uint8_t type, std::uint8_t flags, std::uint32_t stream) {
  put32(static_cast<std::uint32_t>(size << 8) | type);
  out_.push_back(flags);
  put32(stream);
}

void Http2Writer::preface() {
  out_.insert(out_.end(), kPreface.begin(), kPreface.end());
  settings();
}

void Http2Writer::settings() {
  frame(0, kSettings, 0, 0);
}

void Http2Writer::headers(std::uint32_t stream, const Headers& headers, bool ends) {
  const std::vector<std::uint8_t> block = deflated(headers);
  frame(block.size(), kHeaders, kEndHeaders | (ends ? kEndStream : 0), stream);
  put(block);
}

void Http2Writer::data(std::uint32_t stream, Bytes bytes, bool ends) {
  do {
    const Bytes part = bytes.first(std::min(bytes.size(), kFrameSize));
    bytes = bytes.subspan(part.size());
    frame(part.size(), kData, ends && bytes.empty() ? kEndStream : 0, stream);
    put(part);
  } while (!bytes.empty());
}

void Http2Writer::reset(std::uint32_t stream, std::uint32_t code) {
  frame(4, kReset, 0, stream);
  put32(code);
}

void Http2Writer::goaway(std::uint32_t last) {
  frame(8, kGoaway, 0, 0);
  put32(last);
  put32(0);
}

/// RST_STREAM of no stream (RFC 9113, 6.4).
void Http2Writer::end_of_sense() {
  reset(0, 0);
}

}  // namespace ck::grpc
