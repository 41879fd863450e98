// What a peer of the tests writes.
#include "wire.h"

#include <nghttp2/nghttp2.h>
#include <zlib.h>

#include <stdexcept>

#include "generator/conversation.h"

namespace ck::grpc {

Buffer operator+(Buffer a, const Buffer& b) {
  samples::put(a, b);
  return a;
}

Buffer frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, const Buffer& body) {
  Buffer out;
  samples::put_u8(out, static_cast<unsigned>(body.size() >> 16));
  samples::put_u16(out, body.size() & 0xFFFF);
  samples::put_u8(out, type);
  samples::put_u8(out, flags);
  samples::put_u32(out, stream);
  return out + body;
}

Buffer preface() {
  return samples::to_bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
}

Buffer settings(const std::vector<std::pair<std::uint16_t, std::uint32_t>>& values) {
  Buffer body;
  for (const auto& [name, value] : values) {
    samples::put_u16(body, name);
    samples::put_u32(body, value);
  }
  return frame(kSettingsFrame, 0, 0, body);
}

Buffer reset(std::uint32_t stream, std::uint32_t code) {
  Buffer body;
  samples::put_u32(body, code);
  return frame(kResetFrame, 0, stream, body);
}

Buffer goaway(std::uint32_t last, std::uint32_t code) {
  Buffer body;
  samples::put_u32(body, last);
  samples::put_u32(body, code);
  return frame(kGoawayFrame, 0, 0, body);
}

void Deflater::Delete::operator()(nghttp2_hd_deflater* deflater) const {
  nghttp2_hd_deflate_del(deflater);
}

Deflater::Deflater() {
  constexpr std::size_t kLargestTable = 1U << 20;
  nghttp2_hd_deflater* made = nullptr;
  if (nghttp2_hd_deflate_new(&made, kLargestTable) != 0) throw std::bad_alloc();
  deflater_.reset(made);
}

Buffer Deflater::block(const Fields& fields) {
  std::vector<nghttp2_nv> list;
  const auto bytes = [](const std::string& value) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data()));
  };
  for (const auto& [name, value] : fields)
    list.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  Buffer out(nghttp2_hd_deflate_bound(deflater_.get(), list.data(), list.size()));
  const auto size = nghttp2_hd_deflate_hd(deflater_.get(), out.data(), out.size(), list.data(), list.size());
  if (size < 0) throw std::runtime_error(nghttp2_strerror(static_cast<int>(size)));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

void Deflater::set_table_size(std::uint32_t bytes) {
  nghttp2_hd_deflate_change_table_size(deflater_.get(), bytes);
}

Buffer message(const Buffer& body, std::uint8_t compressed) {
  Buffer out;
  samples::put_u8(out, compressed);
  samples::put_u32(out, static_cast<std::uint32_t>(body.size()));
  return out + body;
}

Buffer text(unsigned number, std::string_view value) {
  Buffer out{static_cast<std::uint8_t>(number << 3 | 2), static_cast<std::uint8_t>(value.size())};
  return out + samples::to_bytes(value);
}

Buffer integer(unsigned number, std::uint64_t value) {
  Buffer out{static_cast<std::uint8_t>(number << 3)};
  for (; value > 0x7F; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
  return out;
}

Buffer compressed(const Buffer& plain, bool raw_zlib) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, raw_zlib ? 15 : 15 + 16, 9, Z_DEFAULT_STRATEGY);
  Buffer out(deflateBound(&stream, plain.size()) + 64);
  stream.next_in = const_cast<Bytef*>(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Buffer Peer::list(std::uint32_t stream, const Fields& fields, bool end) {
  const std::uint8_t flags = end ? kEndHeaders | kEnd : kEndHeaders;
  return frame(kHeadersFrame, flags, stream, deflater.block(fields));
}

Buffer Peer::ask(std::uint32_t stream, const std::string& method, const Fields& more,
                 const std::string& type) {
  Fields fields{{":method", "POST"},          {":scheme", "http"},    {":path", method},
                {":authority", "km.example"}, {"content-type", type}, {"te", "trailers"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return list(stream, fields);
}

Buffer Peer::answer(std::uint32_t stream, const Fields& more) {
  Fields fields{{":status", "200"}, {"content-type", "application/grpc"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return list(stream, fields);
}

Buffer Peer::trailers(std::uint32_t stream, const std::string& status, const Fields& more) {
  Fields fields{{"grpc-status", status}};
  fields.insert(fields.end(), more.begin(), more.end());
  return list(stream, fields, true);
}

Buffer Peer::request(std::uint32_t stream, const std::string& method, const Buffer& body) {
  return samples::join({ask(stream, method), data(stream, message(body), true)});
}

Buffer Peer::response(std::uint32_t stream, const Buffer& body) {
  // In this order: header lists build on those before them, and operands come in any order.
  return samples::join({answer(stream), data(stream, message(body)), trailers(stream)});
}

}  // namespace ck::grpc
