// Several captures as one timeline.
#include <algorithm>
#include <utility>

#include "capture/source.h"

namespace ck::capture {
namespace {

class MergedSource final : public Source {
 public:
  MergedSource(std::vector<std::unique_ptr<Source>> sources, std::vector<CaptureFacts>& captures)
      : captures_(captures), inputs_(sources.size()) {
    for (std::size_t i = 0; i < sources.size(); ++i) {
      inputs_[i].source = std::move(sources[i]);
      advance(i);
    }
  }

  SourceStatus next(Packet& packet) override {
    // The packet given last is valid until now: only now may its source move on.
    if (given_ != kNone) advance(std::exchange(given_, kNone));
    if (heap_.empty()) return SourceStatus::end;
    std::pop_heap(heap_.begin(), heap_.end(), Later{inputs_});
    given_ = heap_.back();
    heap_.pop_back();
    packet = inputs_[given_].packet;
    return SourceStatus::packet;
  }

  [[nodiscard]] const std::string& error() const override { return error_; }
  [[nodiscard]] std::uint64_t dropped() const override {
    std::uint64_t sum = dropped_;
    for (const MergeInput& input : inputs_) sum += input.source ? input.source->dropped() : 0;
    return sum;
  }

 private:
  struct MergeInput {
    std::unique_ptr<Source> source;
    Packet packet;
    std::int64_t order_ns = kNoTime;  ///< the packet's time; where it has none, that of the one before it
  };
  /// Earlier packets first; of one time, the capture that was given first.
  struct Later {
    const std::vector<MergeInput>& inputs;
    bool operator()(std::size_t a, std::size_t b) const {
      return std::pair(inputs[a].order_ns, a) > std::pair(inputs[b].order_ns, b);
    }
  };
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  void advance(std::size_t index) {
    MergeInput& input = inputs_[index];
    const SourceStatus status = input.source->next(input.packet);
    if (status == SourceStatus::packet) {
      if (input.packet.time_ns != kNoTime) input.order_ns = input.packet.time_ns;
      heap_.push_back(index);
      std::push_heap(heap_.begin(), heap_.end(), Later{inputs_});
      return;
    }
    if (status == SourceStatus::error && input.packet.capture < captures_.size()) {
      captures_[input.packet.capture].error = input.source->error();
    }
    dropped_ += input.source->dropped();
    input.source.reset();
  }

  std::vector<CaptureFacts>& captures_;
  std::vector<MergeInput> inputs_;
  std::vector<std::size_t> heap_;  ///< inputs that have a packet waiting
  std::size_t given_ = kNone;
  std::uint64_t dropped_ = 0;  ///< by those that have ended
  std::string error_;          ///< stays empty: errors are told in captures_
};

}  // namespace

std::unique_ptr<Source> merge_sources(std::vector<std::unique_ptr<Source>> sources,
                                      std::vector<CaptureFacts>& captures) {
  return std::make_unique<MergedSource>(std::move(sources), captures);
}

}  // namespace ck::capture
