// Walks the frames of a segment up to the one that does not end in it.
#include "core/beginning_headers.h"

#include <algorithm>
#include <utility>

#include "grpc/frame_types.h"

namespace ck::plugin {
namespace {

constexpr std::size_t kFrameHeader = 9;
constexpr std::uint8_t kLastType = grpc::kContinuation;  // that RFC 9113 defines
constexpr std::uint32_t kMostOfFrame = 16'384;           // SETTINGS_MAX_FRAME_SIZE, as a connection begins

}  // namespace

BeginningHeaders find_beginning_headers(Bytes bytes, bool& at_frame) {
  std::size_t at = 0;
  if (bytes.size() >= grpc::kPreface.size() &&
      std::equal(grpc::kPreface.begin(), grpc::kPreface.end(), bytes.begin()))
    at = grpc::kPreface.size(), at_frame = true;
  if (!std::exchange(at_frame, false)) return {};
  while (bytes.size() - at >= kFrameHeader) {
    const std::uint32_t length =
        static_cast<std::uint32_t>(bytes[at] << 16 | bytes[at + 1] << 8 | bytes[at + 2]);
    const std::uint8_t type = bytes[at + 3];
    if (length > kMostOfFrame || type > kLastType) return {};
    const std::size_t there = bytes.size() - at - kFrameHeader;
    if (there < length) {
      if (type != grpc::kHeaders) return {};
      at_frame = true;
      return {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(length - there)};
    }
    at += kFrameHeader + length;
  }
  at_frame = true;
  if (at == bytes.size()) return {};
  return {static_cast<std::uint32_t>(at), BeginningHeaders::kSomeMore};
}

}  // namespace ck::plugin
