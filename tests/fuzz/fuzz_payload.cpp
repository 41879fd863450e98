// Fuzz target: decode_payload, and simdjson's on-demand parser beside it. The first byte picks the message,
// the rest is the payload.
#include <cstdlib>
#include <string>

#include "protocol/payload.h"
#include "protocol/reference_decoder.h"

namespace {

using namespace ck::protocol;

void require(bool holds) {
  if (!holds) std::abort();
}

class Check {
 public:
  Check(std::string_view wire, const Payload& payload) : wire_(wire), payload_(payload) {}

  void run() const {
    require(payload_.error.empty() == (payload_.state == PayloadState::object));
    require(payload_.error_offset <= wire_.size());
    require(!payload_.is_object_prefix || payload_.state == PayloadState::malformed);
    if (payload_.state != PayloadState::object) {
      require(payload_.members.empty() && payload_.nodes.empty() && payload_.elements.empty());
      return;
    }
    std::size_t end = 0;
    for (const Member& member : payload_.members) {
      require(member.name_range.begin >= end);
      end = std::size_t{member.range.begin} + member.range.size;
      require(end <= wire_.size());
      check_member(member);
    }
    for (const KeyMaterial& key : find_key_material(payload_)) check_range(key.range, {0, size()});
  }

 private:
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(wire_.size()); }

  void check_range(ByteRange range, ByteRange around) const {
    require(range.size > 0 && range.begin >= around.begin);
    require(std::uint64_t{range.begin} + range.size <= std::uint64_t{around.begin} + around.size);
  }

  /// A value's bytes start and end as its type must, and without escapes its text is exactly these bytes.
  void check_value(JsonType type, ByteRange range, std::string_view text) const {
    const std::string_view raw = wire_.substr(range.begin, range.size);
    switch (type) {
      case JsonType::string:
        require(raw.size() >= 2 && raw.front() == '"' && raw.back() == '"');
        require(text.size() <= raw.size() - 2);
        if (raw.find('\\') == std::string_view::npos) require(text == raw.substr(1, raw.size() - 2));
        break;
      case JsonType::array:
        require(raw.front() == '[' && raw.back() == ']' && text.empty());
        break;
      case JsonType::object:
        require(raw.front() == '{' && raw.back() == '}' && text.empty());
        break;
      case JsonType::number:
      case JsonType::boolean:
      case JsonType::null:
        require(text == raw);
        break;
    }
  }

  void check_member(const Member& member) const {
    check_range(member.name_range, {0, size()});
    check_value(JsonType::string, member.name_range, member.name);
    check_value(member.type, member.range, member.text);
    require(member.node_count == 0 || member.type == JsonType::array || member.type == JsonType::object);
    std::uint32_t last = member.range.begin;
    for (const Node& node : payload_.nodes_of(member)) {
      check_range(node.range, member.range);
      require(node.range.begin > last && node.depth >= 1 && node.depth < kMaxNesting);
      last = node.range.begin;
      check_value(node.type, node.range, node.text);
      if (node.named) check_value(JsonType::string, node.name_range, node.name);
    }
    Fit worst = Fit::listed;
    for (const Element& element : payload_.elements_of(member)) {
      check_range(element.range, member.range);
      require(element.fit != Fit::wrong || element.text.empty());
      if (element.fit == Fit::wrong) worst = Fit::wrong;
    }
    require(worst != Fit::wrong || member.fit == Fit::wrong || member.fit == Fit::none);
    require(member.fit != Fit::null || member.type == JsonType::null);
    require(!member.in_table || member.id.has_value());
  }

  std::string_view wire_;
  const Payload& payload_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const NameTable names;
  static Payload reused, expected;
  static ReferenceDecoder reference;
  if (size == 0) return 0;
  const std::size_t which = data[0] % (kMessageCount + 1);
  const MessageSpec* message = which < kMessageCount ? &messages()[which] : nullptr;
  const Bytes bytes(data + 1, size - 1);
  const std::string_view wire(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  decode_payload(bytes, message, names, reused);
  Check(wire, reused).run();
  reference.decode(bytes, message, names, expected);
  require(difference(reused, expected).empty());
  // White space around the whole changes nothing but offsets; a byte behind it makes it malformed.
  const std::string spaced = " \n" + std::string(wire) + "\t";
  Payload second;
  decode_payload(Bytes(reinterpret_cast<const std::uint8_t*>(spaced.data()), spaced.size()), message, names,
                 second);
  require(second.state == reused.state);
  require(second.members.size() == reused.members.size() && second.nodes.size() == reused.nodes.size());
  for (std::size_t i = 0; i < second.members.size(); ++i) {
    require(second.members[i].fit == reused.members[i].fit &&
            second.members[i].text == reused.members[i].text);
    require(second.members[i].range.begin == reused.members[i].range.begin + 2);
  }
  const std::string trailing = std::string(wire) + " \x01";
  decode_payload(Bytes(reinterpret_cast<const std::uint8_t*>(trailing.data()), trailing.size()), message,
                 names, second);
  require(second.state == PayloadState::malformed);
  require(second.is_object_prefix == (reused.state == PayloadState::object) || reused.is_object_prefix);
  return 0;
}
