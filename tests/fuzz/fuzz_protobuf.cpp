// Fuzz target: decode_protobuf, and libprotobuf beside it. The first byte picks the method and which of its
// two messages, the rest is the message.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "protocol/protobuf/decode.h"

namespace {

using namespace ck::protocol;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_range(const ByteRange& range, std::size_t size) {
  require(std::size_t{range.begin} + range.size <= size);
}

void check(const Payload& payload, std::size_t size) {
  require(payload.error.empty() == (payload.state == PayloadState::object));
  require(payload.error_offset <= size);
  if (payload.state != PayloadState::object) {
    require(payload.members.empty() && payload.nodes.empty() && payload.elements.empty());
    return;
  }
  for (const Member& member : payload.members) {
    check_range(member.name_range, size);
    check_range(member.range, size);
    require(member.first_node + member.node_count <= payload.nodes.size());
    require(member.first_element + member.element_count <= payload.elements.size());
  }
  for (const Node& node : payload.nodes) {
    check_range(node.range, size);
    require(node.depth >= 1 && node.depth < kMaxNesting);
  }
  for (const Element& element : payload.elements) check_range(element.range, size);
  find_key_material(payload);
}

/// Strings that are no UTF-8 are refused by both, and nothing else is by one alone, but for nesting, of which
/// libprotobuf allows 100 levels, and our limit of fields.
void compare(const Payload& ours, const ProtoMessage& type, const std::string& bytes) {
  static google::protobuf::DynamicMessageFactory factory;
  const std::unique_ptr<google::protobuf::Message> theirs(factory.GetPrototype(type.type)->New());
  const bool parsed = theirs->ParsePartialFromString(bytes);
  if (ours.error.starts_with("nested") || ours.error.starts_with("more than")) return;
  require(parsed == (ours.state == PayloadState::object));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const NameTable names;
  static const ProtoSchema schema({});
  static const std::vector<const ProtoMethod*> methods = schema.methods();
  if (size == 0) return 0;
  const ProtoMethod& method = *methods[data[0] / 2 % methods.size()];
  const ProtoMessage* type =
      data[0] % 2 == 0 || method.response == nullptr ? method.request : method.response;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  Payload payload;
  decode_protobuf(Bytes(data + 1, size - 1), *type, names, payload);
  check(payload, bytes.size());
  compare(payload, *type, bytes);
  return 0;
}
