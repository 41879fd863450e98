// Procedures of clause 7 as alternating messages, laid over rounds so that several run at once.
#include "torture_script.h"

#include <set>

#include "generator/ck_message.h"

namespace ck::integration {
namespace {

using samples::End;

struct Line {
  End from;
  std::uint16_t command;
  std::string members;  ///< of the payload's object
};

/// What one procedure is made of.
struct Names {
  std::string kma, destination, number;
};

std::string member(const std::string& name, const std::string& value) {
  return "\"" + name + "\":\"" + value + "\"";
}

std::string ends(const Names& names) {
  return member("Source KMA ID", names.kma) + "," + member("Destination KMA ID", names.destination);
}

std::vector<Line> next_hop(const Names& names) {
  return {{End::client, samples::kNextHopRequest, ends(names)},
          {End::server, samples::kNextHopResponse,
           ends(names) + R"(,"Next KMA IDs":[")" + names.destination + "\"]"}};
}

std::vector<Line> relay(const Names& names) {
  const std::string id = member("Key relay request ID", "relay-" + names.number);
  return {{End::client, samples::kRelayNotification, ends(names)},
          {End::server, samples::kRelayRequest,
           ends(names) + "," + member("Transit KMA IDs", "KMA-T-" + names.number) + "," + id},
          {End::client, samples::kRelayResponse, member("Response", "success") + "," + id}};
}

/// Both applications are served by one KM, so that the whole session is on one connection.
std::vector<Line> session(const Names& names) {
  const std::string applications = member("Application source ID", "app-a-" + names.number) + "," +
                                   member("Application destination ID", "app-b-" + names.number);
  const std::string id = member("Session ID", "session-" + names.number);
  const std::string result = id + "," + member("Response", "success");
  const std::string km = "KM-of-" + names.kma;
  return {{End::client, samples::kSessionRequest, applications + ",\"Number of keys\":8"},
          {End::server, samples::kSessionNotification,
           applications + "," + id + "," + member("Source KM ID", km) + ",\"Number of keys\":8"},
          {End::client, samples::kSessionNotificationResponse, result},
          {End::server, samples::kSessionResponse, result + "," + member("Destination KM ID", km)}};
}

std::vector<Line> reservation(const Names& names) {
  const std::string first = "k" + names.number + "a", second = "k" + names.number + "b";
  const std::string keys = R"("Key IDs":[{"Key ID":")" + first + R"("},{"Key ID":")" + second + "\"}]";
  return {
      {End::server, samples::kReservationRequest, ends(names)},
      {End::client, samples::kReservationResponse,
       ends(names) + "," + member("Key IDs", first + "," + second) + ",\"Response\":0"},
      {End::server, samples::kAllocationRequest, ends(names) + "," + keys},
      {End::client, samples::kAllocationResponse, ends(names) + "," + keys + ",\"Response\":0"},
  };
}

std::vector<Line> lines_of(std::size_t kind, const Names& names) {
  switch (kind % 4) {
    case 0:
      return next_hop(names);
    case 1:
      return relay(names);
    case 2:
      return session(names);
    default:
      return reservation(names);
  }
}

/// An Extension that makes messages of all sizes: most small, some longer than a segment, a few as long as
/// Length allows.
std::string extension(Random& random) {
  static constexpr const char* kWords[] = {"alpha ", "beta ", "\u03b3 ", "{ ", "}] ", R"(\" )", "\u20ac "};
  std::size_t size = random.percent(50) ? 0 : random.below(300);
  if (random.percent(10)) size = random.between(1500, 6000);
  if (random.percent(1)) size = 64000;
  if (size == 0) return {};
  std::string text;
  while (text.size() < size) text += kWords[random.below(std::size(kWords))];
  return R"(,"Extension":[{"name":"remark","text":")" + text + "\"}]";
}

std::string payload(Random& random, const std::string& members) {
  const std::string before = random.percent(5) ? "\r\n " : "", after = random.percent(10) ? "\n" : "";
  return before + "{" + members + extension(random) + "}" + after;
}

std::uint32_t fresh_id(Random& random, std::set<std::uint32_t>& used) {
  std::uint32_t id = random.any();
  while (!used.insert(id).second) id = random.any();
  return id;
}

}  // namespace

Script conversation(Random& random, const std::string& kma, const std::string& name, std::size_t procedures) {
  Script script;
  std::set<std::uint32_t> used;
  for (std::size_t i = 0; i < procedures; ++i) {
    const std::string number = name + "-" + std::to_string(i);
    const std::size_t kind = i < 4 ? i : random.below(4);
    std::size_t round = random.below(1 + procedures / 2);
    const std::vector<Line> lines = lines_of(kind, {kma, "KMA-D-" + number, number});
    const std::uint32_t request_id = fresh_id(random, used), second_id = fresh_id(random, used);
    for (std::size_t at = 0; at < lines.size(); ++at, ++round) {
      if (script.size() <= round) script.resize(round + 1);
      // A response repeats its request's MessageID. A session's inner pair and an allocation are requests of
      // their own; a route's answer to a notification is both, and keeps the notification's.
      std::uint32_t id = request_id;
      if (kind == 2 && (at == 1 || at == 2)) id = second_id;
      if (kind == 3 && at >= 2) id = second_id;
      const Line& line = lines[at];
      script[round].push_back(
          {line.from, line.command, id, samples::frame(1, id, line.command, payload(random, line.members))});
    }
  }
  return script;
}

}  // namespace ck::integration
