// What a payload and a search for frames cost. House limit: about 300 ns for a payload of 200 bytes.
#include <benchmark/benchmark.h>

#include <string>

#include "protocol/framer.h"

namespace {

using namespace ck::protocol;

Bytes as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void decode(benchmark::State& state, std::uint16_t command, const std::string& text) {
  const NameTable names;
  const MessageSpec* message = find_message(command);
  Payload payload;
  for (auto _ : state) {
    decode_payload(as_bytes(text), message, names, payload);
    benchmark::DoNotOptimize(payload.members.data());
  }
  if (payload.state != PayloadState::object) state.SkipWithError("the payload must decode");
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

BENCHMARK_CAPTURE(
    decode, notification_200_bytes, 0x4108,
    R"({"Application source ID":"app-source-000017","Application destination ID":"app-destination-000042",)"
    R"("Session ID":"session-7f3a90c1","Source KM ID":"KM-Tokyo-03","Number of keys":128,"Extension":[]})");
BENCHMARK_CAPTURE(
    decode, allocation_with_8_keys, 0x410C,
    R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-9","Key IDs":[{"key_id":"k-00000001"},)"
    R"({"key_id":"k-00000002"},{"key_id":"k-00000003"},{"key_id":"k-00000004"},{"key_id":"k-00000005"},)"
    R"({"key_id":"k-00000006"},{"key_id":"k-00000007"},{"key_id":"k-00000008"}]})");
BENCHMARK_CAPTURE(decode, hop_request_40_bytes, 0x1401, R"({"start_km":"KMA-1","end_km":"KMA-9"})");

void search(benchmark::State& state, char filler) {
  const NameTable names;
  Payload scratch;
  const std::string bytes(1 << 20, filler);
  for (auto _ : state) {
    Framer framer(names, false);
    benchmark::DoNotOptimize(framer.next(as_bytes(bytes), BytesEnd::stream, scratch));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes.size()));
}
BENCHMARK_CAPTURE(search, text_of_another_protocol, 'A');
BENCHMARK_CAPTURE(search, control_bytes, '\x01');

}  // namespace
