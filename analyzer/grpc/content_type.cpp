// Tells gRPC's content types apart.
#include "grpc/content_type.h"

#include "grpc/tokens.h"

namespace ck::grpc {

ContentType content_type_of(std::string_view header) {
  constexpr std::string_view kType = "application/grpc";
  const std::string_view type = trimmed(header.substr(0, header.find(';')));
  if (!begins_with(type, kType)) return ContentType::other;
  const std::string_view format = type.substr(kType.size());
  if (begins_with(format, "+json")) return ContentType::json;
  if (begins_with(format, "+proto")) return ContentType::protobuf;
  if (format.empty()) return ContentType::untold;
  return format.front() == '+' ? ContentType::unread : ContentType::other;
}

}  // namespace ck::grpc
