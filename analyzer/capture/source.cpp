// Which reader a file needs, by its content; and the words for a file that none can read.
#include "capture/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "capture/byte_stream.h"
#include "capture/decompress.h"
#include "capture/log_reader.h"
#include "capture/pcap_source.h"
#include "capture/pcapng_source.h"

namespace ck::capture {
namespace {

constexpr std::size_t kHead = 16;

/// Stands for a file that cannot be read.
class BadSource final : public Source {
 public:
  BadSource(std::string error, std::uint32_t capture) : error_(std::move(error)), capture_(capture) {}
  SourceStatus next(Packet& packet) override {
    packet.capture = capture_;
    return SourceStatus::error;
  }
  [[nodiscard]] const std::string& error() const override { return error_; }

 private:
  std::string error_;
  std::uint32_t capture_;
};

/// What a file that is no capture looks like, and what to do about it.
std::string_view explain(Bytes head) {
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  if (text.starts_with("\x1f\xa0") || text.starts_with("\x1f\x9d")) {
    return "compressed with a method that is not read here: unpack it, or compress it with gzip, zstd or lz4";
  }
  if (text.starts_with("BZh") || text.starts_with("\xfd"
                                                  "7zXZ")) {
    return "compressed with bzip2 or xz: unpack it, or compress it with gzip, zstd or lz4";
  }
  if (text.starts_with("PK\x03\x04") || text.starts_with("7z\xbc\xaf"))
    return "an archive: unpack the captures in it";
  if (text.starts_with("snoop")) return "a snoop capture: convert it with \"editcap -F pcapng IN OUT\"";
  if (text.starts_with("\x7f"
                       "ELF"))
    return "a program, not a capture";
  const auto is_text = [](std::uint8_t byte) {
    return (byte >= 0x20 && byte < 0x7f) || (byte >= 9 && byte <= 13);
  };
  if (std::all_of(head.begin(), head.end(), is_text)) {
    return "a text file, not a capture: give the pcap or pcapng file itself (a hex dump can be converted "
           "with text2pcap)";
  }
  return "not a capture: neither pcap nor pcapng (Wireshark's editcap may be able to convert it: \"editcap "
         "-F pcapng IN OUT\")";
}

bool is_log(Bytes head) {
  return std::string_view(reinterpret_cast<const char*>(head.data()), head.size()).starts_with(kLogHead);
}

std::unique_ptr<Source> open_unpacked(std::unique_ptr<ByteInput> input, const std::string& name,
                                      std::uint32_t capture) {
  const Bytes head = input->view(kHead);
  if (is_pcapng(head)) return open_pcapng(std::move(input), name, capture);
  if (is_pcap(head)) return open_pcap(std::move(input), name, capture);
  const std::string cause = input->error();
  std::string error;
  if (!cause.empty()) {
    error = fmt::format("{}: {}", name, cause);
  } else if (head.empty()) {
    error =
        fmt::format("{}: the file is empty: nothing was captured, or the capture was not written yet", name);
  } else {
    error = fmt::format("{}: {}", name, explain(head));
  }
  return std::make_unique<BadSource>(std::move(error), capture);
}

/// Counts what is read of a file.
class CountedStream final : public ByteStream {
 public:
  CountedStream(std::unique_ptr<ByteStream> stream, std::shared_ptr<ReadShare> share)
      : stream_(std::move(stream)), share_(std::move(share)) {}
  std::size_t read(std::uint8_t* to, std::size_t size) override {
    const std::size_t count = stream_->read(to, size);
    share_->read += count;
    return count;
  }
  [[nodiscard]] std::string error() const override { return stream_->error(); }

 private:
  std::unique_ptr<ByteStream> stream_;
  std::shared_ptr<ReadShare> share_;
};

OpenedInput open_either(std::unique_ptr<ByteStream> raw, const std::string& name) {
  OpenedInput out;
  auto input = unpacked(std::move(raw));
  if (is_log(input->view(kHead))) {
    out.log = std::make_unique<LogReader>(std::move(input), name);
  } else {
    out.source = open_unpacked(std::move(input), name, 0);
  }
  return out;
}

}  // namespace

OpenedInput::OpenedInput() = default;
OpenedInput::OpenedInput(OpenedInput&&) noexcept = default;
OpenedInput& OpenedInput::operator=(OpenedInput&&) noexcept = default;
OpenedInput::~OpenedInput() = default;

std::unique_ptr<Source> open_capture(const std::string& path, std::uint32_t capture) {
  return open_unpacked(unpacked(open_file(path)), path == "-" ? "standard input" : path, capture);
}

std::unique_ptr<Source> open_memory(Bytes data, std::uint32_t capture) {
  return open_unpacked(unpacked(open_bytes(data)), "memory", capture);
}

OpenedInput open_input(const std::string& path) {
  std::error_code unknown;
  const bool is_file = path != "-" && std::filesystem::is_regular_file(path, unknown);
  const std::uintmax_t size = is_file ? std::filesystem::file_size(path, unknown) : 0;
  if (size == 0 || unknown) return open_either(open_file(path), path == "-" ? "standard input" : path);
  auto share = std::make_shared<ReadShare>(size);
  OpenedInput out = open_either(std::make_unique<CountedStream>(open_file(path), share), path);
  out.share = std::move(share);
  return out;
}

OpenedInput open_memory_input(Bytes data, const std::string& name) {
  auto share = std::make_shared<ReadShare>(data.size());
  OpenedInput out = open_either(std::make_unique<CountedStream>(open_bytes(data), share), name);
  out.share = std::move(share);
  return out;
}

std::uint64_t digest_of_head(std::unique_ptr<ByteStream> file) {
  constexpr std::size_t kDigested = 64 * 1024;
  ByteInput input(std::move(file));
  const Bytes head = input.view(kDigested);
  return head.empty() ? 0 : fixed_hash(head);
}

std::string embedded_tls_secrets(const std::string& path) {
  const auto input = unpacked(open_file(path));
  return is_pcapng(input->view(kHead)) ? read_tls_secrets(*input) : std::string();
}

bool looks_like_capture(const std::string& path) {
  const auto input = unpacked(open_file(path));
  const Bytes head = input->view(kHead);
  return is_pcapng(head) || is_pcap(head) || is_log(head);
}

}  // namespace ck::capture
