// The pool of --jobs threads. Workers run ahead of the report by a bounded number of audits, so that what
// waits for its turn stays small.
#include "cli/batch.h"

#include "cli/one_audit.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "cli/live_findings.h"

namespace ck::cli {
namespace {

/// An audit that is done and waits to be written.
struct Result {
  std::unique_ptr<AuditRecords> audit;
  std::vector<std::unique_ptr<SpoolOutput>> lines;  ///< by report; null: the format does not stream
  std::exception_ptr failure;
};

Result audit_aside(BatchContext& context, const std::vector<std::string>& paths, std::size_t index) {
  Result result;
  try {
    std::vector<std::unique_ptr<AuditSink>> sinks;
    std::vector<AuditSink*> streams;
    AuditInputs opened = open_inputs(context.options, context.inputs, paths);
    for (OpenReport& report : context.reports) {
      auto lines = std::make_unique<SpoolOutput>();
      sinks.push_back(report.writer->stream(opened.paths(), index, *lines));
      streams.push_back(sinks.back().get());
      result.lines.push_back(sinks.back() ? std::move(lines) : nullptr);
    }
    result.audit = run_one_audit(context, std::move(opened), streams, Judging::in_batches);
  } catch (...) {
    result.failure = std::current_exception();
  }
  return result;
}

void write(BatchContext& context, Result& result, std::size_t index) {
  if (result.failure) std::rethrow_exception(result.failure);
  for (std::size_t i = 0; i < context.reports.size(); ++i) {
    OpenReport& report = context.reports[i];
    if (result.lines[i]) result.lines[i]->copy_to(*report.output);
    context.progress.around([&] { report.writer->audit(*result.audit, index); });
  }
}

unsigned jobs_of(const Options& options) {
  return options.jobs != 0 ? options.jobs : std::max(1u, std::thread::hardware_concurrency());
}

/// A single audit streams straight to its reports: there is no other to wait for, and none that needs a
/// second processor.
void run_alone(BatchContext& context, const std::vector<std::string>& paths,
               const std::function<void(AuditRecords&)>& done) {
  std::vector<std::unique_ptr<AuditSink>> sinks;
  std::vector<AuditSink*> streams;
  const bool followed =
      !context.options.interface.empty() || std::find(paths.begin(), paths.end(), "-") != paths.end();
  AuditInputs opened = open_inputs(context.options, context.inputs, paths);
  for (OpenReport& report : context.reports) {
    report.output->set_eager(followed);
    sinks.push_back(report.writer->stream(opened.paths(), 0, *report.output));
    streams.push_back(sinks.back().get());
  }
  std::unique_ptr<LiveFindings> live;
  const bool streams_findings =
      std::any_of(streams.begin(), streams.end(), [](const AuditSink* sink) { return sink != nullptr; });
  if (!context.options.interface.empty() && !context.options.quiet && !streams_findings) {
    live = std::make_unique<LiveFindings>(context.options.interface, context.options.filter, context.progress,
                                          context.err);
    streams.push_back(live.get());
  }
  const Judging judging = followed                       ? Judging::at_once
                          : jobs_of(context.options) > 1 ? Judging::aside
                                                         : Judging::in_batches;
  const auto audit = run_one_audit(context, std::move(opened), streams, judging);
  for (OpenReport& report : context.reports) {
    context.progress.around([&] { report.writer->audit(*audit, 0); });
  }
  done(*audit);
}

class Pool {
 public:
  Pool(BatchContext& context, const std::vector<std::vector<std::string>>& audits, std::size_t jobs)
      : context_(context),
        audits_(audits),
        results_(audits.size()),
        ready_(audits.size()),
        window_(2 * jobs + 2) {
    for (std::size_t i = 0; i < jobs; ++i) threads_.emplace_back([this] { work(); });
  }
  ~Pool() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  Result take(std::size_t index) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ready_[index]; });
    written_ = index + 1;
    Result result = std::move(results_[index]);
    lock.unlock();
    changed_.notify_all();
    return result;
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return stopped_ || next_ == audits_.size() || next_ < written_ + window_; });
      if (stopped_ || next_ == audits_.size()) return;
      const std::size_t index = next_++;
      lock.unlock();
      Result result = audit_aside(context_, audits_[index], index);
      lock.lock();
      results_[index] = std::move(result);
      ready_[index] = true;
      changed_.notify_all();
    }
  }

  BatchContext& context_;
  const std::vector<std::vector<std::string>>& audits_;
  std::vector<Result> results_;
  std::vector<bool> ready_;
  std::size_t window_;
  std::size_t next_ = 0, written_ = 0;
  bool stopped_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::thread> threads_;
};

}  // namespace

void run_batch(BatchContext& context, const std::vector<std::vector<std::string>>& audits,
               const std::function<void(AuditRecords&)>& done) {
  if (audits.size() == 1) return run_alone(context, audits.front(), done);
  Pool pool(context, audits, std::min<std::size_t>(jobs_of(context.options), audits.size()));
  for (std::size_t i = 0; i < audits.size(); ++i) {
    Result result = pool.take(i);
    write(context, result, i);
    done(*result.audit);
  }
}

}  // namespace ck::cli
