// Options by CLI11, each with the value parser of option_values.h.
#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <limits>

#include "capture/filter.h"
#include "cli/option_values.h"
#include "report/escape.h"

namespace ck::cli {
namespace {

/// What CLI11 fills in: texts, so that every refusal is ours.
struct Raw {
  std::vector<std::string> inputs, formats, ports, rules, grpc_protos;
  std::string interface, filter;
  std::string output, aliases, tls_keylog, files_from, expect_version, response_timeout, merge_tolerance,
      jobs, fail_on, baseline;
  std::vector<std::string> explained;
  std::string color, idle_timeout, max_buffered, max_buffered_direction;
  std::string max_connections, max_open_requests, max_message_ids, max_open_procedures, max_finished,
      max_keys;
  std::string emit_messages, shard;
  bool merge = false, require_messages = false, messages = false, list_rules = false, version = false,
       help = false;
  bool quiet = false, verbose = false, progress = false, no_progress = false;
};

/// One value an occurrence: `--port 1 FILE` must not take FILE for a port.
void add_repeatable(CLI::App& app, const std::string& name, std::vector<std::string>& values) {
  app.add_option(name, values)->allow_extra_args(false);
}

void declare(CLI::App& app, Raw& raw) {
  app.set_help_flag();
  app.add_option("INPUT", raw.inputs);
  add_repeatable(app, "-f,--format", raw.formats);
  app.add_option("-o,--output", raw.output);
  app.add_option("-i,--interface", raw.interface);
  app.add_option("--filter", raw.filter);
  app.add_flag("--merge", raw.merge);
  app.add_option("--merge-tolerance", raw.merge_tolerance);
  app.add_option("-j,--jobs", raw.jobs);
  add_repeatable(app, "--port", raw.ports);
  app.add_option("--tls-keylog", raw.tls_keylog);
  app.add_option("--aliases", raw.aliases);
  add_repeatable(app, "--grpc-proto", raw.grpc_protos);
  app.add_option("--expect-version", raw.expect_version);
  app.add_option("--response-timeout", raw.response_timeout);
  add_repeatable(app, "--rule", raw.rules);
  app.add_flag("--require-messages", raw.require_messages);
  app.add_option("--fail-on", raw.fail_on);
  app.add_flag("--messages", raw.messages);
  app.add_option("--emit-messages", raw.emit_messages);
  app.add_option("--shard", raw.shard);
  app.add_option("--files-from", raw.files_from);
  app.add_option("--explain", raw.explained)->expected(1, -1);
  app.add_option("--baseline", raw.baseline);
  app.add_flag("--list-rules", raw.list_rules);
  app.add_flag("-V,--version", raw.version);
  app.add_flag("-h,--help", raw.help);
  app.add_option("--color", raw.color);
  app.add_flag("-q,--quiet", raw.quiet);
  app.add_flag("-v,--verbose", raw.verbose);
  app.add_flag("--progress", raw.progress);
  app.add_flag("--no-progress", raw.no_progress);
  app.add_option("--idle-timeout", raw.idle_timeout);
  app.add_option("--max-buffered", raw.max_buffered);
  app.add_option("--max-buffered-direction", raw.max_buffered_direction);
  app.add_option("--max-connections", raw.max_connections);
  app.add_option("--max-open-requests", raw.max_open_requests);
  app.add_option("--max-message-ids", raw.max_message_ids);
  app.add_option("--max-open-procedures", raw.max_open_procedures);
  app.add_option("--max-finished-procedures", raw.max_finished);
  app.add_option("--max-known-keys", raw.max_keys);
}

void set_bound(std::size_t& bound, const std::string& option, const std::string& text) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  if (!text.empty()) bound = static_cast<std::size_t>(parse_count(option, text, 1, kMost));
}

void set_audit(const Raw& raw, AuditOptions& audit) {
  if (!raw.expect_version.empty()) {
    audit.expected_version =
        static_cast<std::uint16_t>(parse_count("--expect-version", raw.expect_version, 0, 65535));
  }
  if (!raw.response_timeout.empty()) {
    audit.response_timeout_ns = parse_duration("--response-timeout", raw.response_timeout, 1e9, 1);
  }
  if (!raw.merge_tolerance.empty()) {
    audit.merge_tolerance_ns = parse_duration("--merge-tolerance", raw.merge_tolerance, 1e6, 0);
  }
  audit.peers = true;
  for (const std::string& text : raw.rules) {
    for (const auto& [rule, grade] : parse_rule_grades(text))
      audit.grades[static_cast<std::size_t>(rule)] = grade;
  }
  set_bound(audit.max_connections, "--max-connections", raw.max_connections);
  set_bound(audit.max_open_requests, "--max-open-requests", raw.max_open_requests);
  set_bound(audit.max_remembered_ids, "--max-message-ids", raw.max_message_ids);
  set_bound(audit.max_open_procedures, "--max-open-procedures", raw.max_open_procedures);
  set_bound(audit.max_finished_procedures, "--max-finished-procedures", raw.max_finished);
  set_bound(audit.max_known_keys, "--max-known-keys", raw.max_keys);
}

void set_reader(const Raw& raw, ReaderOptions& reader) {
  reader.ports = parse_ports(raw.ports);
  if (!raw.shard.empty()) reader.shard = parse_shard(raw.shard);
  set_bound(reader.max_connections, "--max-connections", raw.max_connections);
  if (!raw.max_buffered.empty()) reader.max_buffered_bytes = parse_bytes("--max-buffered", raw.max_buffered);
  if (!raw.max_buffered_direction.empty()) {
    reader.max_buffered_per_direction = parse_bytes("--max-buffered-direction", raw.max_buffered_direction);
  }
  if (!raw.idle_timeout.empty())
    reader.idle_timeout_ns = parse_duration("--idle-timeout", raw.idle_timeout, 1e9, 0);
}

void set_reports(const Raw& raw, Options& options) {
  for (const std::string& text : raw.formats) options.reports.push_back(parse_report(text));
  options.output = raw.output;
  const auto without_path = std::count_if(options.reports.begin(), options.reports.end(),
                                          [](const ReportRequest& report) { return report.path.empty(); });
  if (without_path > 1) {
    throw UsageError("--format: two reports have no file of their own; write FORMAT=FILE for all but one");
  }
  if (!raw.output.empty() && without_path == 0 && !options.reports.empty()) {
    throw UsageError(
        "--output: every report has a file of its own already; leave --output out, or one =FILE");
  }
  if (options.reports.empty()) options.reports.push_back({});
}

void check_live(const Options& options) {
  if (!options.inputs.empty() || !options.files_from.empty()) {
    throw UsageError("--interface: live traffic is an audit of its own; leave the other inputs out");
  }
  if (!options.tls_keylog.empty()) {
    throw UsageError(
        "--tls-keylog: live traffic is not decrypted; capture it (tcpdump -i IFACE -w FILE) and audit the "
        "file");
  }
}

void check_inputs(const Options& options) {
  if (std::count(options.inputs.begin(), options.inputs.end(), "") != 0)
    throw UsageError("an input has no name, as where a shell's variable is not set; give a capture file");
  if (!options.interface.empty()) return check_live(options);
  const auto standard =
      std::count(options.inputs.begin(), options.inputs.end(), "-") + (options.files_from == "-" ? 1 : 0);
  if (standard > 1)
    throw UsageError("standard input can be read only once; give '-' once, as INPUT or as --files-from -");
  if (options.inputs.empty() && options.files_from.empty()) {
    throw UsageError("nothing to audit; give a capture file, a folder, - for standard input, or -i IFACE");
  }
}

Task task_of(const Raw& raw) {
  if (raw.help) return Task::help;
  if (raw.version) return Task::version;
  if (raw.list_rules) return Task::list_rules;
  return raw.explained.empty() ? Task::audit : Task::explain;
}

Options to_options(Raw& raw) {
  Options options;
  options.task = task_of(raw);
  if (options.task == Task::explain) {
    for (const std::string& slug : raw.explained) options.explained.push_back(&parse_rule(slug));
  }
  options.inputs = std::move(raw.inputs);
  options.interface = raw.interface;
  options.filter = raw.filter;
  if (!raw.filter.empty()) {
    const std::string error = check_filter(raw.filter);
    if (!error.empty())
      throw UsageError(fmt::format("--filter: {}; see pcap-filter(7)", terminal_text(error)));
  }
  options.files_from = raw.files_from;
  options.aliases = raw.aliases;
  options.baseline = raw.baseline;
  options.grpc_protos = std::move(raw.grpc_protos);
  options.tls_keylog = raw.tls_keylog;
  options.merge = raw.merge;
  if (!raw.jobs.empty()) options.jobs = static_cast<unsigned>(parse_count("--jobs", raw.jobs, 1, 1024));
  options.require_messages = raw.require_messages;
  if (!raw.fail_on.empty()) options.fail_on = parse_fail_on(raw.fail_on);
  options.messages = raw.messages;
  options.emit_messages = raw.emit_messages;
  if (raw.emit_messages == "-")
    throw UsageError("--emit-messages: a log goes into a file, as the report may go to standard output");
  options.quiet = raw.quiet;
  options.verbose = raw.verbose;
  if (raw.quiet && raw.verbose)
    throw UsageError("--quiet and --verbose contradict each other; give one of them");
  if (!raw.color.empty()) options.color = parse_when("--color", raw.color);
  if (raw.progress) options.progress = When::always;
  if (raw.no_progress) options.progress = When::never;
  set_reports(raw, options);
  set_audit(raw, options.audit);
  set_reader(raw, options.reader);
  if (options.task == Task::audit) check_inputs(options);
  return options;
}

std::string suggestion(const std::vector<std::string>& arguments, const std::vector<std::string>& known) {
  for (const std::string& argument : arguments) {
    if (argument.rfind("--", 0) != 0) continue;
    const std::string name = argument.substr(0, argument.find('='));
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string hint = nearest(name, known);
    if (!hint.empty()) return fmt::format("; did you mean {}?", hint);
  }
  return {};
}

/// CLI11 2.4 takes what begins like an option, but has none of an option's names, for an input.
void refuse_misread_options(const std::vector<std::string>& arguments,
                            const std::vector<std::string>& inputs) {
  for (const std::string& argument : arguments) {
    if (argument == "--") return;
    if (argument.size() < 2 || argument[0] != '-') continue;
    if (std::find(inputs.begin(), inputs.end(), argument) == inputs.end()) continue;
    throw UsageError(fmt::format("The following argument was not expected: {}", terminal_text(argument)));
  }
}

}  // namespace

Options parse_options(const std::vector<std::string>& arguments) {
  CLI::App app;
  Raw raw;
  declare(app, raw);
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string said = error.what();
    throw UsageError(terminal_text(said.substr(0, said.find(':'))) + " needs a value");
  } catch (const CLI::ParseError& error) {
    throw UsageError(terminal_text(error.what()) + suggestion(arguments, option_names()));
  }
  refuse_misread_options(arguments, raw.inputs);
  return to_options(raw);
}

std::vector<std::string> option_names() {
  CLI::App app;
  Raw raw;
  declare(app, raw);
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

}  // namespace ck::cli
