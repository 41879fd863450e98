// Every field, subtree and expert info of the plugin, registered from the catalogue and the rules.
#pragma once

#include "audit/rules.h"
#include "protocol/catalogue.h"
#include "wireshark_compat.h"

namespace ck::plugin {

/// The ids that epan gives to our fields; -1 until register_fields() ran.
struct Fields {
  int version = -1, message_id = -1, length = -1;
  int command = -1, command_direction = -1, command_number = -1;
  int parameters[kParameterCount] = {};  ///< by Parameter; of a list: one per element
  int result_code = -1, result = -1;
  int kma = -1, km = -1, application = -1;  ///< hidden
  int unknown_parameter = -1;
  int member = -1;   ///< a member that no field can show: null, an empty list, a value of the wrong type
  int element = -1;  ///< what lies below an object or array
  int payload = -1, payload_error = -1;
  int grpc_method = -1, grpc_status = -1;
  int skipped = -1, malformed = -1, incomplete = -1;
  int response_in = -1, response_to = -1, response_time = -1, response_time_ms = -1, unanswered = -1;
  int procedure = -1, procedure_id = -1, procedure_state = -1, procedure_frame = -1;
  int procedure_summary = -1;
  int violation = -1, violation_severity = -1, violation_clause = -1;
};

struct Subtrees {
  int frame = -1, command = -1, member = -1, element = -1, procedure = -1, violation = -1;
};

extern Fields fields;
extern Subtrees subtrees;
extern expert_field expert_more;         ///< findings beyond those that are shown
extern expert_field expert_undecidable;  ///< Wireshark could not see the whole stream

/// How a parameter is shown besides its name. Both end in NUL.
struct ParameterWords {
  const char* one;    ///< its name; of a list, one element's
  const char* blurb;  ///< what it is, for the status bar
};
const ParameterWords& parameter_words(Parameter id);

/// A rule's expert info at this severity: the preferences may give it another than the catalogue's.
expert_field& expert_for(Rule rule, Severity severity);
/// What a rule's expert infos are grouped under: one of PI_GROUP_MASK.
int group_of(Rule rule);
/// The severity as epan has it: one of PI_SEVERITY_MASK.
int severity_of(Severity severity);

struct CommandName {
  std::uint16_t command;
  const char* name;  ///< copied
};
/// What `ck.command` shows, and takes in a filter, from now on: the names of Table I.1 and `count` more,
/// which replace those of an earlier call.
void name_commands(const CommandName* more, std::size_t count);

/// Registers all of them for protocol `proto`. Called once, from the registration routine.
void register_fields(int proto);

}  // namespace ck::plugin
