// JSON of both faces, read with jsoncpp.
#include "account.h"

#include <json/json.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace ck::integration {
namespace {

bool parse(const std::string& text, Json::Value& out, std::string& trouble) {
  const std::unique_ptr<Json::CharReader> reader(Json::CharReaderBuilder().newCharReader());
  return reader->parse(text.data(), text.data() + text.size(), &out, &trouble);
}

std::string ends_of(std::string one, std::string other) {
  if (other < one) std::swap(one, other);
  return one + " - " + other;
}

std::uint64_t number(const Json::Value& text) {
  return std::strtoull(text.asString().c_str(), nullptr, 0);
}

Told told(const Json::Value& record) {
  if (record["command"].isNull()) return {record["frame"].asUInt64(), "", 0};
  return {record["frame"].asUInt64(), record["command"].asString(), record["message_id"].asUInt64()};
}

/// In tshark's JSON a member that there is several times is a list.
std::vector<Json::Value> all(const Json::Value& value) {
  if (value.isNull()) return {};
  if (!value.isArray()) return {value};
  return {value.begin(), value.end()};
}

void read_ck(const Json::Value& ck, std::uint64_t frame, const std::string& connection, Account& account) {
  Told message{frame, "", 0};
  if (ck.isMember("ck.command")) {
    constexpr const char* kDigits = "0123456789ABCDEF";
    const std::uint64_t code = number(ck["ck.command"]);
    std::string command = "0x";
    for (const unsigned shift : {12u, 8u, 4u, 0u}) command += kDigits[code >> shift & 0xF];
    message = {frame, command, number(ck["ck.message_id"])};
    account.messages.emplace(message, connection);
    if (ck.isMember("ck.response_to")) account.pairs.emplace(message, number(ck["ck.response_to"]));
    if (ck.isMember("ck.procedure")) {
      const Json::Value& inner = ck["ck.procedure_tree"];
      AccountOfProcedure& procedure = account.procedures[number(inner["ck.procedure.id"])];
      procedure.kind = ck["ck.procedure"].asString();
      procedure.state = inner["ck.procedure.state"].asString();
      procedure.messages.insert(message);
    }
  }
  const std::vector<Json::Value> rules = all(ck["ck.violation"]), trees = all(ck["ck.violation_tree"]);
  for (std::size_t i = 0; i < rules.size() && i < trees.size(); ++i) {
    const std::string rule = rules[i].asString();
    std::string words = trees[i]["_ws.expert"]["_ws.expert.message"].asString();
    if (words.starts_with(rule + ": ")) words.erase(0, rule.size() + 2);
    account.findings.emplace(rule, trees[i]["ck.violation.severity"].asString(), words, message, connection);
  }
}

void print(std::ostream& out, const Told& message) {
  out << std::get<0>(message) << ' ' << std::get<1>(message) << ' ' << std::get<2>(message);
}

}  // namespace

Account account_of_audit(const std::string& json) {
  Account account;
  Json::Value report;
  if (!parse(json, report, account.trouble)) return account;
  const Json::Value& audit = report["audits"][0];
  std::map<std::uint64_t, std::string> ends;
  for (const Json::Value& connection : audit["connections"]) {
    ends[connection["id"].asUInt64()] =
        ends_of(connection["km"].asString(), connection["controller"].asString());
  }
  for (const Json::Value& message : audit["messages"]) {
    account.messages.emplace(told(message), ends[message["connection"].asUInt64()]);
    const Json::Value& other = message["paired_with"];
    if (!other.isNull() && other.asUInt64() < message["frame"].asUInt64())
      account.pairs.emplace(told(message), other.asUInt64());
  }
  for (const auto& [list, kind] :
       {std::pair{"relays", "relay"}, {"sessions", "session"}, {"reservations", "reservation"}}) {
    for (const Json::Value& procedure : audit[list]) {
      AccountOfProcedure& out = account.procedures[procedure["id"].asUInt64()];
      out.kind = kind;
      out.state = procedure["state"].asString();
      for (const Json::Value& event : procedure["events"]) out.messages.insert(told(event));
    }
  }
  for (const Json::Value& finding : audit["findings"]) {
    account.findings.emplace(finding["rule"].asString(), finding["severity"].asString(),
                             finding["message"].asString(), told(finding),
                             ends[finding["connection"].asUInt64()]);
  }
  return account;
}

Account account_of_tshark(const std::string& json) {
  Account account;
  Json::Value packets;
  if (!parse(json, packets, account.trouble)) return account;
  for (const Json::Value& packet : packets) {
    const Json::Value& layers = packet["_source"]["layers"];
    const Json::Value &ip = layers["ip"], &tcp = layers["tcp"];
    const std::string ends = ends_of(ip["ip.src"].asString() + ":" + tcp["tcp.srcport"].asString(),
                                     ip["ip.dst"].asString() + ":" + tcp["tcp.dstport"].asString());
    for (const Json::Value& ck : all(layers["ck"]))
      read_ck(ck, number(layers["frame"]["frame.number"]), ends, account);
  }
  return account;
}

std::ostream& operator<<(std::ostream& out, const Account& account) {
  for (const auto& [message, connection] : account.messages) {
    print(out << "  ", message);
    out << ", " << connection << '\n';
  }
  for (const auto& [message, request] : account.pairs) {
    print(out << "  ", message);
    out << " answers " << request << '\n';
  }
  for (const auto& [id, procedure] : account.procedures) {
    out << "  " << procedure.kind << ' ' << id << ", " << procedure.state << '\n';
    for (const Told& message : procedure.messages) {
      print(out << "    ", message);
      out << '\n';
    }
  }
  for (const auto& [rule, severity, words, message, connection] : account.findings) {
    print(out << "  " << severity << ' ' << rule << " at ", message);
    out << ", " << connection << ": " << words << '\n';
  }
  return out;
}

}  // namespace ck::integration
