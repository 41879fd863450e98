// The command line of ck-audit as values. Nothing here opens a file.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "audit/options.h"
#include "audit/rules.h"
#include "capture/reader.h"
#include "cli/generated.h"
#include "report/writer.h"

namespace ck::cli {

/// One report to write: `--format FMT` or `--format FMT=FILE`.
struct ReportRequest {
  const Format* format = formats().data();
  std::string path;  ///< empty: where --output says, else standard output
};

enum class When : std::uint8_t { automatic, always, never };

/// What to do instead of an audit.
enum class Task : std::uint8_t { audit, help, help_limits, version, list_rules, explain, generate };

struct Options {
  Task task = Task::audit;
  std::vector<const RuleSpec*> explained;  ///< Task::explain
  const Generated* generated = nullptr;    ///< Task::generate
  std::vector<std::string> inputs;         ///< files, folders, "-"; as given
  std::string interface;                   ///< --interface; empty: none. Then nothing else is an input
  std::string filter;                      ///< --filter; empty: none
  std::string files_from;                  ///< empty: none; "-": standard input
  std::vector<ReportRequest> reports;      ///< never empty; at most one without a path
  std::string output;                      ///< empty: standard output
  std::string aliases;                     ///< empty: none
  std::string baseline;                    ///< --baseline; empty: none
  std::string annotate;                    ///< --annotate; empty: none
  std::vector<std::string> grpc_protos;    ///< --grpc-proto
  std::string tls_keylog;                  ///< empty: none
  std::string emit_messages;               ///< --emit-messages; empty: none
  bool merge = false;
  unsigned jobs = 0;  ///< 0: one a processor
  bool require_messages = false;
  std::optional<Severity> fail_on = Severity::error;  ///< nullopt: never
  bool messages = false;
  bool quiet = false, verbose = false;
  std::size_t html_procedures = 200;  ///< --html-procedures
  When color = When::automatic;
  When progress = When::automatic;
  AuditOptions audit;
  ReaderOptions reader;
};

/// Wrong usage: what is wrong and what to do about it, for a person. Exit status 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads the arguments that follow the program's name. Throws UsageError.
Options parse_options(const std::vector<std::string>& arguments);

/// What --help prints, and --help-limits.
std::string help_text();
std::string limits_text();

/// Names of all options: "--merge-tolerance".
std::vector<std::string> option_names();

}  // namespace ck::cli
