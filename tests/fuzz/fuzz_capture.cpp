// Fuzz target: a whole capture file, of any format and compression, to its messages. Nothing crashes or
// hangs, and at the end nothing is held.
#include <cstdlib>

#include "capture/reader.h"
#include "capture/source.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ck::NameTable names;
  ck::AuditSink sink;
  ck::Audit audit(ck::AuditOptions{}, sink);
  ck::ReaderOptions options;
  options.max_connections = 16;
  options.max_buffered_bytes = 64 * 1024;
  options.max_buffered_per_direction = 16 * 1024;
  ck::CkReader reader(options, names, audit);
  std::vector<ck::CaptureInfo> infos(1);
  const auto source = ck::open_memory(ck::Bytes(data, size), 0);
  ck::read_all(*source, reader, infos);
  reader.finish();
  if (size == 0 && infos[0].error.empty()) std::abort();  // an empty file is an error
  audit.finish(sink, 0);
  return 0;
}
