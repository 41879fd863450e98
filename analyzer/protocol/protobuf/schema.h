// Which gRPC messages are Ck's, by the .proto files of a deployment or the one that ships
// (packaging/proto/ck.proto).
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/rooms.h"

namespace google::protobuf {
class Descriptor;
}

namespace ck::protocol {

struct MessageSpec;

/// A .proto file that cannot be used: what() says "FILE:LINE:COLUMN: …" and what is wrong, a line each.
class ProtoError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A field as its .proto declares it, for what findings say.
struct ProtoField {
  std::uint32_t number = 0;
  std::uint8_t wire = 0;       ///< the wire type of its values
  bool may_be_packed = false;  ///< they may also stand in one value of a length
  std::string name, declared;  ///< "key_id", "repeated string"
};

/// A type of the .proto files whose last name is that of a Ck message (packaging/doc/reading-q4164.md,
/// "gRPC").
struct ProtoMessage {
  const google::protobuf::Descriptor* type = nullptr;
  const MessageSpec* spec = nullptr;
  std::string name{};  ///< of the type, without its package
  std::vector<ProtoField> fields{};
};

/// A method that Ck is spoken by: at least one of the two is a Ck message.
struct ProtoMethod {
  std::string path;                       ///< as HTTP/2 has it, "/qkdn.ck.v1.KeyManager/KeyRelay"
  const ProtoMessage* request = nullptr;  ///< nullptr: none of Ck's
  const ProtoMessage* response = nullptr;
};

/// The message that the last part of a type's name means: Appendix II's seven, and six by analogy. nullptr:
/// none.
const MessageSpec* find_grpc_message(std::string_view name);

class ProtoSchema {
 public:
  /// Reads `files`, and what ships unless one of them is of its package. Imports are looked up beside a file,
  /// and Google's own are known. Throws ProtoError where a file cannot be read or understood, or none has a
  /// method of Ck.
  explicit ProtoSchema(const std::vector<std::string>& files);
  ~ProtoSchema();
  ProtoSchema(const ProtoSchema&) = delete;
  ProtoSchema& operator=(const ProtoSchema&) = delete;

  /// The method of a ":path", nullptr where it is none of Ck's.
  [[nodiscard]] const ProtoMethod* find(std::string_view path) const;
  /// All methods, in order of their paths.
  [[nodiscard]] std::vector<const ProtoMethod*> methods() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ck::protocol
