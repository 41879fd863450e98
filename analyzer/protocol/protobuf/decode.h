// Decoding of a gRPC message: protobuf's wire format by its type's descriptor, to the parameters that a JSON
// payload becomes too, each value and list element with its byte range.
#pragma once

#include <cstddef>

#include "protocol/payload.h"
#include "protocol/protobuf/schema.h"

namespace ck::protocol {

/// What a gRPC message may have; gRPC's own default for what it takes.
inline constexpr std::size_t kMaxGrpcMessage = std::size_t{4} << 20;

/// Decodes `bytes` (more than kMaxGrpcMessage are `malformed`) as `message`. A field is a member with its
/// name: scalars are strings, numbers and booleans, messages are objects, and repeated fields and maps are
/// arrays, whose range is from their first element to their last. Of a scalar that is there more than once
/// the last counts (proto3), and those before it are duplicates. A field that the type does not have is a
/// member named "field 17", and one whose wire type is another than its type's has Fit::wrong. Malformed are
/// a tag or length that goes beyond the end, a varint of more than ten bytes, groups that do not end, strings
/// that are not UTF-8, and nesting over kMaxNesting. Never throws on input; costs time linear in its size.
void decode_protobuf(Bytes bytes, const ProtoMessage& message, const NameTable& names, Payload& out);

}  // namespace ck::protocol
