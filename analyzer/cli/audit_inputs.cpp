// Captures that several logs are of are one.
#include "cli/audit_inputs.h"

#include <algorithm>
#include <map>
#include <set>

#include "capture/filter.h"

namespace ck::cli {
namespace {

/// A log of no capture, as one that is damaged at its head, stands for itself.
std::vector<CaptureName> captures_of(const OpenLog& log) {
  const std::vector<CaptureName>& named = log.log.reader->header().captures;
  return named.empty() ? std::vector<CaptureName>{{log.path, 0}} : named;
}

/// The packets of one input that --filter lets through.
std::unique_ptr<Source> filtered(const Options& options, std::unique_ptr<Source> source) {
  return options.filter.empty() ? std::move(source) : filter_source(std::move(source), options.filter);
}

/// Of two logs with the same captures and the same shard, the second is the first again.
void note_repeated_logs(std::vector<OpenLog>& logs) {
  std::set<std::pair<std::vector<CaptureName>, std::pair<std::uint32_t, std::uint32_t>>> seen;
  for (OpenLog& log : logs) {
    const LogHeader& header = log.log.reader->header();
    if (header.captures.empty()) continue;
    std::vector<CaptureName> captures = header.captures;
    std::sort(captures.begin(), captures.end());
    log.log.again = !seen.emplace(captures, std::pair(header.shard.number, header.shard.count)).second;
  }
}

void number_captures(AuditInputs& inputs, std::vector<CaptureName> sources) {
  std::set<CaptureName> all(sources.begin(), sources.end());
  for (const OpenLog& log : inputs.logs) {
    for (const CaptureName& capture : captures_of(log)) all.insert(capture);
  }
  inputs.captures.assign(all.begin(), all.end());
  const auto number_of = [&](const CaptureName& name) {
    const auto at = std::lower_bound(inputs.captures.begin(), inputs.captures.end(), name);
    return static_cast<std::uint32_t>(at - inputs.captures.begin());
  };
  for (std::size_t i = 0; i < sources.size(); ++i) inputs.sources[i].capture = number_of(sources[i]);
  std::sort(inputs.sources.begin(), inputs.sources.end(),
            [](const OpenCapture& a, const OpenCapture& b) { return a.capture < b.capture; });
  for (OpenLog& log : inputs.logs) {
    for (const CaptureName& capture : captures_of(log)) log.log.captures.push_back(number_of(capture));
  }
}

}  // namespace

std::vector<std::string> AuditInputs::paths() const {
  std::vector<std::string> out;
  for (const CaptureName& capture : captures) out.push_back(capture.path);
  return out;
}

AuditInputs open_inputs(const Options& options, InputFiles& inputs, const std::vector<std::string>& paths) {
  AuditInputs out;
  std::vector<CaptureName> sources;
  for (const std::string& path : paths) {
    OpenedInput opened;
    if (options.interface.empty()) {
      opened = inputs.open_input(path);
    } else {
      opened.source = inputs.open_interface(path, options.filter);
    }
    if (opened.log != nullptr) {
      opened.log->set_schema(options.reader.grpc);
      out.logs.push_back({path, {std::move(opened.log), {}, false}});
      continue;
    }
    const bool live = !options.interface.empty();
    out.sources.push_back({path,
                           live ? std::move(opened.source) : filtered(options, std::move(opened.source)),
                           static_cast<std::uint32_t>(sources.size()), std::move(opened.share)});
    sources.push_back({path, 0});
  }
  if (!out.logs.empty() || !options.emit_messages.empty()) {
    for (CaptureName& name : sources) name.digest = inputs.digest(name.path);
    note_repeated_logs(out.logs);
  }
  number_captures(out, std::move(sources));
  return out;
}

}  // namespace ck::cli
