// Comments on frames, from findings.
#include "cli/annotate.h"

#include <fmt/format.h>

#include <array>
#include <set>
#include <system_error>

#include "capture/annotated_copy.h"
#include "report/escape.h"
#include "report/record_json.h"
#include "report/text_style.h"

namespace ck::cli {
namespace {

constexpr std::size_t kTextLength = 1000;

/// "captures/a.pcap.gz" is "a".
std::string name_of_capture(const std::string& path) {
  std::string name = path.substr(path.find_last_of('/') + 1);
  for (const std::string_view ending : {".gz", ".zst", ".lz4"}) {
    if (name.size() > ending.size() && name.ends_with(ending)) name.resize(name.size() - ending.size());
  }
  for (const std::string_view ending : {".pcap", ".pcapng", ".cap"}) {
    if (name.size() > ending.size() && name.ends_with(ending)) {
      name.resize(name.size() - ending.size());
      break;
    }
  }
  return name;
}

std::string comment_of(const Finding& finding) {
  return fmt::format("ck-audit {} {}{}: {}, clause {}", name_of(finding.severity), name_of(finding.rule),
                     finding.known.value_or(false) ? " (known)" : "",
                     terminal_text(finding.text, kTextLength), rule(finding.rule).clause);
}

/// What is said of the whole capture: of its audit, and of what the copy lacks.
std::string section_comment(const AuditRecords& audit, const Options& options, std::uint64_t silent,
                            const CaptureOutline& outline) {
  const Totals& totals = audit.totals();
  std::string text = fmt::format(
      "ck-audit {}: {}, {}, {}, {} in {} of Ck", tool_version(), word_of(verdict_of(audit, options.fail_on)),
      counted(totals.findings[0], "error"), counted(totals.findings[1], "warning"),
      counted(totals.findings[2], "note"), counted(audit.message_count(), "message"));
  if (audit.paths().size() > 1) text += fmt::format(" ({} captures merged)", audit.paths().size());
  if (silent != 0)
    text += fmt::format(
        "; {} on frames that take no comment (as Simple Packet Blocks), which only the report has",
        silent == 1 ? "1 finding stands" : counted(silent, "finding") + " stand");
  if (outline.damaged())
    text += fmt::format("; the capture is damaged behind frame {}, where the copy ends", outline.frames());
  return text;
}

/// Whether an earlier run wrote a comment: begun as comment_of(), section_comment() or AnnotatedCopy begin
/// it.
bool is_ours(std::string_view comment) {
  const auto take = [&comment](std::string_view start) {
    const bool has = comment.starts_with(start);
    if (has) comment.remove_prefix(start.size());
    return has;
  };
  const auto take_word = [&comment] {
    const std::size_t end = comment.find_first_of(" :");
    if (end == 0 || end == std::string_view::npos) return false;
    comment.remove_prefix(end);
    return true;
  };
  if (take("ck-audit: and "))
    return comment.ends_with(" more finding") || comment.ends_with(" more findings");
  if (!take("ck-audit ")) return false;
  if (take("error ") || take("warning ") || take("note ")) {
    if (!take_word()) return false;
    take(" (known)");
    return take(": ") && comment.find(", clause ") != std::string_view::npos;
  }
  if (!take_word() || !take(": ")) return false;  // the version
  for (const AuditVerdict verdict :
       {AuditVerdict::fail, AuditVerdict::incomplete, AuditVerdict::silent, AuditVerdict::pass}) {
    if (comment.starts_with(fmt::format("{}, ", word_of(verdict))))
      return comment.find(" of Ck") != std::string_view::npos;
  }
  return false;
}

/// Returns what is wrong; empty: nothing.
std::string annotate_one(AuditRecords& audit, std::uint32_t capture, const std::string& copy_path,
                         const Options& options, InputFiles& inputs, Console& console) {
  const std::string& path = audit.paths()[capture];
  std::unique_ptr<ByteStream> first = inputs.reread(path);
  if (first == nullptr) return fmt::format("{}: not annotated, as it cannot be read again", path);
  CaptureOutline outline(std::move(first));
  std::uint64_t silent = 0;
  audit.for_each_finding([&](const Finding& finding) {
    if (finding.at.capture == capture && !outline.takes_comment(finding.at.frame)) ++silent;
  });
  outline.finish();
  if (!outline.is_capture())
    return fmt::format("{}: not annotated: only pcap of version 2.4 and pcapng are; convert others (editcap)",
                       path);
  const std::unique_ptr<Output> out = console.create(copy_path);
  AnnotatedCopy copy(
      inputs.reread(path), outline.sound_bytes(), section_comment(audit, options, silent, outline),
      [&out](Bytes bytes) {
        out->append(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
      });
  copy.replace_comments(is_ours);
  audit.for_each_finding([&](const Finding& finding) {
    if (finding.at.capture == capture) copy.comment(finding.at.frame, comment_of(finding));
  });
  const bool whole = copy.finish();
  out->flush();
  if (!whole) return fmt::format("{}: it changed while it was annotated; {} is not whole", path, copy_path);
  if (outline.damaged())
    return fmt::format("{}: damaged behind frame {}, where its annotated copy {} ends", path,
                       outline.frames(), copy_path);
  return {};
}

}  // namespace

std::map<std::string, std::string> annotated_paths(const Options& options,
                                                   const std::vector<std::string>& captures,
                                                   const InputFiles& inputs) {
  std::map<std::string, std::string> copies;
  if (options.annotate.empty() || captures.empty()) return copies;
  if (captures.size() == 1 && !inputs.is_folder(options.annotate)) {
    copies.emplace(captures.front(), options.annotate);
    return copies;
  }
  std::set<std::string> taken;
  const std::string folder = options.annotate + (options.annotate.ends_with('/') ? "" : "/");
  for (const std::string& capture : captures) {
    const std::string name = name_of_capture(capture);
    std::string free = name;
    for (unsigned i = 2; !taken.insert(free).second; ++i) free = fmt::format("{}-{}", name, i);
    copies.emplace(capture, folder + free + ".pcapng");
  }
  return copies;
}

std::vector<std::string> annotate(AuditRecords& audit, const std::map<std::string, std::string>& copies,
                                  const Options& options, InputFiles& inputs, Console& console) {
  std::vector<std::string> errors;
  for (std::uint32_t i = 0; i < audit.paths().size(); ++i) {
    const auto copy = copies.find(audit.paths()[i]);
    if (copy == copies.end()) {
      if (!copies.empty())
        errors.push_back(fmt::format(
            "{}: not annotated, as a message log stands for it; give the capture itself", audit.paths()[i]));
      continue;
    }
    try {
      std::string error = annotate_one(audit, i, copy->second, options, inputs, console);
      if (!error.empty()) errors.push_back(std::move(error));
    } catch (const std::system_error& error) {  // a full disk leaves the reports to be finished
      errors.push_back(fmt::format("{}: not annotated: {}", audit.paths()[i], error.what()));
    }
  }
  return errors;
}

}  // namespace ck::cli
