// One run of tshark writes the PDUs, and the handshake messages a line a frame; both are read side by side.
#include "cli/tshark.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "capture/exported_pdu.h"
#include "capture/source.h"
#include "cli/byte_order_mark.h"
#include "cli/child.h"

namespace ck {
namespace {

/// tshark reads a megabyte in well under 10 seconds, even on a slow machine.
constexpr std::uint64_t kBytesPerSecond = 100'000;
constexpr std::chrono::seconds kLeastTime{600};
/// A PDU's tags and block may be longer than the packet that it came in; more than this they are not.
constexpr std::uint64_t kGrowth = 16, kLeastOutput = 64u << 20;

/// The next number of "1,2,3"; -1 at the end.
long next_number(std::string_view& list) {
  while (!list.empty() && (list.front() < '0' || list.front() > '9')) list.remove_prefix(1);
  long value = -1;
  const auto end = std::from_chars(list.data(), list.data() + list.size(), value).ptr;
  list.remove_prefix(static_cast<std::size_t>(end - list.data()));
  return value;
}

class TsharkOutput final : public DecryptedSource {
 public:
  explicit TsharkOutput(std::unique_ptr<TemporaryFolder> folder)
      : folder_(std::move(folder)),
        pdus_(open_capture(folder_->path() / "pdus", 0)),
        lines_(folder_->path() / "handshakes") {
    next_pdu();
    next_line();
  }

  /// To be asked before the first frame.
  [[nodiscard]] bool has_pdus() const { return pdu_frame_ != kNoMore; }

  const DecryptedFrame* frame(std::uint64_t frame) override {
    while (line_frame_ < frame) next_line();
    while (pdu_frame_ < frame) next_pdu();
    if (line_frame_ != frame && pdu_frame_ != frame) return nullptr;
    out_.handshake = line_frame_ == frame ? handshake_ : DecryptedHandshake{};
    out_.pdus.clear();
    for (; pdu_frame_ == frame; next_pdu())
      out_.pdus.push_back({pdu_.source, pdu_.destination, {pdu_.data.begin(), pdu_.data.end()}});
    return &out_;
  }

 private:
  static constexpr std::uint64_t kNoMore = ~std::uint64_t{0};

  void next_pdu() {
    Packet packet;
    while (pdus_->next(packet) == SourceStatus::packet) {
      if (packet.link_type != kLinkExportedPdu || !decode_exported_pdu(packet.data, pdu_) || !pdu_.frame)
        continue;
      pdu_frame_ = *pdu_.frame;
      return;
    }
    pdu_frame_ = kNoMore;
  }

  /// frame number, types of handshake messages, lengths of lists of certificates, lengths of records, types
  /// of records: one that is encrypted has none under TLS 1.3; the plugin's note that not all is seen
  void next_line() {
    std::string line;
    line_frame_ = kNoMore;
    if (!std::getline(lines_, line)) return;
    std::string_view rest = line;
    std::array<std::string_view, 6> cells;
    for (std::string_view& cell : cells) {
      cell = rest.substr(0, rest.find('\t'));
      rest.remove_prefix(std::min(rest.size(), cell.size() + 1));
    }
    constexpr long kFinished = 20;
    handshake_ = {};
    for (long type = next_number(cells[1]); type >= 0; type = next_number(cells[1]))
      handshake_.finished |= type == kFinished;
    for (long size = next_number(cells[2]); size >= 0; size = next_number(cells[2]))
      handshake_.certificate |= size > 0;
    long records = 0;
    while (next_number(cells[3]) >= 0) ++records;
    while (next_number(cells[4]) >= 0) --records;
    handshake_.hidden = records > 0 || !cells[5].empty();
    if (const long frame = next_number(cells[0]); frame >= 0) line_frame_ = static_cast<std::uint64_t>(frame);
  }

  std::unique_ptr<TemporaryFolder> folder_;
  std::unique_ptr<Source> pdus_;
  std::ifstream lines_;
  ExportedPdu pdu_;
  std::uint64_t pdu_frame_ = 0, line_frame_ = 0;
  DecryptedHandshake handshake_;
  DecryptedFrame out_;
};

/// TLS handshakes were seen, and of none was anything decrypted: Finished is never in clear.
bool stayed_hidden(const std::filesystem::path& handshakes) {
  constexpr long kServerHello = 2, kFinished = 20;
  std::ifstream lines(handshakes);
  bool seen = false;
  for (std::string line; std::getline(lines, line);) {
    std::string_view types = line;
    types.remove_prefix(std::min(types.find('\t'), types.size()));
    types = types.substr(0, types.find('\t', 1));
    for (long type = next_number(types); type >= 0; type = next_number(types)) {
      seen = seen || type == kServerHello;
      if (type == kFinished) return false;
    }
  }
  return seen;
}

/// "4164,5000-5010" of ascending or unsorted ports.
std::string port_list(std::vector<std::uint16_t> ports) {
  std::sort(ports.begin(), ports.end());
  std::string out;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const std::uint16_t first = ports[i];
    while (i + 1 < ports.size() && ports[i + 1] - ports[i] <= 1) ++i;
    if (!out.empty()) out += ',';
    out += first == ports[i] ? fmt::format("{}", first) : fmt::format("{}-{}", first, ports[i]);
  }
  return out;
}

/// tshark takes no line whose first bytes are a byte order mark, so it is given a copy without one.
std::string readable_keylog(const std::string& keylog, const std::filesystem::path& folder) {
  std::ifstream in(keylog, std::ios::binary);
  std::string mark(kByteOrderMark.size(), '\0');
  if (!in.read(mark.data(), static_cast<std::streamsize>(mark.size())) || mark != kByteOrderMark)
    return keylog;
  const std::filesystem::path copy = folder / "keylog";
  std::ofstream(copy, std::ios::binary) << in.rdbuf();
  return copy;
}

std::vector<std::string> command(const std::string& path, const DecryptOptions& options,
                                 const std::filesystem::path& folder) {
  // The display filter holds for what is exported, too.
  std::vector<std::string> out{"tshark", "-n", "-r", path, "-U", "Ck", "-w", folder / "pdus", "-T", "fields"};
  for (const char* field : {"frame.number", "tls.handshake.type", "tls.handshake.certificates_length",
                            "tls.record.length", "tls.record.content_type", "ck.expert.undecidable"}) {
    out.insert(out.end(), {"-e", field});
  }
  for (const char* how : {"occurrence=a", "separator=/t", "aggregator=,"}) out.insert(out.end(), {"-E", how});
  out.insert(out.end(), {"-Y", "tls.handshake.type || tls.record.opaque_type || ck || ck.expert.undecidable",
                         "-o", "tcp.reassemble_out_of_order:TRUE"});
  if (!options.keylog.empty())
    out.insert(out.end(), {"-o", "tls.keylog_file:" + readable_keylog(options.keylog, folder)});
  if (!options.ports.empty()) out.insert(out.end(), {"-o", "ck.tls.port:" + port_list(options.ports)});
  return out;
}

/// What tshark says, without its warning to root.
std::string complaint(const std::filesystem::path& errors) {
  std::ifstream file(errors);
  std::string line;
  for (int lines = 0; lines < 100 && std::getline(file, line); ++lines) {
    if (!line.empty() && line.rfind("Running as user", 0) != 0) return line.substr(0, 300);
  }
  return {};
}

std::string explain(const ChildResult& result, const std::filesystem::path& errors) {
  switch (result.end) {
    case ChildEnd::not_found:
      return "TLS cannot be decrypted: tshark, which does it, was not found; install it (apt-get install "
             "tshark), or have it in PATH";
    case ChildEnd::timed_out:
      return "TLS is decrypted in part only: tshark took too long and was stopped; split the capture "
             "(editcap -c)";
    case ChildEnd::killed:
      return "TLS is decrypted in part only: tshark crashed, was stopped by a signal, or wrote more than can "
             "be; see what tshark -r makes of the capture, or split it (editcap -c)";
    case ChildEnd::exited:
      break;
  }
  if (result.status == 0) return {};
  const std::string said = complaint(errors);
  if (said.find("PDU export") != std::string::npos || said.find("protocol") != std::string::npos ||
      said.find("fields aren") != std::string::npos) {
    return "TLS cannot be decrypted: tshark does not load the Ck plugin; install it (packaging/quickstart) "
           "for "
           "the tshark in PATH. As root, tshark loads plugins of the system's folder only";
  }
  return "TLS may be decrypted in part only: " + (said.empty() ? "tshark failed" : said) +
         "; see what tshark -r makes of the capture";
}

}  // namespace

std::unique_ptr<DecryptedSource> decrypt_with_tshark(const std::string& path, const DecryptOptions& options,
                                                     std::string& error) {
  auto folder = std::make_unique<TemporaryFolder>();
  std::error_code unknown;
  const std::uintmax_t size = std::filesystem::file_size(path, unknown);
  const std::uint64_t bytes = unknown ? 0 : size;
  const std::filesystem::path errors = folder->path() / "errors";
  const ChildOptions bounds{folder->path() / "handshakes", errors,
                            kLeastTime + std::chrono::seconds(bytes / kBytesPerSecond),
                            kLeastOutput + kGrowth * bytes};
  const ChildResult result = run_child(command(path, options, folder->path()), bounds);
  error = explain(result, errors);
  if (!std::filesystem::exists(folder->path() / "pdus", unknown)) return nullptr;
  const std::filesystem::path handshakes = folder->path() / "handshakes";
  auto output = std::make_unique<TsharkOutput>(std::move(folder));
  if (error.empty() && !options.keylog.empty() && !output->has_pdus() && stayed_hidden(handshakes)) {
    error = "TLS cannot be decrypted: none of its connections' secrets are in " + options.keylog +
            "; give the key log (SSLKEYLOGFILE) that a peer wrote while this was captured";
  }
  return output;
}

}  // namespace ck
