// Fuzz target: a capture and its annotated copy. The copy is sound whatever the capture is, and holds the
// same packets, as far as the capture can be read.
#include <cstdlib>
#include <vector>

#include "capture/annotated_copy.h"
#include "capture/source.h"

using namespace ck::capture;

namespace {

constexpr int kEthernet = 1;  // of other links libpcap turns some headers round

std::vector<std::uint8_t> copy_of(Bytes capture, CaptureOutline& outline, bool every_frame) {
  std::vector<std::uint8_t> copy;
  const auto write = [&copy](Bytes bytes) { copy.insert(copy.end(), bytes.begin(), bytes.end()); };
  AnnotatedCopy annotated(open_bytes(capture), outline.sound_bytes(), "section", write);
  if (every_frame) annotated.replace_comments([](std::string_view text) { return text.size() % 2 == 1; });
  for (std::uint64_t frame = 1; every_frame && frame <= outline.frames(); ++frame) {
    annotated.comment(frame, "first");
    annotated.comment(frame, "second");
  }
  if (annotated.finish() != outline.is_capture()) std::abort();
  return copy;
}

void check_same_packets(Bytes capture, Bytes copy) {
  const auto before = open_memory(capture, 0), after = open_memory(copy, 0);
  Packet one, other;
  while (before->next(one) == SourceStatus::packet) {
    if (after->next(other) != SourceStatus::packet) std::abort();
    if (one.frame != other.frame || one.link_type != other.link_type) std::abort();
    if (one.link_type != kEthernet) continue;
    if (!std::equal(one.data.begin(), one.data.end(), other.data.begin(), other.data.end())) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes capture(data, size);
  CaptureOutline outline(open_bytes(capture));
  outline.finish();
  const bool every_frame = size != 0 && data[size - 1] % 2 == 0;
  const std::vector<std::uint8_t> copy = copy_of(capture, outline, every_frame);
  if (!outline.is_capture()) return copy.empty() ? 0 : (std::abort(), 0);
  CaptureOutline of_copy(open_bytes(copy));
  of_copy.finish();
  if (of_copy.damaged() || of_copy.frames() != outline.frames()) std::abort();
  if (of_copy.sound_bytes() != copy.size()) std::abort();
  check_same_packets(capture, copy);
  return 0;
}
