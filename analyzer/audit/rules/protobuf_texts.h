// What findings on payloads over gRPC say: found, declared in the .proto, and the slip of the peer that
// explains it. Inner header of the families.
#pragma once

#include <string>
#include <string_view>

#include "audit/event.h"

namespace ck::audit::protobuf_texts {

/// The payload cannot be read. `json_error`: what is wrong where its content type says JSON.
std::string malformed_payload(const Message& message, std::string_view json_error);
std::string wrong_type(const Message& message, const Member& member, std::string_view listed);
std::string json_in_text(const Message& message, const Member& member);
std::string unknown(const Message& message, const Member& member);
/// "; …" where other numbers of the fields would explain all that is wrong; empty: they would not.
std::string numbering(const Message& message);
/// A text that is a whole JSON object or array in which something is quoted: no identifier has that form.
bool is_json_text(std::string_view text);
/// Of a parameter that names something, or the result: whether its value, or an element's, is one.
bool holds_json_text(const Message& message, const Member& member);

}  // namespace ck::audit::protobuf_texts
