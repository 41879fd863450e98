// Preferences. A change makes Wireshark close and reopen the file's state, so the next dissection is made
// with the new values.
#include "settings.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "fields.h"
#include "grpc_entry.h"
#include "plugin_state.h"

namespace ck::plugin {

Settings settings;

namespace {

/// A row of the table of additional parameter names.
struct Alias {
  char* name;
  unsigned parameter;
};
Alias* aliases = nullptr;
unsigned alias_count = 0;

/// A row of the table of additional CommandCodes.
struct VendorCommand {
  unsigned code;
  char* name;
};
VendorCommand* vendor_commands = nullptr;
unsigned vendor_command_count = 0;

/// A row of the table of .proto files.
struct ProtoFile {
  char* path;
};
ProtoFile* proto_files = nullptr;
unsigned proto_file_count = 0;
std::shared_ptr<const ProtoSchema> schema;
/// A row of the table of rules that are re-graded.
struct RuleGrade {
  unsigned rule;
  unsigned grade;
};
RuleGrade* rule_grades = nullptr;
unsigned rule_grade_count = 0;
std::array<value_string, kRuleCount + 1> rule_names;
const value_string kGrades[] = {{static_cast<std::uint32_t>(Grade::error), "error"},
                                {static_cast<std::uint32_t>(Grade::warning), "warning"},
                                {static_cast<std::uint32_t>(Grade::note), "note"},
                                {static_cast<std::uint32_t>(Grade::off), "off"},
                                {0, nullptr}};

const char* expected_version_text = "";
std::array<value_string, kParameterCount + 1> parameter_names;

void* copy_alias(void* to, const void* from, std::size_t) {
  auto* copy = static_cast<Alias*>(to);
  const auto* original = static_cast<const Alias*>(from);
  copy->name = g_strdup(original->name);
  copy->parameter = original->parameter;
  return to;
}

UatBool check_alias(void* row, char** error) {
  const auto* alias = static_cast<const Alias*>(row);
  NameTable names;
  *error = nullptr;
  if (alias->name == nullptr || !names.add_alias(static_cast<Parameter>(alias->parameter), alias->name)) {
    *error = g_strdup("The name must hold a letter or digit and not mean another parameter already");
    return 0;
  }
  return 1;
}

void free_alias(void* row) {
  g_free(static_cast<Alias*>(row)->name);
}

void* copy_command(void* to, const void* from, std::size_t) {
  auto* copy = static_cast<VendorCommand*>(to);
  const auto* original = static_cast<const VendorCommand*>(from);
  copy->code = original->code;
  copy->name = g_strdup(original->name);
  return to;
}

const char* fault_of(const VendorCommand& command) {
  if (command.code > 0xFFFF) return "A CommandCode has 16 bits: 0 to FFFF";
  const auto code = static_cast<std::uint16_t>(command.code);
  if (find_message(code) != nullptr) return "Table I.1 gives this CommandCode a name already";
  if (find_swapped(code) != nullptr) {
    return "This is a message of Table I.1 under the other direction's digits";
  }
  return command.name == nullptr || *command.name == '\0' ? "The name must not be empty" : nullptr;
}

UatBool check_command(void* row, char** error) {
  const char* fault = fault_of(*static_cast<const VendorCommand*>(row));
  *error = fault == nullptr ? nullptr : g_strdup(fault);
  return fault == nullptr;
}

void* copy_grade(void* to, const void* from, std::size_t) {
  *static_cast<RuleGrade*>(to) = *static_cast<const RuleGrade*>(from);
  return to;
}

void free_command(void* row) {
  g_free(static_cast<VendorCommand*>(row)->name);
}

void* copy_proto_file(void* to, const void* from, std::size_t) {
  static_cast<ProtoFile*>(to)->path = g_strdup(static_cast<const ProtoFile*>(from)->path);
  return to;
}

/// What is said of a file that cannot be used; to be freed. nullptr: it can.
char* fault_of(const std::vector<std::string>& files) noexcept {
  try {
    std::string error;
    make_schema(files, error);
    return error.empty() ? nullptr : g_strdup(error.c_str());
  } catch (const std::exception&) {
    return g_strdup("There is not enough memory to read it");
  }
}

UatBool check_proto_file(void* row, char** error) {
  const char* path = static_cast<const ProtoFile*>(row)->path;
  *error = path == nullptr || *path == '\0' ? g_strdup("A file must be named") : fault_of({path});
  return *error == nullptr;
}

void free_proto_file(void* row) {
  g_free(static_cast<ProtoFile*>(row)->path);
}

/// Those that stand alone may not go together: then what ships stays.
void use_proto_files() {
  std::vector<std::string> files;
  for (unsigned i = 0; i < proto_file_count; ++i) {
    if (proto_files[i].path != nullptr && *proto_files[i].path != '\0')
      files.emplace_back(proto_files[i].path);
  }
  std::string error;
  schema = make_schema(files, error);
  if (!error.empty()) tell_failure(error.c_str());
  ask_for_messages();
}

void use_commands() {
  auto* names = static_cast<CommandName*>(g_malloc0((vendor_command_count + 1) * sizeof(CommandName)));
  std::size_t count = 0;
  for (unsigned i = 0; i < vendor_command_count; ++i) {
    const VendorCommand& command = vendor_commands[i];
    if (fault_of(command) == nullptr)
      names[count++] = {static_cast<std::uint16_t>(command.code), command.name};
  }
  name_commands(names, count);
  g_free(names);
}

// epan's macros for the columns convert freely between integer types.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wold-style-cast"
UAT_CSTRING_CB_DEF(ck_alias, name, Alias)
UAT_VS_DEF(ck_alias, parameter, Alias, unsigned, 0, "Source KMA ID")
UAT_HEX_CB_DEF(ck_command, code, VendorCommand)
UAT_CSTRING_CB_DEF(ck_command, name, VendorCommand)
UAT_FILENAME_CB_DEF(ck_proto_file, path, ProtoFile)
UAT_VS_DEF(ck_rule, rule, RuleGrade, unsigned, 0, "missing-parameter")
UAT_VS_DEF(ck_rule, grade, RuleGrade, unsigned, 0, "error")
#pragma GCC diagnostic pop

uat_t* make_alias_table() {
  std::size_t i = 0;
  for (const ParameterSpec& spec : parameters()) {
    parameter_names[i++] = {static_cast<std::uint32_t>(spec.id), spec.name.data()};
  }
  parameter_names[i] = {0, nullptr};
  static uat_field_t columns[] = {
      {"name",
       "Member name",
       PT_TXTMOD_STRING,
       {uat_fld_chk_str, ck_alias_name_set_cb, ck_alias_name_tostr_cb},
       {nullptr, nullptr, nullptr},
       nullptr,
       "Name of the JSON member; case and everything but letters and digits do not matter",
       FLDFILL},
      {"parameter",
       "Parameter",
       PT_TXTMOD_ENUM,
       {uat_fld_chk_enum, ck_alias_parameter_set_cb, ck_alias_parameter_tostr_cb},
       {parameter_names.data(), parameter_names.data(), parameter_names.data()},
       parameter_names.data(),
       "Parameter of Q.4164 that it means",
       FLDFILL},
      UAT_END_FIELDS};
  return uat_new("Additional parameter names", sizeof(Alias), "ck_parameter_names", true, &aliases,
                 &alias_count, UAT_AFFECTS_DISSECTION, nullptr, copy_alias, check_alias, free_alias, nullptr,
                 nullptr, columns);
}

uat_t* make_command_table() {
  static uat_field_t columns[] = {{"code",
                                   "CommandCode",
                                   PT_TXTMOD_STRING,
                                   {uat_fld_chk_num_hex, ck_command_code_set_cb, ck_command_code_tostr_cb},
                                   {nullptr, nullptr, nullptr},
                                   nullptr,
                                   "In hexadecimal, 0x1480 or 1480; none of Table I.1",
                                   FLDFILL},
                                  {"name",
                                   "Name",
                                   PT_TXTMOD_STRING,
                                   {uat_fld_chk_str, ck_command_name_set_cb, ck_command_name_tostr_cb},
                                   {nullptr, nullptr, nullptr},
                                   nullptr,
                                   "What messages with this CommandCode are called",
                                   FLDFILL},
                                  UAT_END_FIELDS};
  return uat_new("Additional CommandCodes", sizeof(VendorCommand), "ck_commands", true, &vendor_commands,
                 &vendor_command_count, UAT_AFFECTS_DISSECTION, nullptr, copy_command, check_command,
                 free_command, use_commands, nullptr, columns);
}

uat_t* make_proto_table() {
  static uat_field_t columns[] = {{"path",
                                   "File",
                                   PT_TXTMOD_FILENAME,
                                   {uat_fld_chk_str, ck_proto_file_path_set_cb, ck_proto_file_path_tostr_cb},
                                   {nullptr, nullptr, nullptr},
                                   nullptr,
                                   "A .proto file with methods of Ck; what it imports is looked up beside it",
                                   FLDFILL},
                                  UAT_END_FIELDS};
  return uat_new("gRPC .proto files", sizeof(ProtoFile), "ck_grpc_proto_files", true, &proto_files,
                 &proto_file_count, UAT_AFFECTS_DISSECTION, nullptr, copy_proto_file, check_proto_file,
                 free_proto_file, use_proto_files, nullptr, columns);
}

uat_t* make_rule_table() {
  std::size_t i = 0;
  for (const RuleSpec& spec : rules()) {
    rule_names[i++] = {static_cast<std::uint32_t>(spec.rule), spec.slug.data()};
  }
  rule_names[i] = {0, nullptr};
  static uat_field_t columns[] = {{"rule",
                                   "Rule",
                                   PT_TXTMOD_ENUM,
                                   {uat_fld_chk_enum, ck_rule_rule_set_cb, ck_rule_rule_tostr_cb},
                                   {rule_names.data(), rule_names.data(), rule_names.data()},
                                   rule_names.data(),
                                   "Rule of Q.4164, as ck.violation names it",
                                   FLDFILL},
                                  {"severity",
                                   "Severity",
                                   PT_TXTMOD_ENUM,
                                   {uat_fld_chk_enum, ck_rule_grade_set_cb, ck_rule_grade_tostr_cb},
                                   {kGrades, kGrades, kGrades},
                                   kGrades,
                                   "What a violation of it is from now on; off: the rule is not checked",
                                   FLDFILL},
                                  UAT_END_FIELDS};
  return uat_new("Severities of rules", sizeof(RuleGrade), "ck_rules", true, &rule_grades, &rule_grade_count,
                 UAT_AFFECTS_DISSECTION, nullptr, copy_grade, nullptr, nullptr, nullptr, nullptr, columns);
}

constexpr unsigned kResponseTimeout = 30;

/// Of the preference; nullopt: there is none, or no number that the header's field can hold.
std::optional<std::uint16_t> expected_version(bool& wrong) {
  wrong = false;
  if (expected_version_text == nullptr || *expected_version_text == '\0') return std::nullopt;
  char* end = nullptr;
  const unsigned long version = std::strtoul(expected_version_text, &end, 0);
  wrong = *end != '\0' || version > 0xFFFF;
  return wrong ? std::nullopt : std::optional(static_cast<std::uint16_t>(version));
}

/// Wireshark takes any text and any number; who set one that cannot be used is told.
void check_settings() {
  bool wrong = false;
  expected_version(wrong);
  if (wrong) tell_failure("the preference Expected Version is no number from 0 to 65535; any Version passes");
  if (settings.response_timeout == 0)
    tell_failure("the preference Response timeout is 0 seconds, in which nobody can answer; 30 are taken");
}

}  // namespace

const std::shared_ptr<const ProtoSchema>& schema_of_settings() {
  if (std::string error; schema == nullptr) schema = make_schema({}, error);
  return schema;
}

const char* vendor_command_name(std::uint16_t command) {
  for (unsigned i = 0; i < vendor_command_count; ++i) {
    if (vendor_commands[i].code == command) return vendor_commands[i].name;
  }
  return nullptr;
}

void register_settings(int proto) {
  module_t* module = prefs_register_protocol(proto, check_settings);
  prefs_register_bool_preference(
      module, "desegment", "Reassemble messages that span several TCP segments",
      "To use this, \"Allow subdissectors to reassemble TCP streams\" must be enabled "
      "in the TCP settings as well.",
      &settings.desegment);
  prefs_register_bool_preference(module, "heuristics", "Recognise Ck by its content on any port",
                                 "Off: only ports named here, and Decode As.", &settings.heuristics);
  prefs_register_string_preference(module, "expected_version", "Expected Version (a number; empty: any)",
                                   "Another Version in a message is reported (rule unexpected-version).",
                                   &expected_version_text);
  prefs_register_uint_preference(
      module, "response_timeout", "Response timeout (seconds)",
      "A request without an answer for so long is reported (rule unanswered-request).", 10,
      &settings.response_timeout);
  prefs_register_bool_preference(module, "show_json", "Show the payload with the JSON dissector as well",
                                 "Adds Wireshark's own view of the payload below ours.", &settings.show_json);
  prefs_register_uat_preference(
      module, "parameter_names", "Additional parameter names",
      "JSON member names that mean a parameter of Q.4164, beside those that are built in.",
      make_alias_table());
  prefs_register_uat_preference(
      module, "commands", "Additional CommandCodes",
      "Names of a vendor's own messages. Only what they are called changes: that Table "
      "I.1 does not list them is reported all the same (rule unknown-command).",
      make_command_table());
  prefs_register_uat_preference(
      module, "rules", "Severities of rules",
      "Another severity for a rule, or off, as ck-audit's --rule gives it. The last "
      "row of a rule counts.",
      make_rule_table());
  if (schema_of_settings() == nullptr) return;
  prefs_register_uat_preference(
      module, "grpc.proto_files", "gRPC .proto files",
      "How your deployment speaks Ck over gRPC. Without any, ck.proto, which is installed with the plugin, "
      "says how; a file of its package replaces it.",
      make_proto_table());
}

namespace {

/// The user says that a port carries Ck, in clear or inside TLS: in the preferences, or by Decode As.
bool is_named(std::uint16_t source, std::uint16_t destination) {
  static dissector_table_t tcp = find_dissector_table("tcp.port");
  static dissector_table_t tls = find_dissector_table("tls.port");
  const auto names = [&](dissector_table_t table, dissector_handle_t ours) {
    return table != nullptr && (dissector_get_uint_handle(table, source) == ours ||
                                dissector_get_uint_handle(table, destination) == ours);
  };
  return names(tcp, state.tcp_handle) || names(tls, state.tls_handle);
}

bool is_heuristic_on(const char* name) {
  const heur_dtbl_entry_t* entry = find_heur_dissector_by_unique_short_name(name);
  return entry != nullptr && entry->enabled;
}

}  // namespace

DissectionOptions dissection_options() {
  DissectionOptions options;
  options.schema = schema_of_settings();
  options.is_named = is_named;
  options.by_content = settings.heuristics && (is_heuristic_on("ck_tcp") || is_heuristic_on("ck_tls"));
  options.wait = settings.desegment;
  options.keeps_back = tcp_keeps_back();
  options.copies = kPutsTogetherOnce;
  const unsigned timeout = settings.response_timeout != 0 ? settings.response_timeout : kResponseTimeout;
  options.audit.response_timeout_ns = static_cast<std::int64_t>(timeout) * 1'000'000'000;
  bool wrong = false;
  options.audit.expected_version = expected_version(wrong);
  for (unsigned i = 0; i < rule_grade_count; ++i) {
    if (rule_grades[i].rule < kRuleCount)
      options.audit.grades[rule_grades[i].rule] = static_cast<Grade>(rule_grades[i].grade);
  }
  for (unsigned i = 0; i < alias_count; ++i) {
    if (aliases[i].name == nullptr || aliases[i].parameter >= kParameterCount) continue;
    options.names.add_alias(static_cast<Parameter>(aliases[i].parameter), aliases[i].name);
  }
  return options;
}

}  // namespace ck::plugin
