// Findings of live traffic as they come, on standard error, for a report that is written only at the end.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "audit/sink.h"
#include "cli/progress.h"
#include "report/output.h"

namespace ck::cli {

class LiveFindings final : public AuditSink {
 public:
  /// Says what is listened to. All must outlive this.
  LiveFindings(const std::string& interface, const std::string& filter, Progress& progress, Output& err);
  void finding(const Finding& finding) override;
  void recognised(std::uint32_t id, const ConnectionStart& start) override;

 private:
  void say(const std::string& line);

  Progress& progress_;
  Output& err_;
  std::array<std::uint64_t, kRuleCount> shown_{};  ///< findings of each rule
  std::uint64_t connections_ = 0;
};

}  // namespace ck::cli
