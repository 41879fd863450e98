// Fuzz target: TLS records and exported PDUs. The first byte says how the rest is split; the verdict must not
// depend on that.
#include <algorithm>
#include <cstdlib>

#include "capture/exported_pdu.h"
#include "stream/tls_handshake.h"

namespace {

using namespace ck::capture;

TlsHandshake watch(Bytes bytes, std::size_t step) {
  TlsWatch watch;
  const std::size_t half = bytes.size() / 2;
  for (const unsigned side : {0u, 1u}) {
    Bytes rest = side == 0 ? bytes.first(half) : bytes.subspan(half);
    while (!rest.empty()) {
      const std::size_t size = std::min(step, rest.size());
      watch.data(side, rest.first(size), {0, side + std::uint64_t{1}, 0});
      rest = rest.subspan(size);
    }
  }
  if (watch.is_final() && !watch.verdict().version) std::abort();
  return watch.verdict();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes bytes(data + 1, size - 1);
  const TlsHandshake whole = watch(bytes, size);
  const TlsHandshake split = watch(bytes, std::size_t{1} + data[0] % 16);
  if (whole.version != split.version || whole.certificate != split.certificate ||
      whole.at.frame != split.at.frame) {
    std::abort();
  }
  ExportedPdu pdu;
  decode_exported_pdu(bytes, pdu);
  return 0;
}
