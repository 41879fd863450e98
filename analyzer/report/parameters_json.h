// A message's parameters as JSON, for the report's "messages": under the Recommendation's own names, whatever
// the wire spelt.
#pragma once

#include <string>

#include "audit/event.h"

namespace ck::report {

/// An object with every parameter of the message's table, null where it is absent, and any other parameter of
/// Q.4164 that the payload holds. An identifier is its text; a list an array of texts (null for an element
/// from which none can be read); Number of keys a number; Response a text or a number, as on the wire;
/// Extension its JSON value, and so is a value from which the parameter cannot be read. Of a parameter that
/// comes twice, the first counts. `{}` when the payload is not an object.
std::string parameters_json(const Message& message);

/// What parameters_json() leaves out, as an array in the payload's order: members that are no parameters of
/// Q.4164, and the second and later of one parameter, each {"name": as spelt, "value": JSON}.
std::string other_members_json(const Message& message);

}  // namespace ck::report
