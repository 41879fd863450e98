// HPACK (RFC 7541) by nghttp2: the header blocks of one direction of an HTTP/2 connection.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "base/bytes.h"

struct nghttp2_hd_inflater;

namespace ck::grpc {

class HeaderInflater {
 public:
  HeaderInflater();

  /// Takes the next bytes of a block, the last ones of it if `final`, and tells each field; views are valid
  /// during the call. False, for good: the block cannot be read, or takes part in a table that is not known.
  bool feed(Bytes bytes, bool final, const std::function<void(std::string_view, std::string_view)>& visit);
  /// The sender of the blocks has acknowledged this SETTINGS_HEADER_TABLE_SIZE: between blocks only.
  bool set_table_size(std::uint32_t bytes);
  /// About how many bytes the table holds; its entries cost more than HPACK counts (RFC 7541, 4.1).
  [[nodiscard]] std::size_t held() const;

 private:
  struct Delete {
    void operator()(nghttp2_hd_inflater* inflater) const;
  };
  std::unique_ptr<nghttp2_hd_inflater, Delete> inflater_;
  bool broken_ = false;
};

}  // namespace ck::grpc
