// nghttp2's inflater behind a class.
#include "grpc/header_inflater.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <new>

namespace ck::grpc {
namespace {

/// The largest table that is followed; HTTP/2's own is 4,096 bytes.
constexpr std::uint32_t kMaxTable = 1u << 20;

std::string_view view(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

void HeaderInflater::Delete::operator()(nghttp2_hd_inflater* inflater) const {
  nghttp2_hd_inflate_del(inflater);
}

HeaderInflater::HeaderInflater() {
  nghttp2_hd_inflater* made = nullptr;
  if (nghttp2_hd_inflate_new(&made) != 0) throw std::bad_alloc();
  inflater_.reset(made);
}

bool HeaderInflater::feed(Bytes bytes, bool final,
                          const std::function<void(std::string_view, std::string_view)>& visit) {
  if (broken_) return false;
  for (;;) {
    nghttp2_nv field{};
    int flags = 0;
    const auto used =
        nghttp2_hd_inflate_hd2(inflater_.get(), &field, &flags, bytes.data(), bytes.size(), final ? 1 : 0);
    if (used < 0) {
      broken_ = true;
      return false;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(used));
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0)
      visit(view(field.name, field.namelen), view(field.value, field.valuelen));
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
      nghttp2_hd_inflate_end_headers(inflater_.get());
      return true;
    }
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0 && bytes.empty()) return true;
  }
}

bool HeaderInflater::set_table_size(std::uint32_t bytes) {
  // Who allows a larger table may never be sent one: a block that uses more than is followed cannot be read.
  if (nghttp2_hd_inflate_change_table_size(inflater_.get(), std::min(bytes, kMaxTable)) != 0) broken_ = true;
  return !broken_;
}

std::size_t HeaderInflater::held() const {
  constexpr std::size_t kCost = 4;  // an entry of 32 counted bytes takes up some 130
  return kCost * nghttp2_hd_inflate_get_dynamic_table_size(inflater_.get());
}

}  // namespace ck::grpc
