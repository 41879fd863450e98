// From arguments to exit status.
#include "cli/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <ios>
#include <set>
#include <system_error>

#include "cli/aliases.h"
#include "cli/annotate.h"
#include "cli/baseline_file.h"
#ifdef CK_GRPC
#include "protocol/protobuf/schema.h"
#endif
#include "cli/batch.h"
#include "cli/keylog.h"
#include "cli/option_values.h"
#include "cli/rule_texts.h"
#include "cli/run_files.h"
#include "report/escape.h"
#include "report/record_json.h"
#include "report/value_text.h"

namespace ck::cli {
namespace {

void complain(Output& err, std::string_view what) {
  err.append("ck-audit: ");
  err.append(terminal_text(what));
  err.append('\n');
  err.flush();
}

/// Who names a file twice may believe that it counts twice.
void note_repeated(const Found& found, Output& err) {
  constexpr std::size_t kShown = 3;
  if (found.again.empty()) return;
  std::string list;
  for (std::size_t i = 0; i < std::min(kShown, found.again.size()); ++i)
    list += (i == 0 ? "" : ", ") + found.again[i];
  if (found.again.size() > kShown) list += fmt::format(" and {} more", found.again.size() - kShown);
  complain(err, "named more than once, audited once: " + list);
}

std::unique_ptr<const Baseline> read_baseline(const Options& options, InputFiles& inputs) {
  if (options.baseline.empty()) return nullptr;
  return std::make_unique<const Baseline>(
      parse_baseline(options.baseline, read_option_file("--baseline", options.baseline, inputs)));
}

NameTable make_names(const Options& options, InputFiles& inputs) {
  NameTable names;
  if (options.aliases.empty()) return names;
  add_aliases(options.aliases, read_option_file("--aliases", options.aliases, inputs), names);
  return names;
}

#ifdef CK_GRPC
std::unique_ptr<const ProtoSchema> make_schema(const Options& options) {
  try {
    return std::make_unique<const ProtoSchema>(options.grpc_protos);
  } catch (const ProtoError& error) {
    throw UsageError(fmt::format("--grpc-proto: {}", terminal_text(error.what())));
  }
}
#endif

/// What went wrong in the environment, without the names that the library gives to its errors.
std::string text_of(const std::exception& error) {
  const auto* files = dynamic_cast<const std::filesystem::filesystem_error*>(&error);
  if (files != nullptr) return fmt::format("{}: {}", files->path1().string(), files->code().message());
  if (dynamic_cast<const std::ios_base::failure*>(&error) != nullptr)  // which does not say of which file
    return "cannot write a temporary file; set TMPDIR to a folder with more room";
  return error.what();
}

bool is_on(When when, bool automatic) {
  return when == When::always || (when == When::automatic && automatic);
}

/// Live traffic stands in no file.
std::function<FindPlace(const std::string&)> places_in(const Options& options, InputFiles& inputs) {
  if (!options.interface.empty()) return {};
  return [&inputs](const std::string& path) -> FindPlace {
    std::shared_ptr<PacketPlaces> places = inputs.places(path);
    if (places == nullptr) return {};
    return [places](std::uint64_t frame) -> std::optional<FileRange> {
      const auto place = places->of(frame);
      return place ? std::optional(FileRange{place->offset, place->size}) : std::nullopt;
    };
  };
}

/// What of the options says what the audit looked at and by what; nothing that a report does not depend on.
std::vector<std::pair<std::string, std::string>> asked_for(const Options& options) {
  std::vector<std::pair<std::string, std::string>> asked;
  const auto add = [&asked](std::string name, std::string value) {
    if (!value.empty()) asked.emplace_back(std::move(name), std::move(value));
  };
  add("interface (--interface)", options.interface);
  add("only packets (--filter)", options.filter);
  if (options.merge) add("captures (--merge)", "one timeline");
  std::string ports;
  for (const std::uint16_t port : options.reader.ports)
    ports += (ports.empty() ? "" : ", ") + std::to_string(port);
  add("ports (--port)", ports);
  if (options.audit.expected_version)
    add("Version (--expect-version)", std::to_string(*options.audit.expected_version));
  add("unanswered after (--response-timeout)", duration_text(options.audit.response_timeout_ns));
  add("names (--aliases)", options.aliases);
  for (const std::string& path : options.grpc_protos) add("schema (--grpc-proto)", path);
  add("TLS secrets (--tls-keylog)", options.tls_keylog);
  add("known findings (--baseline)", options.baseline);
  if (options.require_messages) add("a capture without Ck (--require-messages)", "fails");
  return asked;
}

/// A file that a run writes besides what goes to standard output.
std::unique_ptr<Output> create_file(const std::string& path, Console& console) {
  try {
    return console.create(path);
  } catch (const std::system_error& error) {
    throw UsageError(terminal_text(error.what()) + "; give a file in a folder that can be written");
  }
}

std::vector<OpenReport> open_reports(const Options& options, InputFiles& inputs, Console& console) {
  std::vector<OpenReport> reports;
  for (const ReportRequest& request : options.reports) {
    OpenReport& report = reports.emplace_back();
    const std::string& path = request.path.empty() ? options.output : request.path;
    const bool standard = path.empty() || path == "-";
    if (standard) {
      report.output = &console.out;
    } else {
      report.owned = create_file(path, console);
      report.output = report.owned.get();
    }
    const ReportOptions how{is_on(options.color, standard && console.out_has_colors),
                            options.verbose,
                            options.quiet,
                            options.fail_on,
                            options.audit.grades,
                            !options.baseline.empty(),
                            options.require_messages,
                            asked_for(options),
                            options.html_procedures,
                            places_in(options, inputs)};
    report.writer = request.format->make_writer(how, *report.output);
  }
  return reports;
}

/// Outputs that take nothing any more: a full disk, or a reader that went away, as head does.
struct FailedOutputs {
  std::vector<std::string> errors;
};

/// Of several outputs one that fails leaves the others to be finished; once all have, there is nothing left
/// to do. A single one ends the run at once.
std::shared_ptr<const FailedOutputs> let_others_go_on(const Options& options,
                                                      const std::vector<OpenReport>& reports, Output* log,
                                                      Console& console) {
  auto failed = std::make_shared<FailedOutputs>();
  std::vector<Output*> outputs;
  outputs.reserve(reports.size() + 1);
  for (const OpenReport& report : reports) outputs.push_back(report.output);
  if (log != nullptr) outputs.push_back(log);
  const std::size_t most = outputs.size() + (options.annotate.empty() ? 0 : 1);
  if (most < 2) return failed;
  if (console.outlive_readers) console.outlive_readers();
  for (Output* output : outputs) {
    output->set_on_failure([failed, most](const std::system_error& error) {
      failed->errors.emplace_back(error.what());
      if (failed->errors.size() == most) throw std::system_error(error);
    });
  }
  console.err.set_on_failure([](const std::system_error&) {});
  return failed;
}

/// What the audits came to.
struct RunResult {
  Totals totals;
  bool unread = false, silent = false;
  std::set<std::string> found_again;  ///< of the baseline

  [[nodiscard]] int status(const Options& options) const {
    if (unread) return kUnread;
    if (has_failed(totals, options.fail_on)) return kFindings;
    return options.require_messages && silent ? kFindings : kClean;
  }
};

void note_captures(const AuditRecords& audit, const Options& options, RunResult& outcome, Progress& progress,
                   Output& err) {
  for (const CaptureFacts& capture : audit.captures()) {
    if (!capture.error.empty()) {
      outcome.unread = true;
      const char* rest = capture.packets == 0 ? "" : "; what was read before counts";
      const bool named = capture.error_of_all || capture.error.rfind(capture.path, 0) == 0;
      progress.around([&] { complain(err, (named ? "" : capture.path + ": ") + capture.error + rest); });
    }
    if (capture.messages != 0) continue;
    outcome.silent = true;
    if (options.require_messages) {
      progress.around(
          [&] { complain(err, capture.path + ": no Ck was seen, and --require-messages asks for it"); });
    }
  }
}

void check_keylog(const Options& options, InputFiles& inputs, Output& err) {
  if (options.tls_keylog.empty()) return;
  if (options.tls_keylog == "-") throw UsageError("--tls-keylog: the secrets must be in a file");
  std::string error;
  if (!inputs.is_readable_file(options.tls_keylog, error))
    throw UsageError("--tls-keylog: " + terminal_text(error));
  const std::unique_ptr<ByteStream> keylog = options.quiet ? nullptr : inputs.reread(options.tls_keylog);
  if (keylog == nullptr || holds_secrets(*keylog)) return;
  complain(err, options.tls_keylog +
                    ": no line of it is a TLS secret, so nothing is decrypted with it; give a key log "
                    "(SSLKEYLOGFILE), whose lines read CLIENT_RANDOM, 64 hexadecimal digits, and the secret");
}

/// Copies of several captures stand in a folder, which is made. One stands in a folder that is there: nobody
/// should wait for an audit to learn that it is not.
void make_folder_of_copies(const Options& options, const Found& found, const InputFiles& inputs,
                           const Console& console) {
  if (options.annotate.empty() || inputs.is_folder(options.annotate)) return;
  if (found.paths.size() < 2) {
    const std::size_t slash = options.annotate.find_last_of('/');
    if (slash == std::string::npos || slash == 0 || inputs.is_folder(options.annotate.substr(0, slash)))
      return;
    throw UsageError(fmt::format("--annotate: {}: there is no such folder; give a file in one that is there",
                                 terminal_text(options.annotate.substr(0, slash))));
  }
  try {
    if (console.make_folder) console.make_folder(options.annotate);
  } catch (const std::system_error& error) {
    throw UsageError(fmt::format(
        "--annotate: {}; copies of several captures go into a folder, so give one that can be made",
        terminal_text(text_of(error))));
  }
}

int run_audits(Options options, InputFiles& inputs, Console& console) {
  check_keylog(options, inputs, console.err);
  const NameTable names = make_names(options, inputs);
#ifdef CK_GRPC
  const auto schema = make_schema(options);
  options.reader.grpc = schema.get();
#else
  if (!options.grpc_protos.empty()) throw UsageError("--grpc-proto: this program was built without gRPC");
#endif
  const std::unique_ptr<const Baseline> baseline = read_baseline(options, inputs);
  const Found found = find_captures(options, inputs);
  const std::map<std::string, std::string> copies = annotated_paths(options, found.paths, inputs);
  refuse_overwriting(options, found, copies, inputs);
  make_folder_of_copies(options, found, inputs, console);
  if (!options.quiet) note_repeated(found, console.err);
  if (!options.emit_messages.empty() && !options.merge && found.paths.size() > 1)
    throw UsageError("--emit-messages: a log is of one audit; add --merge, or give one input a run");
  std::vector<OpenReport> reports = open_reports(options, inputs, console);
  const auto log = options.emit_messages.empty() ? nullptr : create_file(options.emit_messages, console);
  const auto failed = let_others_go_on(options, reports, log.get(), console);
  RunResult outcome;
  for (const std::string& error : found.errors) {
    complain(console.err, error);
    outcome.unread = true;
  }
  std::vector<std::vector<std::string>> audits;
  if (options.merge) {
    if (!found.paths.empty()) audits.push_back(found.paths);
  } else {
    for (const std::string& path : found.paths) audits.push_back({path});
  }
  const bool show_progress = is_on(options.progress, console.err_moves_cursor && !options.quiet);
  Progress progress(show_progress ? &console.err : nullptr, found.paths.size());
  for (OpenReport& report : reports) report.writer->begin();
  BatchContext context{options, names, inputs, reports, progress, console.err, baseline.get(), log.get()};
  run_batch(context, audits, [&](AuditRecords& audit) {
    add_totals(outcome.totals, audit.totals());
    outcome.found_again.insert(audit.found_again().begin(), audit.found_again().end());
    note_captures(audit, options, outcome, progress, console.err);
    for (const std::string& error : annotate(audit, copies, options, inputs, console)) {
      outcome.unread = true;
      progress.around([&] { complain(console.err, error); });
    }
  });
  const RunEnd end{outcome.status(options), found.errors, gone_from(baseline.get(), outcome.found_again)};
  for (OpenReport& report : reports) {
    report.writer->run_ended(end);
    report.writer->end(outcome.totals);
  }
  for (const std::string& error : failed->errors)
    complain(console.err, error + "; all that goes elsewhere is whole");
  return failed->errors.empty() ? end.exit_status : kUnread;
}

int run_task(const Options& options, InputFiles& inputs, Console& console) {
  switch (options.task) {
    case Task::help:
      console.out.append(help_text());
      return kClean;
    case Task::help_limits:
      console.out.append(limits_text());
      return kClean;
    case Task::generate:
      console.out.append(options.generated->make());
      return kClean;
    case Task::version:
      console.out.append(fmt::format("ck-audit {}\n", tool_version()));
      return kClean;
    case Task::list_rules:
      console.out.append(options.reports.front().format->name == "json" ? rule_list_json() : rule_list());
      return kClean;
    case Task::explain:
      for (const RuleSpec* rule : options.explained) {
        if (rule != options.explained.front()) console.out.append("\n\n");
        console.out.append(rule_explanation(*rule));
      }
      return kClean;
    case Task::audit:
      break;
  }
  return run_audits(options, inputs, console);
}

int run_and_flush(const std::vector<std::string>& arguments, InputFiles& inputs, Console& console) {
  try {
    const int status = run_task(parse_options(arguments), inputs, console);
    console.out.flush();
    return status;
  } catch (const UsageError& error) {
    console.err.append(fmt::format("ck-audit: {}\nTry 'ck-audit --help'.\n", error.what()));
    console.err.flush();
    return kUsage;
  }
}

}  // namespace

int run_tool(const std::vector<std::string>& arguments, InputFiles& inputs, Console& console) {
  try {
    return run_and_flush(arguments, inputs, console);
  } catch (const std::exception& error) {
    // The environment failed: a full disk, no memory. The report is not whole, as if an input were not.
    try {
      complain(console.err, text_of(error));
    } catch (const std::exception&) {
      // Not even standard error takes anything; the status has to say it.
    }
    return kUnread;
  }
}

}  // namespace ck::cli
