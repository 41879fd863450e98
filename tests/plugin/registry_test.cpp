// Every field and expert info is registered that users were promised: their names are fixed, and here they
// are typed once more.
#include <gtest/gtest.h>

#include <set>

#include "audit/rules.h"
#include "tshark.h"

namespace ck::plugin {
namespace {

std::set<std::string> registered_fields() {
  std::set<std::string> fields;
  for (const std::string& line : split_text(tshark({"-G", "fields"}).out, '\n')) {
    const std::vector<std::string> cells = split_text(line, '\t');
    if (cells.size() > 2 && cells[0] == "F") fields.insert(cells[2]);
  }
  return fields;
}

TEST(Registry, HoldsEveryField) {
  const std::set<std::string> fields = registered_fields();
  for (const char* name : {"ck.version",
                           "ck.message_id",
                           "ck.length",
                           "ck.command",
                           "ck.command.direction",
                           "ck.command.number",
                           "ck.source_kma_id",
                           "ck.destination_kma_id",
                           "ck.application_source_id",
                           "ck.application_destination_id",
                           "ck.next_kma_id",
                           "ck.transit_kma_id",
                           "ck.key_relay_request_id",
                           "ck.response",
                           "ck.result_code",
                           "ck.result",
                           "ck.session_id",
                           "ck.source_km_id",
                           "ck.destination_km_id",
                           "ck.number_of_keys",
                           "ck.key_id",
                           "ck.extension",
                           "ck.kma",
                           "ck.km",
                           "ck.application",
                           "ck.unknown_parameter",
                           "ck.response_in",
                           "ck.response_to",
                           "ck.response_time",
                           "ck.response_time.ms",
                           "ck.unanswered",
                           "ck.procedure",
                           "ck.procedure.id",
                           "ck.procedure.state",
                           "ck.procedure.frame",
                           "ck.procedure.summary",
                           "ck.violation",
                           "ck.violation.severity",
                           "ck.violation.clause"}) {
    EXPECT_TRUE(fields.count(name)) << name;
  }
}

TEST(Registry, HoldsAnExpertInfoForEveryRule) {
  const std::set<std::string> fields = registered_fields();
  for (const RuleSpec& rule : rules()) {
    std::string name = "ck.expert." + std::string(rule.slug);
    for (char& c : name) {
      if (c == '-') c = '_';
    }
    EXPECT_TRUE(fields.count(name)) << name;
  }
}

/// The first cell of each line.
std::set<std::string> names_in(const std::string& text) {
  std::set<std::string> names;
  for (const std::string& line : split_text(text, '\n')) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin != std::string::npos)
      names.insert(line.substr(begin, line.find_first_of(" \t", begin) - begin));
  }
  return names;
}

TEST(Registry, HoldsStatisticsAndExportObjects) {
  const Output statistics = tshark({"-z", "help"});
  const std::set<std::string> names = names_in(statistics.out + statistics.err);
  for (const char* name : {"ck,tree", "ck_procedures,tree", "ck_peers,tree", "ck,srt"})
    EXPECT_TRUE(names.count(name)) << name;
  const Output objects = tshark({"--export-objects", "help"});
  EXPECT_TRUE(names_in(objects.out + objects.err).count("ck"));
}

TEST(Registry, HoldsTheTablesAndHeuristics) {
  const std::set<std::string> tables = names_in(tshark({"-G", "dissector-tables"}).out);
  EXPECT_TRUE(tables.count("ck.command"));
  EXPECT_TRUE(tables.count("ck.extension"));
  // Under what, its name, and whether it is on: at first it is.
  const std::vector<std::string> heuristics = split_text(tshark({"-G", "heuristic-decodes"}).out, '\n');
  for (const char* transport : {"tcp", "tls"}) {
    bool found = false;
    for (const std::string& line : heuristics) {
      const std::vector<std::string> cells = split_text(line, '\t');
      found = found || (cells.size() > 2 && cells[0] == transport && cells[1] == "ck" && cells[2] == "T");
    }
    EXPECT_TRUE(found) << transport;
  }
}

TEST(Registry, HoldsThePreferences) {
  const std::set<std::string> preferences = names_in(tshark({"-G", "defaultprefs"}).out);
  for (const char* name : {"desegment", "heuristics", "expected_version", "response_timeout", "show_json"})
    EXPECT_TRUE(preferences.count("#ck." + std::string(name) + ":")) << name;
}

TEST(Registry, StartsWithoutAWordOfWarning) {
  const Output output = tshark({"-G", "protocols"});
  EXPECT_EQ(output.status, 0);
  EXPECT_EQ(output.err, "");
  EXPECT_NE(output.out.find("ITU-T Q.4164 Ck\tCk\tck"), std::string::npos);
}

}  // namespace
}  // namespace ck::plugin
