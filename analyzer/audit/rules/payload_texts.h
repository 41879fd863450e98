// What findings on payloads say: found, expected, and the known slip that explains it. Built only when a rule
// is broken. Values come from the wire, clipped and not escaped. Inner header of the families.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "audit/event.h"

namespace ck::audit::payload_texts {

/// At most `limit` characters of `text`, cut between code points; "..." tells that there was more.
std::string clip(std::string_view text, std::size_t limit = 64);

/// "Table 7" of a message's clause "8.7, Table 7".
std::string_view table_of(const MessageSpec& spec);

/// A value in a word or two: a text or number as it is, else its type.
std::string value_of(const Member& member);
/// The type that the message's table lists; nullopt: the table does not list the parameter.
std::optional<std::string> listed_type(const Message& message, Parameter id);
/// "Source KM ID and Session ID".
std::string join(std::span<const Parameter> ids);

std::string malformed_payload(const Message& message);
std::string payload_not_object(const Message& message);

std::string missing(const Message& message, Parameter id, const Member* member, std::string_view why);
/// `left_out` is not empty.
std::string incomplete_failure(const Message& message, std::span<const Parameter> left_out);
std::string missing_destination(const Message& message);
std::string wrong_type(const Message& message, const Member& member);
std::string type_variant(const Message& message, const Member& member);
std::string duplicate(const Message& message, const Member& member);
std::string unexpected(const Message& message, const Member& member);
std::string unknown(const Message& message, const Member& member);
std::string empty_identifier(const Message& message, const Member& member);
std::string invalid_number_of_keys(const Message& message, const Member& member);
std::string key_material(const Message& message, const KeyMaterial& found);
std::string unknown_result_code(std::int64_t code);

}  // namespace ck::audit::payload_texts
