// The HTML report over whole runs. Every page of these tests is held by check_html.py to what all of them
// promise.
#include <gtest/gtest.h>

#include <algorithm>

#include "cli/tool.h"

namespace ck::cli::test {
namespace {

std::size_t count_of(const std::string& text, std::string_view wanted) {
  std::size_t count = 0;
  for (std::size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) ++count;
  return count;
}

bool has(const std::string& text, std::string_view wanted) {
  return text.find(wanted) != std::string::npos;
}

/// What stands between the first `begin` and the next `end`; empty where there is none.
std::string between(const std::string& text, std::string_view begin, std::string_view end) {
  const std::size_t at = text.find(begin);
  if (at == std::string::npos) return {};
  return text.substr(at, text.find(end, at) - at);
}

TEST(Html, SaysFirstWhoMustFixWhat) {
  const std::string page = run({"-f", "html", "f.pcap"}, {{"f.pcap", faulty_capture()}}).out;
  const std::string hero = between(page, "<header", "</header>");
  EXPECT_TRUE(has(hero, "<span class=\"badge\">FAIL</span> <span class=\"subject\">f.pcap</span>")) << hero;
  // The KM sent a 0x1401 without a destination; that the wire is readable is no single peer's fault.
  EXPECT_TRUE(has(hero, "1 of 2 peers must fix something: <a href=\"#a1-fix-1\">A</a> (1 error)")) << hero;
  EXPECT_TRUE(has(hero, "One more finding is no single peer’s to fix.")) << hero;
  const std::string card = between(page, "<h3 id=\"a1-fix-1\">", "</section>");
  EXPECT_TRUE(has(card, "<a href=\"#a1-rule-missing-destination\">")) << card;
  EXPECT_TRUE(has(card, "Send Destination KMA ID")) << card;
  const std::string rule = between(page, "id=\"a1-rule-missing-destination\"", "</section>");
  EXPECT_TRUE(has(rule, "<b>Who:</b> A (1)")) << rule;
  EXPECT_TRUE(has(rule, "<td class=\"number\">4</td>")) << "frame 4: " << rule;
}

TEST(Html, ACleanCaptureBlamesNobody) {
  const std::string page =
      run({"-f", "html", "--rule", "plaintext-transport=off", "c"}, {{"c", clean_capture()}}).out;
  EXPECT_TRUE(has(page, "<span class=\"badge\">PASS</span>"));
  EXPECT_TRUE(has(page, "Nobody must fix anything: no rule that could be checked was broken."));
  EXPECT_TRUE(has(page, "plaintext-transport=off")) << "what was asked for";
  EXPECT_FALSE(has(page, "class=\"sev error\">error</span>"));
}

TEST(Html, NoCkIsNoPraise) {
  const std::string page = run({"-f", "html", "x"}, {{"x", foreign_capture()}}).out;
  EXPECT_TRUE(has(page, "<span class=\"badge\">NO CK SEEN</span>"));
  EXPECT_FALSE(has(page, "Nobody must fix anything"));
}

/// Everything that a peer or a file's name can bring that a browser, a template or a reader would obey.
TEST(Html, TakesHostileIdentifiers) {
  samples::Recording recording;
  auto talk = samples::opened(recording);
  talk.km(
      1, samples::kNextHopRequest,
      R"j({"Source KMA ID":"</script><img src=x onerror=alert(1)>","Destination KMA ID":"{{x}}{{{y}}}{{#z}}","\u202eevil\u0000":1,"\uffff'\"&":2})j");
  talk.ctl(
      1, samples::kNextHopResponse,
      R"j({"Source KMA ID":"<svg/onload=alert(1)>","Destination KMA ID":"]]>","Next KMA IDs":["\u2066a"]})j");
  talk.close();
  const std::string name = "\"><a href='javascript:1'>{{version}}\x1b[2J\xff.pcap";
  const std::string page = run({"-f", "html", name}, {{name, recording.pcap()}}).out;
  for (const char c : page) {
    const auto byte = static_cast<unsigned char>(c);
    ASSERT_TRUE((byte >= 0x20 && byte != 0x7F) || byte == '\n') << static_cast<int>(byte);
  }
  for (const char* bad : {"<img", "<svg/", "<a href='", "\xE2\x80\xAE", "\xE2\x81\xA6", "\xEF\xBF\xBF"})
    EXPECT_FALSE(has(page, bad)) << bad;
  EXPECT_TRUE(has(page, "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"));
  EXPECT_TRUE(has(page, "{{x}}{{{y}}}{{#z}}")) << "braces of a peer are no template";
  EXPECT_TRUE(has(page, "{{version}}\\x1b[2J\\xff.pcap"));
  EXPECT_EQ(count_of(page, "</script>"), 1U);
}

TEST(Html, LongTextsEndInAnEllipsis) {
  samples::Recording recording;
  auto talk = samples::opened(recording);
  const std::string long_id(5000, 'K');
  talk.km(1, samples::kNextHopRequest, R"({"Source KMA ID":")" + long_id + R"("})");
  talk.close();
  const std::string page = run({"-f", "html", "x"}, {{"x", recording.pcap()}}).out;
  EXPECT_TRUE(has(page, std::string(28, 'K') + "…"));
  EXPECT_FALSE(has(page, std::string(300, 'K')));
}

TEST(Html, ItsNumbersAreTheJsons) {
  for (const char* sample : {"violations.pcap", "network.pcapng", "session-refused.pcap"}) {
    const std::string path = std::string(CK_CAPTURES "/") + sample;
    const ToolRun result = run_on_disk({"-f", "html=h", "-f", "json", path});
    const std::string& page = result.written.at("h");
    const Json::Value audit = result.json()["audits"][0];
    for (const std::string& slug : audit["summary"]["rules"].getMemberNames()) {
      const Json::Value& counts = audit["summary"]["rules"][slug];
      std::string row = between(page.substr(page.find("All 48 rules")), "<code>" + slug + "</code>", "</tr>");
      for (const char* count : {"checked", "violated", "undecidable"}) {
        const std::string cell = between(row, "data-sort=\"", "</td>");
        EXPECT_EQ(cell.substr(11, cell.find('"', 11) - 11), counts[count].asString()) << slug << " " << count;
        row = row.substr(row.find("data-sort=\"") + 1);
      }
    }
    for (const Json::Value& peer : audit["peers"]) {
      std::string row = between(page, "id=\"a1-peer-" + peer["id"].asString() + "\"", "</tr>");
      Json::UInt64 messages = 0;
      for (const Json::Value& count : peer["messages"]) messages += count.asUInt64();
      EXPECT_TRUE(has(row, "data-sort=\"" + std::to_string(messages) + "\"")) << row;
      for (const Json::Value& times : peer["response_times"]) {
        const std::string section =
            between(page, "id=\"a1-times-" + times["procedure"].asString() + "\"", "</section>");
        EXPECT_TRUE(has(section, "data-sort=\"" + times["count"].asString() + "\""));
      }
    }
    const Json::Value& findings = audit["summary"]["findings"];
    for (const char* severity : {"error", "warning", "note"}) {
      const std::string figure = between(page, std::string("<dt>") + severity + "s</dt><dd>", "</dd>");
      EXPECT_EQ(figure.substr(figure.rfind('>') + 1), findings[severity].asString());
    }
    std::size_t procedures = 0;
    for (const char* kind : {"relays", "sessions", "reservations"}) procedures += audit[kind].size();
    EXPECT_EQ(count_of(page, "<details class=\"procedure "), procedures);
    std::size_t events = 0;
    for (const char* kind : {"relays", "sessions", "reservations"}) {
      for (const Json::Value& one : audit[kind]) events += one["events"].size();
    }
    EXPECT_EQ(count_of(page, "<g class=\"arrow"), events) << "an arrow for each message";
  }
}

TEST(Html, DrawsAsManyLaddersAsAskedTheWorstFirst) {
  const std::string path = CK_CAPTURES "/violations.pcap";
  const std::string one = run_on_disk({"-f", "html", "--html-procedures", "1", path}).out;
  EXPECT_EQ(count_of(one, "<details class=\"procedure "), 1U);
  EXPECT_TRUE(has(one, "and 5 more procedures; --html-procedures N")) << "what is left out is said";
  // Procedure 1 has an error, and so have others, but it is the first of them.
  EXPECT_TRUE(has(one, "id=\"a1-procedure-1\""));
  const std::string none = run_on_disk({"-f", "html", "--html-procedures", "0", path}).out;
  EXPECT_EQ(count_of(none, "<details class=\"procedure "), 0U);
  EXPECT_TRUE(has(none, "and 6 more procedures"));
  EXPECT_EQ(run({"-f", "html", "--html-procedures", "many", "x"}).status, 2);
}

TEST(Html, AnUnansweredRequestIsDashedAndMarked) {
  samples::Recording recording;
  auto talk = samples::opened(recording);
  talk.km(1, samples::kNextHopRequest, R"({"Source KMA ID":"A","Destination KMA ID":"C"})");
  talk.ctl(1, samples::kNextHopResponse,
           R"({"Source KMA ID":"A","Destination KMA ID":"C","Next KMA IDs":["B"]})");
  talk.km(2, samples::kRelayNotification, R"({"Source KMA ID":"A","Destination KMA ID":"D"})");
  talk.close();
  const std::string page = run({"-f", "html", "x"}, {{"x", recording.pcap()}}).out;
  EXPECT_EQ(count_of(page, "stroke-dasharray=\"6 5\""), 1U);
  const std::string arrow = between(page, "<g class=\"arrow unanswered", "</g>");
  EXPECT_TRUE(has(arrow, "Key relay request notification")) << arrow;
  EXPECT_TRUE(has(arrow, "no answer seen")) << arrow;
  EXPECT_TRUE(has(arrow, "<a href=\"#a1-rule-unanswered-request\">")) << arrow;
}

/// A card says where to look, as the text report does.
TEST(Html, ACardNamesFrameAndParameter) {
  samples::Recording recording;
  auto talk = samples::opened(recording);
  for (std::uint32_t id : {1U, 2U}) {
    talk.km(id, samples::kNextHopRequest,
            R"({"Source KMA ID":[7],"Destination KMA ID":["<b>"],"<i>x</i>":1})");
    talk.ctl(id, samples::kNextHopResponse,
             R"({"Source KMA ID":"A","Destination KMA ID":"C","Next KMA IDs":["B"]})");
  }
  talk.close();
  const Files files{{"f", recording.pcap()}, {"g", faulty_capture()}, {"x", samples::Recording().pcap()}};
  const std::string page = run({"-f", "html", "f"}, files).out;
  const std::string card = between(page, "<h3 id=\"a1-fix-1\">", "</section>");
  EXPECT_TRUE(
      has(card,
          "4 times</span> <small class=\"where\">(first in frame 4, Source KMA ID, Destination KMA ID)"
          "</small>"))
      << card;
  EXPECT_TRUE(has(card, "(first in frame 4, &lt;i&gt;x&lt;/i&gt;)</small>")) << card;
  const std::string rule = between(page, "id=\"a1-rule-wrong-type\"", "</section>");
  EXPECT_EQ(count_of(rule, " <small class=\"values\">Source KMA ID</small></td>"), 2U) << rule;
  EXPECT_TRUE(
      has(run({"-f", "html", "g"}, files).out, "once</span> <small class=\"where\">(frame 4)</small>"));
  const std::string merged = run({"-f", "html", "--merge", "x", "g"}, files).out;
  EXPECT_TRUE(has(merged, "<small class=\"where\">(frame 4 of g)</small>"));
}

TEST(Html, SeveralCapturesBeginWithWhoMustFixWhat) {
  const Files files{{"a", clean_capture()}, {"b", faulty_capture()}, {"c", faulty_capture()}};
  const std::string page = run({"-f", "html", "a", "b", "c"}, files).out;
  const std::string cards = between(page, "<h2 id=\"who\">", "<h2 id=\"captures\">");
  EXPECT_TRUE(has(cards, "<h3 id=\"fix-1\">A <small>KM 10.41.0.11, in 2 captures</small></h3>")) << cards;
  EXPECT_TRUE(has(cards, "<a href=\"#a2-rule-missing-destination\">")) << cards;
  EXPECT_TRUE(has(cards, "<span class=\"times\">2 times in 2 captures</span>")) << cards;
  EXPECT_TRUE(has(cards, "<h3 id=\"fix-2\">No single peer")) << cards;
  EXPECT_TRUE(has(cards, "<span class=\"times\">3 times in 3 captures</span>")) << cards;
  EXPECT_FALSE(has(run({"-f", "html", "b"}, files).out, "id=\"who\""));
}

/// A number and its noun agree.
TEST(Html, CountsOfOneAreSingular) {
  const std::string page = run({"-f", "html", "f"}, {{"f", faulty_capture()}}).out;
  const std::string figures = between(page, "<header", "</header>");
  for (const char* noun : {"error", "warning", "capture"}) {
    EXPECT_TRUE(has(figures, std::string(">") + noun + "<")) << noun << figures;
    EXPECT_FALSE(has(figures, std::string(">") + noun + "s<")) << noun << figures;
  }
  EXPECT_TRUE(has(figures, ">notes<") && has(figures, ">Ck messages<")) << figures;
}

TEST(Html, ManyCapturesAreOneTableTheWorstFirst) {
  const Files files{{"clean", clean_capture()}, {"faulty", faulty_capture()}, {"other", foreign_capture()}};
  const ToolRun result = run({"-f", "html", "clean", "other", "faulty", "missing"}, files);
  const std::string table = between(result.out, "<h2 id=\"captures\">", "</section>");
  EXPECT_LT(table.find(">faulty<"), table.find(">missing<")) << "failed before unread";
  EXPECT_LT(table.find(">missing<"), table.find(">other<")) << "unread before silent";
  EXPECT_LT(table.find(">other<"), table.find(">clean<")) << "silent before passed";
  EXPECT_TRUE(has(result.out, "1 of 4 captures failed, the worst of them <a href=\"#a3\">faulty</a>."));
  EXPECT_TRUE(has(between(result.out, "<header", "</header>"), "missing: no such file"));
}

TEST(Html, KnownFindingsAreToldApart) {
  const Files files{{"f", faulty_capture()}};
  Files with_baseline = files;
  const std::string json = run({"-f", "json", "f"}, files).out;
  with_baseline["old.json"].assign(json.begin(), json.end());
  const std::string page = run({"-f", "html", "--baseline", "old.json", "f"}, with_baseline).out;
  EXPECT_TRUE(has(page, "<span class=\"badge\">PASS</span>"));
  EXPECT_TRUE(has(page, "known of these"));
  EXPECT_TRUE(
      has(between(page, "id=\"a1-rule-missing-destination\"", "</section>"), "once, 1 of them known"));
}

TEST(Html, DependsNeitherOnJobsNorOnWhereItGoes) {
  const Files files{{"clean", clean_capture()}, {"faulty", faulty_capture()}, {"other", foreign_capture()}};
  const std::string page = run({"-f", "html", "-j", "1", "clean", "faulty", "other"}, files).out;
  EXPECT_EQ(run({"-f", "html", "-j", "3", "clean", "faulty", "other"}, files).out, page);
  EXPECT_EQ(
      run({"-f", "html=page", "--color", "always", "clean", "faulty", "other"}, files).written.at("page"),
      page);
}

}  // namespace
}  // namespace ck::cli::test
