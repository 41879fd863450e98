// What a content type says of an RPC's messages.
#pragma once

#include <cstdint>
#include <string_view>

namespace ck::grpc {

/// Not gRPC's; gRPC's, and none that is read; and those that are.
enum class ContentType : std::uint8_t { other, unread, untold, protobuf, json };

inline bool is_read(ContentType type) {
  return type != ContentType::other && type != ContentType::unread;
}

/// Of a "content-type" header: "application/grpc", "+proto", "+json", and parameters behind a semicolon.
ContentType content_type_of(std::string_view header);

}  // namespace ck::grpc
