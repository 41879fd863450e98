// Procedures in which one message breaks one rule.
#include <utility>

#include "random_scripts.h"

namespace ck::audit::random_scenes {

Script script_of(Writer& writer, Fault fault, std::vector<Script>& others) {
  (void)others;
  const std::size_t km = writer.any_km(), to = writer.any_km();
  const auto session = [&] { return writer.session(km, to); };
  Script out;
  switch (fault) {
    case Fault::none:
      return writer.any();
    case Fault::unknown_session:
      out = session();
      out[2].json = object({text("Session ID", "FOREIGN"), response(true)});
      out[2].broken = "unknown-session";
      return out;
    case Fault::foreign_session_answer:
      out = session();
      out[3].json = object({text("Session ID", "FOREIGN"), response(true), text("Destination KM ID", "K")});
      out[3].broken = "response-mismatch";
      return out;
    case Fault::key_double_allocated:
      out = writer.reservation(km);
      out.push_back(out[2]);
      out.back().broken = "key-double-allocated";
      out.push_back({km, true, 0x140D, object({code(false)}), 4});
      return out;
    case Fault::unreserved_key:
      out = writer.reservation(km);
      out[2].json.insert(out[2].json.rfind(']'), R"(,{"Key ID":"GHOST"})");
      out[2].broken = "allocation-of-unreserved-key";
      return out;
    case Fault::premature:
      out = session();
      std::swap(out[2], out[3]);
      out[2].broken = "premature-session-response";
      return out;
    case Fault::unanswered: {
      out = writer.dice().chance(50) ? session() : writer.reservation(km);
      out.back().untold = true;
      out[*out.back().answers].broken = "unanswered-request";
      return out;
    }
    case Fault::duplicate:
      out = writer.dice().chance(50) ? session() : writer.reservation(km);
      out.push_back(out.back());
      out.back().broken = "duplicate-response";
      return out;
    case Fault::unsolicited:
      out.push_back(
          {km, true, 0x140B,
           object({text("Destination KMA ID", "NOWHERE"), list("Key IDs", {"STRAY"}), code(true)})});
      out.back().broken = "unsolicited-response";
      return out;
    case Fault::key_double_reserved: {
      out = writer.reservation(km);
      Script again(out.begin(), out.begin() + 2);
      again[1].answers = 2;
      again[1].broken = "key-double-reserved";
      out.insert(out.begin() + 2, again.begin(), again.end());
      out[5].answers = 4;
      return out;
    }
    case Fault::session_id_reused: {
      out = session();
      const Script other = writer.session(to, km);
      const auto id_of = [](const std::string& json) {
        const std::size_t at = json.find(R"("Session ID":")");
        return json.substr(at, json.find('"', at + 14) - at + 1);
      };
      for (Step step : other) {
        const std::size_t at = step.json.find(id_of(other[1].json));
        if (at != std::string::npos) step.json.replace(at, id_of(other[1].json).size(), id_of(out[1].json));
        if (step.answers) *step.answers += 4;
        if (step.command == 0x4108) step.broken = "session-id-reused";
        out.push_back(step);
      }
      return out;
    }
    case Fault::route_loop:
    case Fault::destination_not_last: {
      out = writer.relay(km, false);
      const std::size_t at = out[1].json.find("[\"");
      const std::string hop = out[1].json.substr(at + 1, out[1].json.find(']') - at - 1);
      const std::string goal = text("Destination KMA ID", "GOAL");
      if (fault == Fault::route_loop) {
        out[1].json.insert(out[1].json.find(']'), "," + hop);
        out[1].broken = "relay-loop";
      } else {
        out[0].json = object({text("Source KMA ID", Writer::kma(km)), goal});
        out[1].json =
            object({goal, list("Transit KMA IDs", {"GOAL", "BEYOND"}), text("Key relay request ID", "RR-X")});
        out[2].json = object({text("Key relay request ID", "RR-X"), response(true)});
        out[1].broken = "destination-not-last";
      }
      return out;
    }
    case Fault::no_notification:
      out = writer.relay(km, false);
      out.erase(out.begin());
      out[0].answers.reset();
      out[0].broken = "relay-without-notification";
      out[1].answers = 0;
      return out;
    case Fault::relay_id_reused: {
      const std::string id = text("Key relay request ID", "RR-TWICE");
      for (std::size_t i = 0; i < 2; ++i) {
        const std::string goal = text("Destination KMA ID", writer.name("TWICE"));
        out.push_back({km, true, 0x1403, object({text("Source KMA ID", Writer::kma(km)), goal})});
        out.push_back({km, false, 0x4104, object({goal, list("Transit KMA IDs", {}), id}), 2 * i});
      }
      out[3].broken = "relay-request-id-reused";
      out.push_back({km, true, 0x1405, object({id, response(true)}), 1});
      out.push_back({km, true, 0x1405, object({id, response(true)}), 3});
      return out;
    }
    case Fault::unknown_relay:
      out = writer.relay(km, false);
      out[2].json = object({text("Key relay request ID", "FOREIGN"), response(true)});
      out[2].broken = "unknown-relay-request";
      return out;
    case Fault::outcome_conflict:
      out = session();
      out[2].json.replace(out[2].json.find("success"), 7, "refused");
      out[3].broken = "session-outcome-conflict";
      return out;
    case Fault::parameters_changed: {
      out = session();
      const auto give = [](Step& step, const std::string& number) {
        const std::size_t at = step.json.find(R"(,"Number of keys":)");
        if (at != std::string::npos) step.json.erase(at, 19);
        step.json.insert(step.json.size() - 1, R"(,"Number of keys":)" + number);
      };
      give(out[0], "7");
      give(out[1], "8");
      out[1].broken = "session-parameters-changed";
      return out;
    }
    case Fault::message_id_reused: {
      out = writer.reservation(km);
      const Script other = writer.reservation(km);
      for (Step step : other) {
        if (step.answers) *step.answers += 4;
        out.push_back(step);
      }
      out[4].number_again = true;
      out[4].broken = "message-id-reused";
      return out;
    }
    case Fault::mismatch: {
      out = writer.reservation(km);
      const std::size_t at = out[1].json.find("DST-");
      out[1].json.insert(at, "ANOTHER-");
      out[1].broken = "response-mismatch";
      return out;
    }
    case Fault::other_keys:
      out = writer.reservation(km);
      out[3].json = object({list("Key IDs", {"ANOTHER"}, true), code(true)});
      out[3].broken = "response-mismatch";
      return out;
    case Fault::missing_parameter:
      out = session();
      out[1].json.erase(out[1].json.find(R"(,"Source KM ID")"));
      out[1].json += "}";
      out[1].broken = "missing-parameter";
      return out;
    case Fault::no_keys:
      out = writer.reservation(km);
      out.resize(2);
      out[1].json = object({code(true)});
      out[1].broken = "reservation-without-keys";
      return out;
  }
  return out;
}

}  // namespace ck::audit::random_scenes
