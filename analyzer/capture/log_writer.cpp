// One function for each kind of line. Connections are numbered in the log in the order in which it tells of
// them first.
#include "capture/log_writer.h"

#include <fmt/format.h>
#include <zstd.h>

#include <optional>
#include <stdexcept>
#include <unordered_map>

#include "audit/address_text.h"
#include "capture/log_line.h"
#ifdef CK_GRPC
#include "protocol/protobuf/schema.h"
#endif

namespace ck::capture {
namespace {

/// The least level at which a log is less than a tenth of its capture, as tests/benchmark/make_capture makes
/// them. The same names, IDs and addresses come again and again within this window.
constexpr int kLevel = 8, kWindowLog = 22;
constexpr std::size_t kFlushAt = 256 * 1024;

/// Bytes of a file, compressed.
class ZstdFrame {
 public:
  explicit ZstdFrame(std::function<void(std::string_view)> write)
      : write_(std::move(write)), context_(ZSTD_createCCtx()), out_(ZSTD_CStreamOutSize(), '\0') {
    if (context_ == nullptr) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_windowLog, kWindowLog);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
  }
  ~ZstdFrame() { ZSTD_freeCCtx(context_); }
  ZstdFrame(const ZstdFrame&) = delete;
  ZstdFrame& operator=(const ZstdFrame&) = delete;

  void append(std::string_view text, bool last) {
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    for (bool more = true; more;) {
      ZSTD_outBuffer out{out_.data(), out_.size(), 0};
      const std::size_t left = ZSTD_compressStream2(context_, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
      if (ZSTD_isError(left) != 0) throw std::runtime_error(ZSTD_getErrorName(left));
      if (out.pos != 0) write_({out_.data(), out.pos});
      more = last ? left != 0 : in.pos < in.size;
    }
  }

 private:
  std::function<void(std::string_view)> write_;
  ZSTD_CCtx* context_;
  std::string out_;
};

template <class Name>
std::string json_array(Name one, Name two) {
  return fmt::format("[{},{}]", one, two);
}

std::string names_object(const NameCounts& counts) {
  std::string out = "{";
  for (const auto& [name, count] : counts) {
    if (out.size() > 1) out.push_back(',');
    append_json_string(out, name);
    fmt::format_to(std::back_inserter(out), ":{}", count);
  }
  return out + "}";
}

std::vector<std::string> host_texts(const std::array<Address, 2>& hosts) {
  return {std::string(address_text(hosts[0])), std::string(address_text(hosts[1]))};
}

std::string texts_array(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out.push_back(',');
    append_json_string(out, text);
  }
  return out + "]";
}

std::string_view kind_in_log(bool in_clear, bool in_tls) {
  return !in_tls ? kInClear : !in_clear ? kInTls : kInEither;
}

std::string shut_counts(const ShutConnections::Counts& counts) {
  NameCounts named;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != 0) named.emplace(kShutNames[i], counts[i]);
  }
  return names_object(named);
}

}  // namespace

struct LogWriter::State {
  explicit State(std::function<void(std::string_view)> write) : frame(std::move(write)) {}

  /// What the audit was never told of, it ignores.
  std::optional<std::uint64_t> number_of(ConnectionKey key) const {
    const auto known = numbers.find(key);
    return known == numbers.end() ? std::nullopt : std::optional(known->second);
  }

  void line_done() {
    ++records;
    if (lines.size() < kFlushAt) return;
    frame.append(lines, false);
    lines.clear();
  }

  template <class Write>
  void about(std::string_view type, ConnectionKey key, const Write& write) {
    const auto number = number_of(key);
    if (!number) return;
    LogLine line(lines, type);
    line.number("connection", *number);
    write(line);
    if (place) {
      // As a distance from the place before, which compresses far better.
      const auto distance = static_cast<std::int64_t>(place->offset - last_place);
      line.raw("place", fmt::format("[{},{}]", distance, place->size));
      last_place = place->offset;
    }
    line.end();
    line_done();
  }

  void write(const ConnectionStart& start, const Moment& moment);
  void write(const Message& message, const Moment& moment);
  void write(const StreamEvent& event, const Moment& moment);
  void write(const TlsHandshake& handshake, const Moment& moment);
  void write(const RpcEnd& end, const Moment& moment);
  void write(const UnreadableConnection& connection, const Moment& moment);
  void write(const UnrecognisedConnection& connection, const Moment& moment);
  void write(const ClosedConnection& closed, const Moment& moment);
  void write(const Outlook& outlook, const Moment& moment);
  void write(const ComingMessage& coming, const Moment& moment);
  void give_number(ConnectionKey key);
  void write_coming();
  void write_facts(const ReadingFacts& facts);

  ZstdFrame frame;
  std::string lines;
  std::uint64_t records = 0, connections = 0;
  std::unordered_map<ConnectionKey, std::uint64_t> numbers;
  std::optional<PacketPlace> place;     ///< of the record at hand
  std::uint64_t last_place = 0;         ///< that was written
  std::optional<ConnectionKey> coming;  ///< is only said where the message is not next
  Moment coming_at;
};

void LogWriter::State::give_number(ConnectionKey key) {
  if (numbers.try_emplace(key, connections + 1).second) ++connections;
}

void LogWriter::State::write(const ConnectionStart& start, const Moment& moment) {
  give_number(start.key);
  about("open", start.key, [&](LogLine& line) {
    line.text(start.opener_known ? "km" : "client", endpoint_in_log(start.endpoints[0]));
    line.text(start.opener_known ? "controller" : "server", endpoint_in_log(start.endpoints[1]));
    line.text("transport", log_name(kTransportNames, start.transport));
    if (start.rpcs) line.flag("rpcs", true);
    line.raw("from_start", json_array(start.seen_from_start[0], start.seen_from_start[1]));
    line.position(start.first);
    line.moment(moment, start.first);
    if (!start.syns) return;
    line.number("syn", start.syns->sequences[0]);
    line.number("answer_syn", start.syns->sequences[1]);
    line.number("answer_frame", start.syns->answer_frame);
  });
}

void LogWriter::State::write(const Message& message, const Moment& moment) {
  about("message", message.connection, [&](LogLine& line) {
    line.number("sender", message.sender);
    line.position(message.at);
    line.moment(moment, message.at);
    line.text("command", fmt::format("0x{:04X}", message.command));
    if (message.header) {
      if (message.header->command != message.command)
        line.text("header_command", fmt::format("0x{:04X}", message.header->command));
      line.number("version", message.header->version);
      line.number("message_id", message.header->message_id);
      line.number("length", message.header->length);
    }
    if (message.version_in_doubt) line.flag("version_in_doubt", true);
    if (message.slip != nullptr) line.text("slip", log_name(kSlipNames, message.slip->id));
    if (message.stream) line.number("stream", *message.stream);
#ifdef CK_GRPC
    if (message.method != nullptr) {
      line.bytes("method", message.method->path);
      line.flag("response",
                message.method->request == nullptr || message.method->request->spec != message.spec);
      if (message.proto != nullptr) line.flag("protobuf", true);
    }
#endif
    if (!message.trouble.empty()) line.bytes("trouble", message.trouble);
    if (message.unread != 0) line.number("unread", message.unread);
    if (message.unfinished != 0) line.number("unfinished", message.unfinished);
    line.bytes("payload", message.payload_bytes);
  });
}

void LogWriter::State::write(const StreamEvent& event, const Moment& moment) {
  about("event", event.connection, [&](LogLine& line) {
    line.text("kind", log_name(kEventNames, event.kind));
    line.number("side", event.side);
    line.position(event.at);
    line.moment(moment, event.at);
    if (event.bytes != 0) line.number("bytes", event.bytes);
    if (event.expected != 0) line.number("expected", event.expected);
    if (event.slip != nullptr) line.text("slip", log_name(kSlipNames, event.slip->id));
  });
}

void LogWriter::State::write(const TlsHandshake& handshake, const Moment& moment) {
  about("handshake", handshake.connection, [&](LogLine& line) {
    line.position(handshake.at);
    line.moment(moment, handshake.at);
    if (handshake.version) line.number("tls_version", *handshake.version);
    line.text("certificate", log_name(kCertificateNames, handshake.certificate));
  });
}

void LogWriter::State::write(const RpcEnd& end, const Moment& moment) {
  about("rpc_end", end.connection, [&](LogLine& line) {
    line.number("asker", end.asker);
    line.position(end.at);
    line.moment(moment, end.at);
    line.number("stream", end.stream);
    line.text("outcome", log_name(kOutcomeNames, end.outcome));
    line.bytes("result", std::string_view(end.result));
  });
}

void LogWriter::State::write(const UnreadableConnection& connection, const Moment& moment) {
  LogLine line(lines, "unreadable");
  line.text("kind", kind_in_log(connection.in_clear, connection.in_tls));
  line.position(connection.at);
  line.moment(moment, connection.at);
  line.raw("hosts", texts_array(host_texts(connection.hosts)));
  line.end();
  line_done();
}

void LogWriter::State::write(const UnrecognisedConnection& connection, const Moment& moment) {
  give_number(connection.connection);
  about("unrecognised", connection.connection, [&](LogLine& line) {
    line.text("kind", kind_in_log(connection.in_clear, connection.in_tls));
    line.text("state", log_name(kUnrecognisedNames, connection.state));
    line.text("client", endpoint_in_log(connection.endpoints[0]));
    line.text("server", endpoint_in_log(connection.endpoints[1]));
    if (connection.opener_known) line.flag("opener_known", true);
    if (connection.named) line.flag("named", true);
    line.position(connection.at);
    line.moment(moment, connection.at);
  });
  if (connection.state == UnrecognisedState::over) numbers.erase(connection.connection);
}

void LogWriter::State::write(const ClosedConnection& closed, const Moment& moment) {
  about("close", closed.connection, [&](LogLine& line) {
    line.position(closed.at);
    line.moment(moment, closed.at);
  });
  numbers.erase(closed.connection);
}

void LogWriter::State::write(const Outlook& outlook, const Moment& moment) {
  about("outlook", outlook.connection, [&](LogLine& line) {
    line.text("kind", log_name(kOutlookNames, outlook.kind));
    line.number("side", outlook.side);
    line.position(outlook.at);
    line.moment(moment, outlook.at);
    if (outlook.bytes != 0) line.number("bytes", outlook.bytes);
    if (outlook.kind != OutlookKind::reset) return;
    line.raw("hosts", texts_array(host_texts(outlook.hosts)));
  });
}

void LogWriter::State::write(const ComingMessage& message, const Moment& moment) {
  coming = message.connection;
  coming_at = moment;
}

void LogWriter::State::write_coming() {
  about("coming", *coming, [&](LogLine& line) {
    const Position at{coming_at.capture, coming_at.frame, coming_at.clock_ns};
    line.position(at);
    line.moment(coming_at, at);
  });
  coming.reset();
}

void LogWriter::State::write_facts(const ReadingFacts& facts) {
  for (std::size_t i = 0; i < facts.captures.size(); ++i) {
    const CaptureFacts& capture = facts.captures[i];
    LogLine line(lines, "capture_end");
    line.number("capture", i);
    line.number("packets", capture.packets);
    line.number("bytes", capture.bytes);
    line.time("first_time_ns", capture.first_time_ns);
    line.time("last_time_ns", capture.last_time_ns);
    line.time("end_time_ns", capture.end_ns);
    if (capture.end_behind_s != 0) line.number("behind_s", capture.end_behind_s);
    line.raw("link_types", texts_array(capture.link_types));
    if (!capture.error.empty()) line.bytes("error", std::string_view(capture.error));
    line.end();
    line_done();
  }
  const Diagnostics& diagnostics = facts.diagnostics;
  LogLine line(lines, "diagnostics");
  line.raw("unknown_links", names_object(diagnostics.unknown_links));
  line.raw("dropped", names_object(diagnostics.dropped));
  line.raw("other", names_object(diagnostics.other));
  line.number("conflicting_overlaps", diagnostics.conflicting_overlaps);
  line.number("undecoded_streams", diagnostics.undecoded_streams);
  line.number("capture_drops", facts.capture_drops);
  line.flag("has_secrets", facts.has_secrets);
  if (!facts.trouble.empty()) line.bytes("trouble", std::string_view(facts.trouble));
  line.raw("shut_ours", shut_counts(facts.shut.counted.ours));
  line.raw("shut_others", shut_counts(facts.shut.counted.others));
  std::string shut_at = "[", opened_at = "[";
  for (const auto& [key, count] : facts.shut.shut_at) {
    shut_at += fmt::format("{}[\"{}\",\"{}\",{}]", shut_at.size() > 1 ? "," : "", endpoint_in_log(key.first),
                           log_name(kShutNames, key.second), count);
  }
  for (const Endpoint& server : facts.shut.opened_at)
    opened_at += fmt::format("{}\"{}\"", opened_at.size() > 1 ? "," : "", endpoint_in_log(server));
  line.raw("shut_at", shut_at + "]");
  line.raw("opened_at", opened_at + "]");
  line.end();
  line_done();
}

LogWriter::LogWriter(const LogHeader& header, std::string_view tool,
                     std::function<void(std::string_view)> write)
    : state_(std::make_unique<State>(std::move(write))) {
  LogLine head(state_->lines, "ck-log");
  head.number("version", kLogVersion);
  head.bytes("tool", tool);
  head.raw("shard", json_array(header.shard.number, header.shard.count));
  head.number("captures", header.captures.size());
  head.end();
  state_->line_done();
  for (std::size_t i = 0; i < header.captures.size(); ++i) {
    LogLine line(state_->lines, "capture");
    line.number("capture", i);
    line.bytes("path", std::string_view(header.captures[i].path));
    line.text("digest", fmt::format("{:016x}", header.captures[i].digest));
    line.end();
    state_->line_done();
  }
}

LogWriter::~LogWriter() = default;

void LogWriter::record(const LogRecord& record, const Moment& moment,
                       const std::optional<PacketPlace>& place) {
  state_->place.reset();
  if (state_->coming) {
    const Message* message = std::get_if<Message>(&record);
    if (message != nullptr && message->connection == *state_->coming) {
      state_->coming.reset();  // which the message says itself
    } else {
      state_->write_coming();
    }
  }
  state_->place = place;
  std::visit([&](const auto& one) { state_->write(one, moment); }, record);
}

void LogWriter::finish(const ReadingFacts& facts) {
  state_->write_facts(facts);
  LogLine line(state_->lines, "end");
  line.number("records", state_->records);
  line.end();
  state_->frame.append(state_->lines, true);
  state_->lines.clear();
}

}  // namespace ck::capture
