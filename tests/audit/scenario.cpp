// The script's machinery.
#include "scenario.h"

#include <arpa/inet.h>

#include <cstring>

namespace ck::audit {
namespace {

Endpoint endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  Endpoint endpoint;
  endpoint.port = static_cast<std::uint16_t>(std::stoi(std::string(text.substr(colon + 1))));
  endpoint.address.size = 4;
  inet_pton(AF_INET, std::string(text.substr(0, colon)).c_str(), endpoint.address.bytes.data());
  return endpoint;
}

}  // namespace

void Heard::message(const MessageRecord& record) {
  messages.push_back(Said{record.ref, record.from_km, record.procedure});
  order.push_back("message");
}
void Heard::pair(const PairRecord& record) {
  pairs.push_back(record);
  order.push_back("pair");
}
void Heard::finding(const Finding& finding) {
  findings.push_back(finding);
  order.push_back("finding");
}
void Heard::joined(std::uint32_t id, const ProcedureState&, const MessageRef& ref,
                   std::optional<std::uint32_t>) {
  procedure_of[ref.index] = id;
  order.push_back("joined");
}

Scenario::Scenario(AuditOptions options) : audit(options, heard) {}

Position Scenario::here(Connection connection) {
  now_ns_ += 1'000'000;
  Position out(capture_of_[connection], next_frame_++, now_ns_);
  out.behind_s = behind_s_;
  return out;
}

Scenario::Connection Scenario::connect(std::string_view opener, std::string_view acceptor,
                                       ConnectOptions options) {
  ConnectionStart start;
  start.key = next_key_++;
  capture_of_[start.key] = options.capture;
  start.transport = options.transport;
  start.syns = options.syns;
  start.endpoints = {endpoint(opener), endpoint(acceptor)};
  start.opener_known = options.opener_known;
  start.seen_from_start = {options.whole || options.opener_side_whole,
                           options.whole || options.acceptor_side_whole};
  start.first = here(start.key);
  audit.open(start);
  return start.key;
}

std::uint64_t Scenario::send(Connection connection, Side sender, std::uint16_t command,
                             std::optional<std::uint32_t> id, std::optional<std::uint64_t> stream,
                             std::string_view json) {
  Message message;
  message.connection = connection;
  message.sender = sender;
  message.at = here(connection);
  message.command = command;
  if (id) message.header = FrameHeader{version_, *id, command, static_cast<std::uint16_t>(json.size())};
  message.stream = stream;
  if (stream) message.method = method_;
  message.spec = find_meant(command);
  message.payload_bytes = Bytes(reinterpret_cast<const std::uint8_t*>(json.data()), json.size());
  decode_payload(message.payload_bytes, message.spec, names_, payload_);
  message.payload = &payload_;
  message.unfinished = unfinished_;
  audit.message(message);
  return message.at.frame;
}

std::uint64_t Scenario::km(Connection connection, std::uint16_t command, std::uint32_t id,
                           std::string_view json) {
  return send(connection, 0, command, id, std::nullopt, json);
}
std::uint64_t Scenario::ctl(Connection connection, std::uint16_t command, std::uint32_t id,
                            std::string_view json) {
  return send(connection, 1, command, id, std::nullopt, json);
}
std::uint64_t Scenario::rpc(Connection connection, Side sender, std::uint16_t command, std::uint64_t stream,
                            std::string_view json) {
  return send(connection, sender, command, std::nullopt, stream, json);
}

void Scenario::end_rpc(Connection connection, Side asker, std::uint64_t stream, RpcOutcome outcome,
                       std::string_view result) {
  audit.rpc_ended(RpcEnd{connection, asker, here(connection), stream, outcome, std::string(result)});
}

void Scenario::event(Connection connection, Side side, StreamEventKind kind, std::uint64_t bytes) {
  audit.event(StreamEvent{kind, connection, side, here(connection), bytes, bytes + 10, {}});
}

void Scenario::unreadable(std::string_view one, std::string_view other, bool in_clear, bool in_tls) {
  audit.unreadable({0, {endpoint(one).address, endpoint(other).address}, here(0), in_clear, in_tls});
}

void Scenario::close(Connection connection) {
  audit.close(connection, here(connection));
}

const Heard& Scenario::finish() {
  totals = audit.finish(heard, end());
  return heard;
}

std::vector<std::string> Scenario::findings() const {
  std::vector<std::string> list;
  for (const Finding& finding : heard.findings) {
    list.push_back(std::string(rule(finding.rule).slug) + "@" + std::to_string(finding.at.frame));
  }
  return list;
}

std::vector<std::string> Scenario::findings(Severity severity) const {
  std::vector<std::string> list;
  for (const Finding& finding : heard.findings) {
    if (finding.severity == severity) {
      list.push_back(std::string(rule(finding.rule).slug) + "@" + std::to_string(finding.at.frame));
    }
  }
  return list;
}

std::string Scenario::pair_of(std::uint64_t frame) const {
  for (const PairRecord& pair : heard.pairs) {
    if (pair.response.at.frame == frame)
      return std::string(name_of(pair.by)) + ":" + std::to_string(pair.request.at.frame);
  }
  return {};
}

std::uint32_t Scenario::procedure_of(std::uint64_t frame) const {
  for (const Heard::Said& said : heard.messages) {
    if (said.ref.at.frame != frame) continue;
    const auto found = heard.procedure_of.find(said.ref.index);
    return found == heard.procedure_of.end() ? 0 : found->second;
  }
  return 0;
}

}  // namespace ck::audit
