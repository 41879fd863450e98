// The HTML report in a browser: Chromium opens it without a complaint, shows all of it without JavaScript
// too, and with it filters and sorts.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <string>

#include "command.h"

namespace ck::integration {
namespace {

namespace fs = std::filesystem;

std::size_t count_of(const std::string& text, std::string_view wanted) {
  std::size_t count = 0;
  for (std::size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) ++count;
  return count;
}

struct Shown {
  std::string page;      ///< the document as the browser has it in the end
  std::string messages;  ///< what it wrote on its console
};

class HtmlInChromium : public testing::Test {
 protected:
  fs::path write_report(const std::string& sample) {
    const fs::path page = folder_.path() / "report.html";
    const ProgramResult result =
        run({CK_AUDIT, "-f", "html=" + page.string(), std::string(CK_CAPTURES "/") + sample});
    EXPECT_LT(result.status, 2) << result.errors;
    return page;
  }

  Shown show(const fs::path& page, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{CK_CHROMIUM,
                                       "--headless",
                                       "--no-sandbox",
                                       "--disable-gpu",
                                       "--no-first-run",
                                       "--user-data-dir=" + (folder_.path() / "profile").string(),
                                       "--enable-logging=stderr",
                                       "--dump-dom"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.push_back("file://" + page.string());
    const ProgramResult result = run(arguments);
    EXPECT_EQ(result.status, 0) << result.errors;
    EXPECT_NE(result.output.find("</html>"), std::string::npos) << "no page: " << result.errors;
    Shown shown{result.output, {}};
    std::istringstream lines(result.errors);
    for (std::string line; std::getline(lines, line);) {
      if (line.find(":CONSOLE") != std::string::npos) shown.messages += line + "\n";
    }
    return shown;
  }

  /// The page as somebody changes it who uses it: its policy lets no script in, so a copy goes without one.
  Shown use(const fs::path& page, const std::string& script) {
    std::string text = read_file(page);
    text = std::regex_replace(text, std::regex("<meta http-equiv[^>]*>"), "");
    text.insert(text.rfind("</body>"), "<script>" + script + "</script>");
    const fs::path copy = folder_.path() / "used.html";
    std::ofstream(copy, std::ios::binary) << text;
    return show(copy);
  }

  TemporaryFolder folder_;
};

TEST_F(HtmlInChromium, OpensWithoutAComplaint) {
  const Shown shown = show(write_report("violations.pcap"));
  EXPECT_EQ(shown.messages, "");
  EXPECT_NE(shown.page.find("<div class=\"controls wide\">"), std::string::npos) << "the script did not run";
}

TEST_F(HtmlInChromium, ForeignScriptAndStyleAreRefused) {
  std::string text = read_file(write_report("violations.pcap"));
  text.insert(text.rfind("</body>"),
              "<script>document.title = 'foreign'</script><p style=\"color:red\">x</p>");
  const fs::path copy = folder_.path() / "foreign.html";
  std::ofstream(copy, std::ios::binary) << text;
  const Shown shown = show(copy);
  EXPECT_EQ(shown.page.find("<title>foreign"), std::string::npos);
  EXPECT_EQ(count_of(shown.messages, "Content Security Policy"), 2U) << shown.messages;
}

/// A frame whose sandbox lets no script run, looked into from outside.
TEST_F(HtmlInChromium, ShowsAllOfItWithoutJavaScript) {
  write_report("violations.pcap");
  const fs::path host = folder_.path() / "host.html";
  std::ofstream(host) << R"(<!DOCTYPE html><title>host</title>
<iframe id="frame" sandbox="allow-same-origin" src="report.html" width="1366" height="900"></iframe>
<script>window.onload = () => {
  const inside = document.getElementById("frame").contentDocument;
  const seen = what => Array.from(inside.querySelectorAll(what)).filter(e => e.getClientRects().length != 0).length;
  document.title = ["section.card", "section.rule", "tr.place", "details.procedure", ".controls", "th button"].map(seen);
};</script></html>)";
  const Shown shown = show(host, {"--allow-file-access-from-files"});
  // Cards of two peers and of nobody; 22 rules, each broken once; 6 procedures; no control that does nothing.
  EXPECT_NE(shown.page.find("<title>3,22,22,6,0,0</title>"), std::string::npos) << shown.page;
}

TEST_F(HtmlInChromium, FiltersByTextAndSeverity) {
  const fs::path page = write_report("violations.pcap");
  const std::string shown_rules =
      "document.title = document.querySelectorAll('section.rule:not([hidden])').length;";
  // The sample breaks 22 rules: 13 errors once each, 1 error and 5 warnings and 3 notes of other rules.
  EXPECT_NE(use(page, shown_rules).page.find("<title>22</title>"), std::string::npos);
  EXPECT_NE(use(page,
                "const f = document.getElementById('filter'); f.value = 'TABLE 12 key-5 k-5'; "
                "f.dispatchEvent(new Event('input'));" +
                    shown_rules)
                .page.find("<title>0</title>"),
            std::string::npos);
  EXPECT_NE(use(page,
                "const f = document.getElementById('filter'); f.value = 'K-5'; "
                "f.dispatchEvent(new Event('input'));" +
                    shown_rules)
                .page.find("<title>1</title>"),
            std::string::npos);
  EXPECT_NE(
      use(page,
          "for (const box of document.querySelectorAll('input.severity')) { "
          "if (box.value != 'note') { box.checked = false; box.dispatchEvent(new Event('change')); } }" +
              shown_rules)
          .page.find("<title>3</title>"),
      std::string::npos);
}

TEST_F(HtmlInChromium, SortsATableAndSaysSo) {
  const fs::path page = write_report("network.pcapng");
  const std::string press =
      "const head = Array.from(document.querySelectorAll('#a1-peers ~ .scroll thead th')).find(h => "
      "h.textContent == 'messages'); head.firstElementChild.click();";
  const std::string tell =
      "const at = head.cellIndex; document.title = head.getAttribute('aria-sort') + ' ' + "
      "Array.from(head.closest('table').tBodies[0].rows).map(r => r.cells[at].textContent).join(' ');";
  // The network's six peers sent 1, 3, 1, 4, 3 and 3 messages.
  EXPECT_NE(use(page, press + tell).page.find("<title>ascending 1 1 3 3 3 4</title>"), std::string::npos);
  EXPECT_NE(use(page, press + "head.firstElementChild.click();" + tell)
                .page.find("<title>descending 4 3 3 3 1 1</title>"),
            std::string::npos);
}

}  // namespace
}  // namespace ck::integration
