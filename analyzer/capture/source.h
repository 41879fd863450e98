// Where packets come from: one interface over libpcap and the pcapng block reader. A source yields packets in
// file order and ends either cleanly or with an error that names what is wrong and where; what came before
// the error counts.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "audit/capture_facts.h"
#include "base/bytes.h"
#include "capture/byte_stream.h"
#include "packet/packet.h"

namespace ck::capture {

inline constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr int kSnapLength = 262'144;  ///< bytes of a packet: the most that libpcap's own programs keep

enum class SourceStatus : std::uint8_t { packet, end, error };

class Source {
 public:
  virtual ~Source() = default;
  /// The next packet, the end, or an error (then error() says what; the source yields nothing more).
  virtual SourceStatus next(Packet& packet) = 0;
  [[nodiscard]] virtual const std::string& error() const = 0;
  /// The bytes of a packet that comes a few packets behind the last one, for who fetches what is known of its
  /// connection meanwhile. Only a hint: empty where it is not at hand. Valid until the next call of next().
  [[nodiscard]] virtual Bytes ahead() const { return {}; }
  /// Packets that were lost before they reached the capture, so far as it says: what pcapng's writers
  /// counted, or the kernel during a live capture.
  [[nodiscard]] virtual std::uint64_t dropped() const { return 0; }
};

// What to do about a file that cannot be read to its end; what comes before the damage counts.
inline constexpr const char* kCutAdvice =
    "what comes before it counts; copy the file again, or let the capture end first";
inline constexpr const char* kDamageAdvice =
    "what comes before it counts; copy the file again, or fix this one (pcapfix)";

/// Opens a capture by content: pcap or pcapng, plain or compressed with gzip, zstd or lz4; "-" reads standard
/// input. Never throws: a source whose first next() is an error stands for a file that cannot be read ("no
/// such file", "not a capture", …). `capture` goes into every packet.
std::unique_ptr<Source> open_capture(const std::string& path, std::uint32_t capture);

class LogReader;

/// How much of a file was read, as it is stored, for who shows a progress. Read by any thread.
struct ReadShare {
  explicit ReadShare(std::uint64_t bytes) : size(bytes) {}
  const std::uint64_t size;
  std::atomic<std::uint64_t> read{0};
};

/// A capture, or a message log: one of the two.
struct OpenedInput {
  std::unique_ptr<Source> source;
  std::unique_ptr<LogReader> log;
  std::shared_ptr<const ReadShare> share;  ///< of the file; nullptr: its size is not known

  OpenedInput();
  OpenedInput(OpenedInput&&) noexcept;
  OpenedInput& operator=(OpenedInput&&) noexcept;
  ~OpenedInput();
};
/// Opens either by content, and never throws, as open_capture().
OpenedInput open_input(const std::string& path);
OpenedInput open_memory_input(Bytes data, const std::string& name);
/// Of the first bytes of a file, the same wherever it lies; 0: it cannot be read, or not twice.
std::uint64_t digest_of_head(std::unique_ptr<ByteStream> file);

/// The same over bytes in memory (tests, fuzz targets). `data` must outlive the source.
std::unique_ptr<Source> open_memory(Bytes data, std::uint32_t capture);

/// True when the first bytes of a file look like something open_capture() can read (for walking folders).
bool looks_like_capture(const std::string& path);

/// The TLS secrets that a pcapng file embeds (in its first 64 MiB), as a key log; empty: none.
std::string embedded_tls_secrets(const std::string& path);

/// Several captures as one timeline, by time; a capture's own order is kept. Each source's errors stay with
/// it: `captures` receives them, and the others go on.
std::unique_ptr<Source> merge_sources(std::vector<std::unique_ptr<Source>> sources,
                                      std::vector<CaptureFacts>& captures);

}  // namespace ck::capture
