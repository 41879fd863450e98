// One run of tshark writes the PDUs, and the handshake messages a line a frame; both are read side by side.
#include "cli/tshark.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

#include "capture/exported_pdu.h"
#include "capture/source.h"
#include "capture/tls_capture.h"
#include "cli/child.h"
#include "cli/keylog.h"

namespace ck::cli {
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

/// Files of the run, in the temporary folder.
constexpr const char *kCaptureFile = "tls.pcap", *kOriginsFile = "origins", *kKeysFile = "keys",
                     *kPdusFile = "pdus", *kHandshakesFile = "handshakes", *kErrorsFile = "errors";

class TsharkOutput final : public DecryptedSource {
 public:
  /// `is_whole`: tshark came to the end of what it was given.
  TsharkOutput(std::unique_ptr<TemporaryFolder> folder, SecretsByClient secrets, bool is_whole)
      : folder_(std::move(folder)),
        secrets_(std::move(secrets)),
        pdus_(open_capture(folder_->path() / kPdusFile, 0)),
        lines_(folder_->path() / kHandshakesFile),
        origins_(folder_->path() / kOriginsFile, std::ios::binary) {
    if (!is_whole) unread_.handshake.hidden = true;
    next_pdu();
    next_line();
  }

  void arrive(const Position& at) override {
    for (; has_come(line_origin_, at); next_line()) {
      DecryptedHandshake& handshake = waiting(line_origin_->records).handshake;
      handshake.certificate |= handshake_.certificate;
      handshake.finished |= handshake_.finished;
      handshake.hidden |= handshake_.hidden;
    }
    for (; has_come(pdu_origin_, at); next_pdu()) {
      const bool from_client = pdu_.destination.port == kTlsCapturePort;
      const Endpoint &client = pdu_origin_->client, &server = pdu_origin_->server;
      waiting(pdu_origin_->records)
          .pdus.push_back({from_client ? client : server,
                           from_client ? server : client,
                           {pdu_.data.begin(), pdu_.data.end()},
                           pdu_.dissector == kHttp2Dissector});
    }
  }

  const DecryptedRun* decrypted(const RecordsId& id, const Position& /*at*/) override {
    const auto found =
        std::find_if(waiting_.begin(), waiting_.end(), [&id](const auto& one) { return one.first == id; });
    if (found == waiting_.end()) {
      const bool over = !line_origin_ && !pdu_origin_;
      return over && unread_.handshake.hidden ? &unread_ : nullptr;
    }
    out_ = std::move(found->second);
    waiting_.erase(found);
    return &out_;
  }

  [[nodiscard]] TlsSecrets secrets_of(const TlsRandom& client) const override {
    const auto found = secrets_.find(random_key(client));
    return found == secrets_.end() ? TlsSecrets{} : found->second;
  }

 private:
  using Origin = std::optional<TlsFrameOrigin>;
  static constexpr std::uint64_t kMostFrames = std::uint64_t{1} << 40;

  static bool has_come(const Origin& origin, const Position& at) {
    return origin && origin->capture == at.capture && origin->frame <= at.frame;
  }

  /// Where what was decrypted of these records waits until it is asked for. Records that nobody asks for, of
  /// a connection that was over by then, make room for later ones.
  DecryptedRun& waiting(const RecordsId& id) {
    constexpr std::size_t kMostWaiting = 512;
    const auto found =
        std::find_if(waiting_.rbegin(), waiting_.rend(), [&id](const auto& one) { return one.first == id; });
    if (found != waiting_.rend()) return found->second;
    if (waiting_.size() == kMostWaiting) waiting_.pop_front();
    return waiting_.emplace_back(id, DecryptedRun{}).second;
  }

  /// Where the frame with this number, from 1, comes from.
  Origin origin_of(std::uint64_t frame) {
    TlsFrameOrigin origin;
    if (frame > kMostFrames) return std::nullopt;
    origins_.clear();
    origins_.seekg(static_cast<std::streamoff>((frame - 1) * sizeof origin));
    origins_.read(reinterpret_cast<char*>(&origin), sizeof origin);
    return origins_ ? Origin(origin) : std::nullopt;
  }

  void next_pdu() {
    Packet packet;
    while (pdus_->next(packet) == SourceStatus::packet) {
      if (packet.link_type != kLinkExportedPdu || !decode_exported_pdu(packet.data, pdu_) ||
          !pdu_.frame.value_or(0))
        continue;
      pdu_origin_ = origin_of(*pdu_.frame);
      if (pdu_origin_) return;
    }
    pdu_origin_.reset();
  }

  /// frame number, types of handshake messages, lengths of lists of certificates, lengths of records, types
  /// of records: one that is encrypted has none under TLS 1.3; the plugin's note that not all is seen
  void next_line() {
    std::string line;
    line_origin_.reset();
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
    if (const long frame = next_number(cells[0]); frame > 0)
      line_origin_ = origin_of(static_cast<std::uint64_t>(frame));
  }

  std::unique_ptr<TemporaryFolder> folder_;
  SecretsByClient secrets_;
  std::unique_ptr<Source> pdus_;
  std::ifstream lines_, origins_;
  ExportedPdu pdu_;
  Origin pdu_origin_, line_origin_;  ///< of the PDU and the line that come next; none: no more follow
  DecryptedHandshake handshake_;
  std::deque<std::pair<RecordsId, DecryptedRun>> waiting_;  ///< the latest last
  DecryptedRun out_, unread_;
};

/// A cell of one of Wireshark's tables.
std::string table_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\';
    out += plain ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
  }
  return out + '"';
}

std::vector<std::string> command(const DecryptOptions& options, const std::filesystem::path& folder) {
  // The display filter holds for what is exported, too. Two passes: that a message is whole may be known by
  // the answer to it only, and on one pass its frame is over by then.
  std::vector<std::string> out{
      "tshark",           "-2", "-n",    "-r", folder / kCaptureFile, "-U", "Ck TLS streams", "-w",
      folder / kPdusFile, "-T", "fields"};
  for (const char* field : {"frame.number", "tls.handshake.type", "tls.handshake.certificates_length",
                            "tls.record.length", "tls.record.content_type", "ck.expert.undecidable"}) {
    out.insert(out.end(), {"-e", field});
  }
  for (const char* how : {"occurrence=a", "separator=/t", "aggregator=,"}) out.insert(out.end(), {"-E", how});
  out.insert(
      out.end(),
      {"-Y",
       "tls.handshake.type || tls.app_data || tls.record.opaque_type || http2 || ck || ck.expert.undecidable",
       "-d", fmt::format("tcp.port=={},tls", kTlsCapturePort)});
  // Whatever the user prefers in Wireshark. Segments come in order here.
  for (const char* preference :
       {"tcp.desegment_tcp_streams:TRUE", "tcp.reassemble_out_of_order:FALSE", "tcp.check_checksum:FALSE",
        "tcp.try_heuristic_first:FALSE", "ip.check_checksum:FALSE", "tls.desegment_ssl_records:TRUE",
        "tls.desegment_ssl_application_data:TRUE"}) {
    out.insert(out.end(), {"-o", preference});
  }
  out.insert(out.end(), {"-o", "tls.keylog_file:" + (folder / kKeysFile).string()});
  for (const std::string& file : options.protos)
    out.insert(out.end(), {"-o", "uat:ck_grpc_proto_files:" + table_text(std::filesystem::absolute(file))});
  if (!options.reader.ports.empty())
    out.insert(out.end(), {"-o", fmt::format("ck.tls.port:{}", kTlsCapturePort)});
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

Decryption decrypt_with_tshark(Source& captures, const std::string& embedded, const DecryptOptions& options) {
  Decryption out;
  out.has_secrets = true;
  auto folder = std::make_unique<TemporaryFolder>();
  const std::filesystem::path& path = folder->path();
  const TlsCaptureFacts facts =
      write_tls_capture(captures, options.reader, path / kCaptureFile, path / kOriginsFile);
  if (facts.connections == 0) return out;
  SecretsByClient secrets = gather_secrets(embedded, options.keylog, facts.clients, path / kKeysFile);
  const std::uint64_t bytes = std::filesystem::file_size(path / kCaptureFile);
  const ChildOptions bounds{path / kHandshakesFile, path / kErrorsFile,
                            kLeastTime + std::chrono::seconds(bytes / kBytesPerSecond),
                            kLeastOutput + kGrowth * bytes};
  const ChildResult result = run_child(command(options, path), bounds);
  out.trouble = explain(result, path / kErrorsFile);
  std::error_code unknown;
  if (!std::filesystem::exists(path / kPdusFile, unknown)) return out;
  out.source = std::make_unique<TsharkOutput>(std::move(folder), std::move(secrets), out.trouble.empty());
  return out;
}

}  // namespace ck::cli
