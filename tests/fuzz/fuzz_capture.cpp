// Fuzz target: a whole capture file, of any format and compression, to its messages. Nothing crashes or
// hangs, and at the end nothing is held.
#include <cstdlib>

#include "capture/reader.h"
#include "capture/source.h"

using namespace ck::capture;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const NameTable names;
  AuditSink sink;
  Audit audit(AuditOptions{}, sink);
  ReaderOptions options;
  options.max_connections = 16;
  options.max_buffered_bytes = 64 * 1024;
  options.max_buffered_per_direction = 16 * 1024;
  CkReader reader(options, names, audit);
  std::vector<CaptureFacts> captures(1);
  const auto source = open_memory(Bytes(data, size), 0);
  read_all(*source, reader, captures);
  reader.finish();
  if (size == 0 && captures[0].error.empty()) std::abort();  // an empty file is an error
  audit.finish(sink, {});
  return 0;
}
