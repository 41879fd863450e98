// Records as bytes: both directions visit the same description (describe.h), so that they cannot disagree.
#include "report/codec.h"

#include "report/describe.h"

namespace ck::report {
namespace {

/// Tells `Out` each member that is stored: an EncodedRoom or an Encoder.
template <typename Out>
class EncodingVisitor {
 public:
  explicit EncodingVisitor(Out& out) : out_(out) {}
  template <typename Value>
  void operator()(const char* /*name*/, const Value& value) {
    out_.put(value);
  }
  template <As how, typename Value>
  void operator()(const char* /*name*/, Shown<how, Value> member) {
    out_.put(member.value);
  }
  template <typename Value>
  void stored_only(const Value& value) {
    out_.put(value);
  }
  template <typename Value>
  void shown_only(const char* /*name*/, const Value& /*value*/) {}

 private:
  Out& out_;
};

template <typename Out, typename Record>
void tell(Out& out, const Record& record) {
  EncodingVisitor visit(out);
  describe(record, visit);
}

class DecodingVisitor {
 public:
  explicit DecodingVisitor(std::string_view bytes) : in_(bytes) {}
  template <typename Value>
  void operator()(const char* /*name*/, Value& value) {
    in_.get(value);
  }
  template <As how, typename Value>
  void operator()(const char* /*name*/, Shown<how, Value> member) {
    in_.get(member.value);
  }
  template <typename Value>
  void stored_only(Value& value) {
    in_.get(value);
  }
  template <typename Value>
  void shown_only(const char* /*name*/, const Value& /*value*/) {}

 private:
  Decoder in_;
};

}  // namespace

template <typename Record>
void encode(const Record& record, ByteBuffer& bytes) {
  EncodedRoom room;
  tell(room, record);
  Encoder to(bytes.room(room.size()));
  tell(to, record);
  bytes.taken(to.end());
}

template <typename Record>
void decode(std::string_view bytes, Record& record) {
  DecodingVisitor visit(bytes);
  describe(record, visit);
}

template void encode(const Finding&, ByteBuffer&);
template void encode(const ConnectionRecord&, ByteBuffer&);
template void encode(const RelayRecord&, ByteBuffer&);
template void encode(const SessionRecord&, ByteBuffer&);
template void encode(const ReservationRecord&, ByteBuffer&);
template void encode(const ResponseTimes&, ByteBuffer&);
template void encode(const MessageEntry&, ByteBuffer&);
template void encode(const PeerRecord&, ByteBuffer&);

template void decode(std::string_view, Finding&);
template void decode(std::string_view, ConnectionRecord&);
template void decode(std::string_view, RelayRecord&);
template void decode(std::string_view, SessionRecord&);
template void decode(std::string_view, ReservationRecord&);
template void decode(std::string_view, ResponseTimes&);
template void decode(std::string_view, MessageEntry&);
template void decode(std::string_view, PeerRecord&);

}  // namespace ck::report
