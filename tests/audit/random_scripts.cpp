// What KMs and controllers say in each procedure, conforming in whatever they leave out or repeat.
#include "random_scripts.h"

namespace ck::audit::random_scenes {

std::string text(const std::string& name, const std::string& value) {
  return '"' + name + R"(":")" + value + '"';
}

std::string object(std::initializer_list<std::string> members) {
  std::string out;
  for (const std::string& member : members) {
    if (!member.empty()) out += (out.empty() ? "" : ",") + member;
  }
  return "{" + out + "}";
}

std::string response(bool success) {
  return text("Response", success ? "success" : "failed");
}

std::string code(bool success) {
  return std::string(R"("Response":)") + (success ? "0" : "1");
}

std::string list(const std::string& name, const std::vector<std::string>& values, bool objects) {
  std::string out;
  for (const std::string& value : values)
    out += (out.empty() ? "" : ",") + (objects ? R"({"Key ID":")" + value + "\"}" : '"' + value + '"');
  return '"' + name + R"(":[)" + out + "]";
}

Script Writer::relay(std::size_t km, bool clean_end) {
  const std::string to = goal();
  const std::string source = text("Source KMA ID", kma(km)), destination = text("Destination KMA ID", to);
  const bool named = clear_ || dice_.chance(80);
  const auto request = [&](const std::string& id) {
    return object({maybe(source), destination, list("Transit KMA IDs", {name("HOP")}),
                   named ? text("Key relay request ID", id) : ""});
  };
  const auto result = [&](const std::string& id, bool success) {
    return object({named ? maybe(text("Key relay request ID", id)) : "", response(success)});
  };
  Script out;
  out.push_back({km, true, 0x1403, object({source, destination})});
  std::string id = name("RR");
  out.push_back({km, false, 0x4104, request(id), 0});
  const bool again = named && clean_end && dice_.chance(30);
  out.push_back({km, true, 0x1405, result(id, !again && dice_.chance(80)), 1});
  if (!again) return out;
  id = name("RR");
  out.push_back({km, false, 0x4104, request(id), 0});
  out.push_back({km, true, 0x1405, result(id, true), 3});
  return out;
}

Script Writer::chain() {
  const std::string to = goal();
  const std::size_t first = any_km(), second = any_km();
  const auto ask = [&] {
    return object({text("Source KMA ID", kma(first)), text("Destination KMA ID", to)});
  };
  Script out;
  out.push_back({first, true, 0x1401, ask()});
  if (first == second || kms_ < 2) {
    out.push_back({first, false, 0x4102, object({list("Next KMA IDs", {to})}), 0});
    return out;
  }
  out.push_back({first, false, 0x4102, object({list("Next KMA IDs", {kma(second)})}), 0});
  out.push_back({second, true, 0x1401, ask()});
  out.push_back({second, false, 0x4102, object({list("Next KMA IDs", {to})}), 2});
  return out;
}

Script Writer::session(std::size_t from, std::size_t to) {
  const std::string pair = clear_ || dice_.chance(50) ? name("app") : "app-0";
  const std::string apps =
      text("Application source ID", pair) + "," + text("Application destination ID", pair + "'");
  const std::string number =
      dice_.chance(50) ? R"("Number of keys":)" + std::to_string(1 + dice_.below(3)) : "";
  const std::string id = text("Session ID", name("S"));
  const bool success = clear_ || dice_.chance(75);
  const std::string notice = object({apps, number, id, text("Source KM ID", kma(from))});
  const std::string accept = success ? object({id, response(true)}) : object({maybe(id), response(false)});
  Script out;
  out.push_back({from, true, 0x1406, object({apps, number})});
  out.push_back({to, false, 0x4108, notice});
  out.push_back({to, true, 0x1409, accept, 1});
  if (!clear_ && dice_.chance(20)) {
    out.push_back({to, false, 0x4108, notice});
    out.push_back({to, true, 0x1409, accept, 3});
  }
  const std::string end = success ? object({id, response(true), text("Destination KM ID", kma(to))})
                                  : object({maybe(id), response(false)});
  out.push_back({from, false, 0x4107, end, 0});
  return out;
}

Script Writer::reservation(std::size_t km) {
  const std::string source = text("Source KMA ID", kma(km)), destination = text("Destination KMA ID", goal());
  const std::string ends = source + "," + destination;
  std::vector<std::string> keys;
  for (std::size_t count = 1 + dice_.below(3); count > 0; --count) keys.push_back(name("key"));
  Script out;
  for (std::size_t rounds = clear_ ? 1 : 1 + dice_.below(2); rounds > 0; --rounds) {
    out.push_back({km, false, 0x410A, object({ends})});
    const bool success = clear_ || dice_.chance(85);
    out.push_back({km, true, 0x140B,
                   success ? object({maybe(destination), list("Key IDs", keys), code(true)})
                           : object({maybe(destination), code(false)}),
                   out.size() - 1});
    if (!success) continue;
    for (bool done = false; !done;) {
      done = clear_ || dice_.chance(80);
      out.push_back({km, false, 0x410C, object({ends, list("Key IDs", keys, true)})});
      out.push_back(
          {km, true, 0x140D, object({maybe(list("Key IDs", keys, true)), code(done)}), out.size() - 1});
    }
  }
  return out;
}

Script Writer::proof_of_echo(std::size_t km) {
  const std::string source = text("Source KMA ID", kma(km));
  Script out;
  for (std::size_t count = 3; count > 0; --count) {
    const std::string to = name("DST"), ends = source + "," + text("Destination KMA ID", to);
    out.push_back({km, true, 0x1401, object({ends})});
    out.push_back({km, false, 0x4102, object({list("Next KMA IDs", {to})}), out.size() - 1});
    out.push_back({km, false, 0x410A, object({ends})});
    out.push_back({km, true, 0x140B, object({code(false)}), out.size() - 1});
  }
  return out;
}

Script Writer::any() {
  switch (dice_.below(4)) {
    case 0:
      return relay(any_km());
    case 1:
      return chain();
    case 2:
      return session(any_km(), any_km());
    default:
      return reservation(any_km());
  }
}

}  // namespace ck::audit::random_scenes
