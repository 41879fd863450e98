// Lines to records.
#include "capture/log_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "capture/log_fields.h"
#include "capture/log_json.h"
#include "capture/log_lines.h"
#ifdef CK_GRPC
#include "protocol/protobuf/decode.h"
#endif

namespace ck::capture {
namespace {

constexpr std::size_t kMaxLogPayload = std::size_t{4} << 20;
constexpr std::size_t kMaxText = 64 * 1024;
/// Of all lines that are no records, which are kept: names of captures, and what was counted.
constexpr std::size_t kMaxFacts = std::size_t{32} << 20;
/// Reasons why a payload cannot be read, of which there are three or four.
constexpr std::size_t kMaxTroubles = 16;

constexpr FieldSet kPlace = field_bit(Field::type) | field_bit(Field::connection) |
                            field_bit(Field::capture) | field_bit(Field::frame) | field_bit(Field::time_ns);
constexpr FieldSet kTold = field_bit(Field::told) | field_bit(Field::behind) | field_bit(Field::place);

template <class... Fields>
constexpr FieldSet bits(Fields... fields) {
  return (field_bit(fields) | ... | FieldSet{0});
}

template <class Enum, class Names>
bool by_name(const Names& names, std::string_view name, Enum& out) {
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) return false;
  out = static_cast<Enum>(at - names.begin());
  return true;
}

}  // namespace

struct LogReader::State {
  State(std::unique_ptr<ByteInput> input, std::string given)
      : lines(std::move(input)), name(std::move(given)) {
    if (parser.allocate(64 * 1024, kLogNesting) != simdjson::SUCCESS) throw std::bad_alloc();
  }

  bool read_line();
  /// The line at hand, and those before it that are kept as it is, are no more than a log of captures holds.
  bool holds_facts() { return (fact_bytes += line_bytes) <= kMaxFacts; }
  void read_head();
  bool read_record();
  bool take_end();
  bool place(const LogFields& fields, Position& at);
  bool read_open();
  bool read_message();
  bool read_rpc(Message& message);
  bool read_event();
  bool read_handshake();
  bool read_rpc_end();
  bool read_unreadable();
  bool read_unrecognised();
  bool read_kind(bool& in_clear, bool& in_tls) const;
  bool take_number(ConnectionKey& out);
  bool read_hosts(std::array<Address, 2>& out) const;
  bool read_outlook();
  bool read_text(Field plain, Field base64, std::size_t most, Bytes& out);
  bool read_slip(const Slip*& out) const;
  std::string_view keep_trouble(std::string_view text);
  void fail(std::string_view what) {
    if (error.empty()) error = fmt::format("{}: line {} of the message log {}", name, number, what);
    over = true;
  }

  LogLines lines;
  std::string name;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  LogFields fields;
  LogHeader header;
  ReadingFacts facts;
  std::vector<bool> ended;  ///< by capture: its facts are there
  const ProtoSchema* schema = nullptr;
  LogRecord record;
  Moment moment;
  std::optional<PacketPlace> packet_place;
  std::uint64_t last_place = 0;
  std::vector<std::uint8_t> decoded;
  std::vector<std::unique_ptr<std::string>> troubles;
  std::uint64_t number = 0;  ///< of the line
  std::size_t line_bytes = 0, fact_bytes = 0;
  std::uint64_t connections = 0;  ///< that have opened
  bool over = false, behind_records = false, has_diagnostics = false;
  std::string error;
};

/// The next line is an object with a type. False: there is none.
bool LogReader::State::read_line() {
  const auto line = lines.next();
  if (!line) {
    const std::string cause = lines.error();
    ++number;
    if (cause.empty()) {
      fail("is missing: the log was cut; what comes before it counts; make the log again");
    } else {
      fail(fmt::format("cannot be read: {}; what comes before it counts; make the log again", cause));
    }
    return false;
  }
  ++number;
  line_bytes = line->size();
  simdjson::dom::element element;
  const auto outcome = parser.parse(line->data(), line->size(), false);
  if (outcome.get(element) == simdjson::SUCCESS && element.get_object().get(object) == simdjson::SUCCESS)
    return true;
  fail("is no JSON object; what comes before it counts; make the log again");
  return false;
}

void LogReader::State::read_head() {
  std::uint64_t captures = 0;
  if (!read_line()) return;
  if (!capture::read_header(object, header, captures))
    return fail("is of a version that is not read here, or damaged; use the ck-audit that made the log");
  for (std::uint64_t i = 0; i < captures; ++i) {
    std::string_view type;
    if (!read_line()) return;
    if (!holds_facts() || object.at_key("type").get_string().get(type) != simdjson::SUCCESS ||
        type != "capture" || !read_capture(object, header))
      return fail("should name a capture; make the log again");
  }
  facts.captures.resize(header.captures.size());
  for (std::size_t i = 0; i < header.captures.size(); ++i) facts.captures[i].path = header.captures[i].path;
  ended.resize(header.captures.size());
}

bool LogReader::State::place(const LogFields& from, Position& at) {
  at.capture = static_cast<std::uint32_t>(from.number(Field::capture));
  at.frame = from.number(Field::frame);
  at.time_ns = from.time_ns;
  at.behind_s = from.has(Field::behind) ? static_cast<std::uint32_t>(from.number(Field::behind)) : 0;
  if (at.capture >= header.captures.size()) return false;
  if (at.frame == 0 && from.text(Field::type) != "outlook") return false;  // of no packet
  packet_place.reset();
  if (from.has(Field::place)) {
    last_place += static_cast<std::uint64_t>(from.place_distance);
    packet_place = PacketPlace{last_place, from.number(Field::place)};
  }
  moment = {};
  if (from.has(Field::told)) {
    moment = from.told;
    return moment.capture < header.captures.size();
  }
  moment.clock_ns = at.time_ns;
  moment.capture = at.capture;
  moment.frame = at.frame;
  return true;
}

/// Of a member that may stand in base64.
bool LogReader::State::read_text(Field plain, Field base64, std::size_t most, Bytes& out) {
  if (fields.has(plain) == fields.has(base64)) return false;
  if (fields.has(base64)) {
    if (!decode_base64(fields.text(base64), decoded)) return false;
    out = decoded;
  } else {
    const std::string_view text = fields.text(plain);
    out = Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  }
  return out.size() <= most;
}

bool LogReader::State::read_slip(const Slip*& out) const {
  if (!fields.has(Field::slip)) return true;
  SlipId id{};
  if (!by_name(kSlipNames, fields.text(Field::slip), id)) return false;
  out = &slip(id);
  return true;
}

/// Of a connection that the log may tell of for the first time.
bool LogReader::State::take_number(ConnectionKey& out) {
  out = fields.number(Field::connection);
  if (out == 0 || out > connections + 1) return false;
  connections = std::max(connections, out);
  return true;
}

bool LogReader::State::read_open() {
  const bool roles = fields.has(Field::km);
  const FieldSet ends = roles ? bits(Field::km, Field::controller) : bits(Field::client, Field::server);
  const FieldSet syns = bits(Field::syn, Field::answer_syn, Field::answer_frame);
  if (!fields.are(kPlace | ends | bits(Field::transport, Field::from_start),
                  kTold | bits(Field::rpcs) | syns))
    return false;
  ConnectionStart start;
  if (!take_number(start.key)) return false;
  const auto zero = parse_endpoint(fields.text(roles ? Field::km : Field::client));
  const auto one = parse_endpoint(fields.text(roles ? Field::controller : Field::server));
  if (!zero || !one || !by_name(kTransportNames, fields.text(Field::transport), start.transport))
    return false;
  start.endpoints = {*zero, *one};
  start.opener_known = roles;
  start.rpcs = fields.has(Field::rpcs) && fields.number(Field::rpcs) != 0;
  const std::uint64_t from_start = fields.number(Field::from_start);
  start.seen_from_start = {(from_start & 1) != 0, (from_start & 2) != 0};
  if (!place(fields, start.first)) return false;
  if ((fields.present & syns) == syns) {
    const auto sequence = [&](Field of) { return static_cast<std::uint32_t>(fields.number(of)); };
    start.syns =
        SynPair{{sequence(Field::syn), sequence(Field::answer_syn)}, fields.number(Field::answer_frame)};
  } else if ((fields.present & syns) != 0) {
    return false;
  }
  record = start;
  return true;
}

std::string_view LogReader::State::keep_trouble(std::string_view text) {
  for (const auto& known : troubles) {
    if (*known == text) return *known;
  }
  if (troubles.size() >= kMaxTroubles || text.empty() || text.size() > 256) return {};
  return *troubles.emplace_back(std::make_unique<std::string>(text));
}

bool LogReader::State::read_message() {
  constexpr FieldSet kHeader = bits(Field::version, Field::message_id, Field::length);
  constexpr FieldSet kOptional =
      kTold | kHeader |
      bits(Field::header_command, Field::version_in_doubt, Field::slip, Field::stream, Field::method,
           Field::method_base64, Field::response, Field::protobuf, Field::trouble, Field::unread,
           Field::unfinished, Field::payload, Field::payload_base64);
  if (!fields.are(kPlace | bits(Field::sender, Field::command), kOptional)) return false;
  Message message;
  message.connection = fields.number(Field::connection);
  message.sender = static_cast<Side>(fields.number(Field::sender));
  message.command = static_cast<std::uint16_t>(fields.number(Field::command));
  if ((fields.present & kHeader) != 0) {
    if ((fields.present & kHeader) != kHeader) return false;
    FrameHeader& head = message.header.emplace();
    head.version = static_cast<std::uint16_t>(fields.number(Field::version));
    head.message_id = static_cast<std::uint32_t>(fields.number(Field::message_id));
    head.length = static_cast<std::uint16_t>(fields.number(Field::length));
    head.command = fields.has(Field::header_command)
                       ? static_cast<std::uint16_t>(fields.number(Field::header_command))
                       : message.command;
  }
  message.version_in_doubt =
      fields.has(Field::version_in_doubt) && fields.number(Field::version_in_doubt) != 0;
  if (fields.has(Field::unread)) message.unread = fields.number(Field::unread);
  if (fields.has(Field::unfinished)) message.unfinished = fields.number(Field::unfinished);
  if (!read_slip(message.slip) || !place(fields, message.at)) return false;
  if (!read_text(Field::payload, Field::payload_base64, kMaxLogPayload, message.payload_bytes)) return false;
  if (fields.has(Field::trouble)) {
    message.trouble = keep_trouble(fields.text(Field::trouble));
    if (message.trouble.empty()) return false;
  }
  message.spec = find_meant(message.command);
  if (fields.has(Field::stream) != fields.has(Field::method)) return false;
  if (fields.has(Field::method) && !read_rpc(message)) return false;
  record = message;
  return true;
}

/// A message over gRPC.
bool LogReader::State::read_rpc(Message& message) {
  if (message.header || !fields.has(Field::response)) return false;
  message.stream = fields.number(Field::stream);
#ifdef CK_GRPC
  if (schema != nullptr) message.method = schema->find(fields.text(Field::method));
  const bool response = fields.number(Field::response) != 0;
  const ProtoMessage* type = message.method == nullptr ? nullptr
                             : response                ? message.method->response
                                                       : message.method->request;
  if (type != nullptr && type->spec->code() == message.command) {
    message.spec = type->spec;
    if (fields.has(Field::protobuf) && fields.number(Field::protobuf) != 0) message.proto = type;
    return true;
  }
#endif
  fail(
      "has a message of a gRPC method that no .proto file given here has; give the --grpc-proto that the log "
      "was made with");
  return false;
}

bool LogReader::State::read_event() {
  if (!fields.are(kPlace | bits(Field::kind, Field::side),
                  kTold | bits(Field::bytes, Field::expected, Field::slip)))
    return false;
  StreamEvent event;
  event.connection = fields.number(Field::connection);
  event.side = static_cast<Side>(fields.number(Field::side));
  if (fields.has(Field::bytes)) event.bytes = fields.number(Field::bytes);
  if (fields.has(Field::expected)) event.expected = fields.number(Field::expected);
  if (!by_name(kEventNames, fields.text(Field::kind), event.kind) || !read_slip(event.slip)) return false;
  if (event.kind == StreamEventKind::slipped && event.slip == nullptr) return false;
  if (!place(fields, event.at)) return false;
  record = event;
  return true;
}

bool LogReader::State::read_handshake() {
  if (!fields.are(kPlace | bits(Field::certificate), kTold | bits(Field::tls_version))) return false;
  TlsHandshake handshake;
  handshake.connection = fields.number(Field::connection);
  if (fields.has(Field::tls_version))
    handshake.version = static_cast<std::uint16_t>(fields.number(Field::tls_version));
  if (!by_name(kCertificateNames, fields.text(Field::certificate), handshake.certificate)) return false;
  if (!place(fields, handshake.at)) return false;
  record = handshake;
  return true;
}

bool LogReader::State::read_rpc_end() {
  if (!fields.are(kPlace | bits(Field::asker, Field::stream, Field::outcome),
                  kTold | bits(Field::result, Field::result_base64)))
    return false;
  RpcEnd end;
  end.connection = fields.number(Field::connection);
  end.asker = static_cast<Side>(fields.number(Field::asker));
  end.stream = fields.number(Field::stream);
  Bytes result;
  if (!by_name(kOutcomeNames, fields.text(Field::outcome), end.outcome) ||
      !read_text(Field::result, Field::result_base64, kMaxText, result) || !place(fields, end.at))
    return false;
  end.result.assign(result.begin(), result.end());
  record = std::move(end);
  return true;
}

bool LogReader::State::read_hosts(std::array<Address, 2>& out) const {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto host = parse_address(fields.hosts[i]);
    if (!host) return false;
    out[i] = *host;
  }
  return true;
}

/// Of no connection that the log tells of.
bool LogReader::State::read_unreadable() {
  constexpr FieldSet kWhere = kPlace & ~field_bit(Field::connection);
  if (!fields.are(kWhere | bits(Field::kind, Field::hosts), kTold)) return false;
  UnreadableConnection connection;
  if (!read_kind(connection.in_clear, connection.in_tls)) return false;
  if (!read_hosts(connection.hosts) || !place(fields, connection.at)) return false;
  record = connection;
  return true;
}

bool LogReader::State::read_kind(bool& in_clear, bool& in_tls) const {
  const std::string_view kind = fields.text(Field::kind);
  in_clear = kind != kInTls;
  in_tls = kind != kInClear;
  return kind == kInClear || kind == kInTls || kind == kInEither;
}

bool LogReader::State::read_unrecognised() {
  constexpr FieldSet kMembers = bits(Field::kind, Field::state, Field::client, Field::server);
  if (!fields.are(kPlace | kMembers, kTold | bits(Field::opener_known, Field::named))) return false;
  UnrecognisedConnection connection;
  if (!take_number(connection.connection) || !read_kind(connection.in_clear, connection.in_tls)) return false;
  const auto client = parse_endpoint(fields.text(Field::client));
  const auto server = parse_endpoint(fields.text(Field::server));
  if (!client || !server || !by_name(kUnrecognisedNames, fields.text(Field::state), connection.state))
    return false;
  connection.endpoints = {*client, *server};
  connection.opener_known = fields.has(Field::opener_known) && fields.number(Field::opener_known) != 0;
  connection.named = fields.has(Field::named) && fields.number(Field::named) != 0;
  if (!place(fields, connection.at)) return false;
  record = connection;
  return true;
}

bool LogReader::State::read_outlook() {
  if (!fields.are(kPlace | bits(Field::kind, Field::side), kTold | bits(Field::bytes, Field::hosts)))
    return false;
  Outlook outlook;
  outlook.connection = fields.number(Field::connection);
  outlook.side = static_cast<Side>(fields.number(Field::side));
  if (fields.has(Field::bytes)) outlook.bytes = fields.number(Field::bytes);
  if (!by_name(kOutlookNames, fields.text(Field::kind), outlook.kind) || !place(fields, outlook.at))
    return false;
  if ((outlook.kind == OutlookKind::reset) != fields.has(Field::hosts)) return false;
  if (fields.has(Field::hosts) && !read_hosts(outlook.hosts)) return false;
  record = outlook;
  return true;
}

/// A line behind the records. False: it is none of those.
bool LogReader::State::take_end() {
  if (!holds_facts()) return false;
  std::string_view type;
  if (object.at_key("type").get_string().get(type) != simdjson::SUCCESS) return false;
  if (type == "capture_end") {
    std::uint64_t index = 0;
    if (object.at_key("capture").get_uint64().get(index) != simdjson::SUCCESS || index >= ended.size() ||
        ended[index])
      return false;
    behind_records = ended[index] = true;
    return read_capture_end(object, facts.captures);
  }
  if (type == "diagnostics") {
    if (has_diagnostics) return false;
    behind_records = has_diagnostics = true;
    return read_diagnostics(object, facts);
  }
  std::uint64_t records = 0;
  if (type != "end" || object.size() != 2 ||
      object.at_key("records").get_uint64().get(records) != simdjson::SUCCESS || !has_diagnostics)
    return false;
  if (records + 1 != number) return false;
  if (lines.next() || lines.has_rest()) return false;
  if (const std::string cause = lines.error(); !cause.empty())
    fail(fmt::format("is the last, and {}", cause));
  return over = true;
}

bool LogReader::State::read_record() {
  const std::string_view type = fields.text(Field::type);
  const std::uint64_t connection = fields.number(Field::connection);
  if (type == "open") return read_open();
  if (type == "unreadable") return read_unreadable();
  if (type == "unrecognised") return read_unrecognised();
  if (!fields.has(Field::connection)) return false;
  if (connection == 0 || connection > connections) return false;
  if (type == "message") return read_message();
  if (type == "event") return read_event();
  if (type == "outlook") return read_outlook();
  if (type == "handshake") return read_handshake();
  if (type == "rpc_end") return read_rpc_end();
  Position at;
  if (!fields.are(kPlace, kTold) || !place(fields, at)) return false;
  if (type == "close") {
    record = ClosedConnection{connection, at};
    return true;
  }
  record = ComingMessage{connection};
  return type == "coming";
}

LogReader::LogReader(std::unique_ptr<ByteInput> input, const std::string& name)
    : state_(std::make_unique<State>(std::move(input), name)) {
  state_->read_head();
}

LogReader::~LogReader() = default;

const LogHeader& LogReader::header() const {
  return state_->header;
}

void LogReader::set_schema(const ProtoSchema* schema) {
  state_->schema = schema;
}

LogRecord* LogReader::next() {
  State& state = *state_;
  while (!state.over && state.read_line()) {
    if (!state.behind_records && read_fields(state.object, state.fields) && state.fields.has(Field::type) &&
        (state.fields.has(Field::connection) || state.fields.has(Field::kind))) {
      if (state.read_record()) return &state.record;
    } else if (state.take_end()) {
      continue;
    }
    state.fail("is not as a log's lines are; what comes before it counts; make the log again");
  }
  return nullptr;
}

const Moment& LogReader::moment() const {
  return state_->moment;
}

const std::optional<PacketPlace>& LogReader::place() const {
  return state_->packet_place;
}

const std::string& LogReader::error() const {
  return state_->error;
}

const ReadingFacts& LogReader::facts() const {
  return state_->facts;
}

}  // namespace ck::capture
