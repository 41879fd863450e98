// What a hostile peer writes must not reach a terminal, a spreadsheet or a JSON reader as it is.
#include "report/escape.h"

#include <gtest/gtest.h>

#include "report/json_writer.h"

namespace ck::report {
namespace {

TEST(TerminalText, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(terminal_text("KMA-7 (Zürich, 東京) 𝄞"), "KMA-7 (Zürich, 東京) 𝄞");
}

TEST(TerminalText, ShowsControlsInsteadOfSendingThem) {
  EXPECT_EQ(terminal_text("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_EQ(terminal_text("a\nb\tc\rd\x07\x7f"), "a\\nb\\tc\\rd\\x07\\x7f");
  EXPECT_EQ(terminal_text(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(terminal_text("\xC2\x9B\x33m"), "\\u{9b}3m") << "a C1 control is an ESC [ of one character";
}

TEST(TerminalText, ShowsWhatReordersOrHidesText) {
  EXPECT_EQ(terminal_text("\xE2\x80\xAE"), "\\u{202e}") << "right-to-left override";
  EXPECT_EQ(terminal_text("\xE2\x81\xA6"), "\\u{2066}") << "left-to-right isolate";
  EXPECT_EQ(terminal_text("\xE2\x80\x8B"), "\\u{200b}") << "zero-width space";
  EXPECT_EQ(terminal_text("\xE2\x80\xA8"), "\\u{2028}") << "line separator";
  EXPECT_EQ(terminal_text("\xF3\xA0\x81\x81"), "\\u{e0041}") << "tag character";
}

TEST(TerminalText, CannotBeForged) {
  EXPECT_EQ(terminal_text("\\x1b"), "\\\\x1b");
}

TEST(TerminalText, ShowsInvalidUtf8ByteByByte) {
  EXPECT_EQ(terminal_text("\xFF"), "\\xff");
  EXPECT_EQ(terminal_text("\xC0\xAF"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(terminal_text("\xED\xA0\x80"), "\\xed\\xa0\\x80") << "surrogate";
  EXPECT_EQ(terminal_text("a\xE2\x82"), "a\\xe2\\x82") << "cut off";
  EXPECT_EQ(terminal_text("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond U+10FFFF";
}

TEST(TerminalText, IsClippedByCodePoints) {
  EXPECT_EQ(terminal_text("äöü", 3), "äöü");
  EXPECT_EQ(terminal_text("äöüß", 3), "äöü…");
}

TEST(CsvCell, DefusesFormulas) {
  EXPECT_EQ(csv_cell("=1+2"), "'=1+2");
  EXPECT_EQ(csv_cell("+1"), "'+1");
  EXPECT_EQ(csv_cell("-1"), "'-1");
  EXPECT_EQ(csv_cell("@SUM(A1)"), "'@SUM(A1)");
  EXPECT_EQ(csv_cell("\t=1"), "'\\t=1");
  EXPECT_EQ(csv_cell("\r=1"), "'\\r=1");
  EXPECT_EQ(csv_cell("\xEF\xBC\x9D\x31"), "'\xEF\xBC\x9D\x31") << "full-width equals sign";
  EXPECT_EQ(csv_cell("=\"a\",b"), "\"'=\"\"a\"\",b\"");
}

TEST(CsvCell, QuotesWhatWouldEndACell) {
  EXPECT_EQ(csv_cell("plain"), "plain");
  EXPECT_EQ(csv_cell(""), "");
  EXPECT_EQ(csv_cell("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_cell("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(csv_cell("a\nb"), "a\\nb") << "a row is a line";
}

TEST(JsonText, IsAlwaysValidAndHarmless) {
  const auto json = [](std::string_view text) {
    std::string out;
    append_json_text(out, text);
    return out;
  };
  EXPECT_EQ(json("a\"b\\c/d"), "a\\\"b\\\\c/d");
  EXPECT_EQ(json("\n\r\t\x01\x7f"), "\\n\\r\\t\\u0001\\u007f");
  EXPECT_EQ(json("\xE2\x80\xAE"), "\\u202e");
  EXPECT_EQ(json("\xF3\xA0\x81\x81"), "\\udb40\\udc41") << "U+E0041 as a surrogate pair";
  EXPECT_EQ(json("x\xFFy"), "x\xEF\xBF\xBDy");
  EXPECT_EQ(json("𝄞"), "𝄞");
}

TEST(XmlText, HoldsNoMarkupAndNothingThatXmlCannotHold) {
  EXPECT_EQ(xml_text("<b a=\"1\">'&amp;'</b>"), "&lt;b a=&quot;1&quot;&gt;&#39;&amp;amp;&#39;&lt;/b&gt;");
  EXPECT_EQ(xml_text("]]>"), "]]&gt;");
  EXPECT_EQ(xml_text(std::string_view("\0\x1b\n", 3)), "\\x00\\x1b\\n");
  EXPECT_EQ(xml_text("\xEF\xBF\xBE\xEF\xBF\xBF"), "\\u{fffe}\\u{ffff}") << "no characters of XML";
  EXPECT_EQ(xml_text("\xED\xA0\x80"), "\\xed\\xa0\\x80") << "surrogate";
  EXPECT_EQ(xml_text("<<<<", 2), "&lt;&lt;…");
}

TEST(UriOfPath, NeverNamesASchemeOrAHost) {
  EXPECT_EQ(uri_of_path("captures/a b.pcap"), "captures/a%20b.pcap");
  EXPECT_EQ(uri_of_path("javascript:alert(1)"), "javascript%3Aalert%281%29");
  EXPECT_EQ(uri_of_path("//host/x"), "/%2Fhost/x");
  EXPECT_EQ(uri_of_path("/tmp/ä#?%"), "/tmp/%C3%A4%23%3F%25");
  EXPECT_EQ(uri_of_path("\xff\n"), "%FF%0A");
}

TEST(SarifText, HoldsNoPlaceholderAndNoLink) {
  EXPECT_EQ(sarif_text("{0} needs {}"), "{{0}} needs {{}}");
  EXPECT_EQ(sarif_text("[click](http://x)"), "\\[click\\](http://x)");
  EXPECT_EQ(sarif_text("[a, b] \\x1b"), "[a, b] \\x1b") << "no link, so nothing to escape";
}

TEST(JsonWriter, PlacesCommasAndNulls) {
  JsonWriter out;
  out.begin_object();
  out.member("a", std::optional<int>());
  out.member("b", true);
  out.key("c");
  out.begin_array();
  out.value(1);
  out.begin_object();
  out.end_object();
  out.raw("0.5");
  out.end_array();
  out.member("d", std::vector<std::string>{});
  out.end_object();
  EXPECT_EQ(out.text(), R"({"a":null,"b":true,"c":[1,{},0.5],"d":[]})");
}

}  // namespace
}  // namespace ck::report
