// Options by CLI11, each with the value parser of option_values.h.
#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <limits>
#include <variant>

#include "capture/filter.h"
#include "cli/option_table.h"
#include "cli/option_values.h"
#include "report/escape.h"

namespace ck::cli {
namespace {

/// What CLI11 fills in: texts, so that every refusal is ours.
struct Raw {
  std::vector<std::string> inputs, formats, ports, rules, grpc_protos;
  std::string interface, filter;
  std::string output, aliases, tls_keylog, files_from, expect_version, response_timeout, merge_tolerance,
      jobs, fail_on, baseline, html_procedures, annotate;
  std::vector<std::string> explained;
  std::string generated;
  std::string color, idle_timeout, max_buffered, max_buffered_direction;
  std::string max_connections, max_open_requests, max_message_ids, max_open_procedures, max_finished,
      max_keys;
  std::string emit_messages, shard;
  bool merge = false, require_messages = false, messages = false, list_rules = false, version = false,
       help = false, help_limits = false;
  bool quiet = false, verbose = false, progress = false, no_progress = false;
};

/// Where the value of an option goes.
using Member = std::variant<bool Raw::*, std::string Raw::*, std::vector<std::string> Raw::*>;
struct Binding {
  std::string_view name;
  Member member;
};

const std::array kBindings{
    Binding{"format", &Raw::formats},
    Binding{"output", &Raw::output},
    Binding{"interface", &Raw::interface},
    Binding{"filter", &Raw::filter},
    Binding{"merge", &Raw::merge},
    Binding{"merge-tolerance", &Raw::merge_tolerance},
    Binding{"jobs", &Raw::jobs},
    Binding{"port", &Raw::ports},
    Binding{"tls-keylog", &Raw::tls_keylog},
    Binding{"aliases", &Raw::aliases},
    Binding{"grpc-proto", &Raw::grpc_protos},
    Binding{"expect-version", &Raw::expect_version},
    Binding{"response-timeout", &Raw::response_timeout},
    Binding{"rule", &Raw::rules},
    Binding{"require-messages", &Raw::require_messages},
    Binding{"fail-on", &Raw::fail_on},
    Binding{"messages", &Raw::messages},
    Binding{"files-from", &Raw::files_from},
    Binding{"explain", &Raw::explained},
    Binding{"baseline", &Raw::baseline},
    Binding{"html-procedures", &Raw::html_procedures},
    Binding{"annotate", &Raw::annotate},
    Binding{"emit-messages", &Raw::emit_messages},
    Binding{"shard", &Raw::shard},
    Binding{"list-rules", &Raw::list_rules},
    Binding{"version", &Raw::version},
    Binding{"help", &Raw::help},
    Binding{"help-limits", &Raw::help_limits},
    Binding{"generate", &Raw::generated},
    Binding{"color", &Raw::color},
    Binding{"quiet", &Raw::quiet},
    Binding{"verbose", &Raw::verbose},
    Binding{"progress", &Raw::progress},
    Binding{"no-progress", &Raw::no_progress},
    Binding{"idle-timeout", &Raw::idle_timeout},
    Binding{"max-buffered", &Raw::max_buffered},
    Binding{"max-buffered-direction", &Raw::max_buffered_direction},
    Binding{"max-connections", &Raw::max_connections},
    Binding{"max-open-requests", &Raw::max_open_requests},
    Binding{"max-message-ids", &Raw::max_message_ids},
    Binding{"max-open-procedures", &Raw::max_open_procedures},
    Binding{"max-finished-procedures", &Raw::max_finished},
    Binding{"max-known-keys", &Raw::max_keys},
};

const Member& member_of(std::string_view name) {
  const auto* const found = std::find_if(kBindings.begin(), kBindings.end(),
                                         [&](const Binding& binding) { return binding.name == name; });
  if (found == kBindings.end()) throw std::logic_error(fmt::format("--{} is bound to nothing", name));
  return found->member;
}

void declare(CLI::App& app, const OptionRow& row, Raw& raw) {
  const std::string name =
      row.letter == 0 ? fmt::format("--{}", row.name) : fmt::format("-{},--{}", row.letter, row.name);
  const Member& member = member_of(row.name);
  if (const auto* flag = std::get_if<bool Raw::*>(&member)) {
    app.add_flag(name, raw.*(*flag));
  } else if (const auto* text = std::get_if<std::string Raw::*>(&member)) {
    app.add_option(name, raw.*(*text));
  } else {
    std::vector<std::string>& values = raw.*std::get<std::vector<std::string> Raw::*>(member);
    CLI::Option* option = app.add_option(name, values);
    // One value an occurrence: `--port 1 FILE` must not take FILE for a port. Rules are never files.
    row.takes == Takes::rule ? option->expected(1, -1) : option->allow_extra_args(false);
  }
}

void declare(CLI::App& app, Raw& raw) {
  app.set_help_flag();
  app.add_option("INPUT", raw.inputs);
  for (const OptionRow& row : option_rows()) declare(app, row, raw);
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

/// A copy needs its capture a second time.
void check_annotate(const Options& options) {
  if (options.annotate.empty()) return;
  if (options.annotate == "-") throw UsageError("--annotate: give a file; standard output is for reports");
  if (!options.interface.empty()) {
    throw UsageError(
        "--annotate: live traffic stands in no file; capture it (tcpdump -i IFACE -w FILE) and annotate the "
        "file");
  }
  if (std::count(options.inputs.begin(), options.inputs.end(), "-") != 0)
    throw UsageError("--annotate: standard input can be read only once; give the capture as a file");
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
  if (raw.help_limits) return Task::help_limits;
  if (!raw.generated.empty()) return Task::generate;
  if (raw.version) return Task::version;
  if (raw.list_rules) return Task::list_rules;
  return raw.explained.empty() ? Task::audit : Task::explain;
}

Options to_options(Raw& raw) {
  Options options;
  options.task = task_of(raw);
  if (options.task == Task::explain) {
    for (const std::string& slugs : raw.explained) {
      for (const RuleSpec* rule : parse_rules(slugs)) options.explained.push_back(rule);
    }
  }
  if (options.task == Task::generate) options.generated = &parse_generated(raw.generated);
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
  options.annotate = raw.annotate;
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
  if (!raw.html_procedures.empty()) {
    constexpr std::uint64_t kMost = 1'000'000;
    options.html_procedures =
        static_cast<std::size_t>(parse_count("--html-procedures", raw.html_procedures, 0, kMost));
  }
  if (!raw.color.empty()) options.color = parse_when("--color", raw.color);
  if (raw.progress) options.progress = When::always;
  if (raw.no_progress) options.progress = When::never;
  set_reports(raw, options);
  set_audit(raw, options.audit);
  set_reader(raw, options.reader);
  if (options.task == Task::audit) {
    check_inputs(options);
    check_annotate(options);
  }
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

/// "-o", or "-oFILE", is the option of that long name.
bool is_short_for(std::string_view argument, std::string_view name) {
  if (argument.size() < 2 || argument[0] != '-') return false;
  const auto rows = option_rows();
  return std::any_of(rows.begin(), rows.end(), [&](const OptionRow& row) {
    return row.letter == argument[1] && name.substr(0, 2) == "--" && name.substr(2) == row.name;
  });
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
    const std::string name = said.substr(0, said.find(':'));
    const auto times = std::count_if(arguments.begin(), arguments.end(), [&](const std::string& argument) {
      return argument == name || argument.starts_with(name + "=") || is_short_for(argument, name);
    });
    throw UsageError(terminal_text(name) + (times > 1 ? " is given twice; give it once" : " needs a value"));
  } catch (const CLI::ParseError& error) {
    throw UsageError(terminal_text(error.what()) + suggestion(arguments, option_names()));
  }
  refuse_misread_options(arguments, raw.inputs);
  return to_options(raw);
}

std::vector<std::string> option_names() {
  std::vector<std::string> names;
  for (const OptionRow& row : option_rows()) names.push_back(fmt::format("--{}", row.name));
  return names;
}

}  // namespace ck::cli
