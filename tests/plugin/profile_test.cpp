// The Wireshark profile Ck: it is taken without a word, and each filter in it finds what its name says.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "filters.h"

namespace ck::plugin {
namespace {

const std::string kSession = CK_SOURCE_DIR "/captures/session-creation.pcap";
const char* const kFiles[] = {"preferences", "colorfilters", "dfilter_buttons", "io_graphs", "recent"};

std::string profile_file(const std::string& name) {
  return read_source("plugin/profile/Ck/" + name);
}

/// The profile as a user has it.
std::vector<std::pair<std::string, std::string>> installed() {
  std::vector<std::pair<std::string, std::string>> files;
  for (const std::string name : kFiles) files.emplace_back("profiles/Ck/" + name, profile_file(name));
  return files;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::string& line : split_text(text, '\n')) {
    if (!line.empty() && line[0] != '#') lines.push_back(std::move(line));
  }
  return lines;
}

/// The cells of one line of a table as Wireshark writes them: quoted, with \x22 for a quote.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  bool inside = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      inside = !inside;
      if (inside) cells.emplace_back();
    } else if (inside && line.compare(i, 4, "\\x22") == 0) {
      cells.back() += '"';
      i += 3;
    } else if (inside) {
      cells.back() += line[i];
    } else {
      EXPECT_EQ(line[i], ',') << line;
    }
  }
  EXPECT_FALSE(inside) << line;
  return cells;
}

using Cases = std::map<std::string, FilterCase>;

/// Every row's filter finds the frames that are expected under the row's label, and no label is left over.
void check_filters(const std::vector<std::pair<std::string, std::string>>& rows, const Cases& expected) {
  std::set<std::string> labels;
  for (const auto& [label, filter] : rows) {
    const auto found = expected.find(label);
    ASSERT_NE(found, expected.end()) << label;
    EXPECT_EQ(frames_found(found->second.sample, filter), found->second.frames) << label << ": " << filter;
    EXPECT_TRUE(labels.insert(label).second) << label << " twice";
  }
  EXPECT_EQ(labels.size(), expected.size());
}

TEST(Profile, ShowsItsColumns) {
  const Output output = tshark({"-C", "Ck", "-2", "-r", kSession, "-Y", "ck", "-T", "tabs"}, installed());
  EXPECT_EQ(output.status, 0);
  EXPECT_EQ(output.err, "");
  std::vector<std::vector<std::string>> shown;
  for (const std::string& line : lines_of(output.out)) {
    std::vector<std::string> cells = split_text(line, '\t');
    if (cells.size() > 3 && cells[3] == "→") cells.erase(cells.begin() + 3);  // tshark's own
    ASSERT_EQ(cells.size(), 9u) << line;
    // Without the addresses, and without what Info says, which other tests hold.
    shown.push_back(
        {cells[0].substr(cells[0].find_first_not_of(' ')), cells[4], cells[5], cells[6], cells[7]});
  }
  const std::vector<std::vector<std::string>> expected{
      {"7", "Ck", "session 1 established", "", "plaintext-transport"},
      {"8", "Ck", "session 1 established", "", "plaintext-transport"},
      {"9", "Ck", "session 1 established", "1", ""},
      {"10", "Ck", "session 1 established", "3", ""}};
  EXPECT_EQ(shown, expected);
}

/// The words between commas behind `key`, without quotes.
std::vector<std::string> list_of(const std::string& file, const std::string& key) {
  std::string text = profile_file(file);
  const std::size_t at = text.find('\n' + key + ':');
  EXPECT_NE(at, std::string::npos) << key;
  text.erase(0, at + key.size() + 2);
  std::vector<std::string> words(1);
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted) words.emplace_back();
    if (c != '"' && (quoted || (c != ',' && c != ' ' && c != '\t' && c != '\n'))) words.back() += c;
  }
  return words;
}

/// Wireshark goes by the place in the list, and takes a width only for the column that it names.
TEST(Profile, SaysHowWideItsColumnsAre) {
  const std::vector<std::string> columns = list_of("preferences", "gui.column.format");
  const std::vector<std::string> widths = list_of("recent", "column.width");
  ASSERT_EQ(columns.size(), widths.size());
  for (std::size_t i = 1; i < columns.size(); i += 2) {
    EXPECT_EQ(widths[i - 1], columns[i].substr(0, columns[i].find(":0:R")));
    const std::size_t width = std::stoul(widths[i]), title = columns[i - 1].size();
    EXPECT_GE(width, 8 * title) << columns[i - 1] << " is cut: 8 pixels a character";
    EXPECT_LE(width, 700U);
  }
}

TEST(Profile, IsTakenWithoutAWord) {
  const Output output = tshark({"-C", "Ck", "-r", kSession, "--color"}, installed());
  EXPECT_EQ(output.status, 0);
  EXPECT_EQ(output.err, "");
}

TEST(Profile, IsInstalledByOneCommandThatKeepsWhatTheUserChanged) {
  const Output output = run_unprivileged({"bash", "-ec", R"(
cd )" CK_SOURCE_DIR R"(
mine=$HOME/.config/wireshark/profiles/Ck
packaging/profile && packaging/profile
diff -r plugin/profile/Ck "$mine"
echo '# mine' >>"$mine/colorfilters"
packaging/profile | grep 'kept.*colorfilters'
tail -n 1 "$mine/colorfilters" | grep mine
packaging/profile --replace
tail -n 1 "$mine/colorfilters~" | grep mine
rm "$mine/colorfilters~"
diff -r plugin/profile/Ck "$mine"
echo '# written by Wireshark' >>"$mine/recent"
packaging/profile | { ! grep 'kept.*recent'; }
tail -n 1 "$mine/recent" | grep 'by Wireshark')"});
  EXPECT_EQ(output.status, 0) << output.out << output.err;
  EXPECT_EQ(output.err, "");
}

TEST(Profile, ColoursPackets) {
  const std::vector<std::pair<std::string, FilterCase>> expected{
      {"Ck error", {"rulings/swapped-response.pcap", {5}}},
      {"Ck unanswered", {"rulings/closed-without-answer.pcap", {4}}},
      {"Ck failure", {"session-refused.pcap", {7, 8, 9, 10}}},
      {"Ck failure", {"key-reservation.pcap", {6, 7}}},
      {"Ck warning", {"rules/unexpected-parameter-broken.pcap", {4}}},
      {"Ck note", {"rules/capture-gap-broken.pcap", {7}}},
      {"Ck request", {"key-allocation.pcap", {4, 6, 8}}},
      {"Ck response", {"key-allocation.pcap", {5, 7, 9}}},
      {"Ck other", {"half-a-message", {5}}},
      {"TCP trouble", {"rulings/retransmission-and-keep-alive.pcap", {7}}},
      {"TCP reset", {"rulings/half-frame-and-the-others-rst.pcap", {7}}},
      {"TLS", {"tls/tls-1.2.pcapng", {4, 6, 8, 9}}},
      {"TCP", {"session-refused.pcap", {1, 2, 3, 4, 5, 6}}}};
  std::set<std::string> named, listed;
  for (const auto& [name, expectation] : expected) {
    named.insert(name);
    const TempFolder folder;
    const Output output =
        tshark({"-C", "Ck", "-2", "--color", "-r", path_of_sample(expectation.sample, folder), "-o",
                "ck.desegment:" + std::string(name == "Ck other" ? "FALSE" : "TRUE"), "-T", "fields", "-e",
                "frame.number", "-e", "frame.coloring_rule.name"},
               installed());
    std::vector<unsigned> frames;
    for (const std::string& line : lines_of(output.out)) {
      const std::vector<std::string> cells = split_text(line, '\t');
      if (cells.at(1) == name) frames.push_back(static_cast<unsigned>(std::stoul(cells[0])));
    }
    EXPECT_EQ(frames, expectation.frames) << name << " in " << expectation.sample << output.err;
  }
  for (const std::string& line : lines_of(profile_file("colorfilters"))) {
    listed.insert(split_text(line, '@').at(1));
  }
  EXPECT_EQ(named, listed);
}

TEST(Profile, HasButtonsThatFindWhatTheySay) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const std::string& line : lines_of(profile_file("dfilter_buttons"))) {
    const std::vector<std::string> cells = cells_of(line);
    ASSERT_EQ(cells.size(), 4u) << line;
    EXPECT_EQ(cells[0], "TRUE");
    EXPECT_NE(cells[3], "");
    rows.emplace_back(cells[1], cells[2]);
  }
  check_filters(rows, {{"Ck", {"session-creation.pcap", {7, 8, 9, 10}}},
                       {"Errors", {"rules/malformed-frame-broken.pcap", {6}}},
                       {"Findings", {"rules/no-next-hop-broken.pcap", {4, 5}}},
                       {"Failed", {"key-reservation.pcap", {6, 7}}},
                       {"Unanswered", {"rulings/closed-without-answer.pcap", {4}}},
                       {"Slow", {"rulings/late-answer.pcap", {5}}},
                       {"Procedures//Relays", {"relay-centralized.pcap", {4, 5, 6}}},
                       {"Procedures//Sessions", {"session-refused.pcap", {7, 8, 9, 10}}},
                       {"Procedures//Reservations", {"key-allocation-partial.pcap", {4, 5, 6, 7}}},
                       {"More//In clear", {"relay-distributed.pcap", {7, 9}}},
                       {"More//Looks like a key", {"rulings/key-material-in-depth.pcap", {6, 8}}},
                       {"More//Not of Q.4164", {"rules/unknown-parameter-broken.pcap", {4}}},
                       {"More//Capture's faults", {"rules/capture-gap-broken.pcap", {7}}}});
}

TEST(Profile, HasGraphsOfWhatTheySay) {
  const std::set<std::string> styles{"Line", "Impulse", "Dot"};
  std::vector<std::pair<std::string, std::string>> rows;
  for (const std::string& line : lines_of(profile_file("io_graphs"))) {
    const std::vector<std::string> cells = cells_of(line);
    // As 4.0 and 4.4 have them; 4.6 fills in its tenth.
    ASSERT_EQ(cells.size(), 9u) << line;
    EXPECT_TRUE(cells[0] == "Enabled" || cells[0] == "Disabled") << line;
    EXPECT_TRUE(styles.count(cells[4])) << line;
    // A graph of a field's value needs the field; one of packets has none.
    EXPECT_EQ(cells[5] == "Packets", cells[6].empty()) << line;
    EXPECT_TRUE(cells[6].empty() || cells[6] == cells[2]) << line;
    EXPECT_EQ(cells[7], "None");
    EXPECT_EQ(cells[8], "1");
    rows.emplace_back(cells[1], cells[2]);
  }
  check_filters(rows, {{"Ck requests", {"key-allocation.pcap", {4, 6, 8}}},
                       {"Ck responses", {"key-allocation.pcap", {5, 7, 9}}},
                       {"Ck errors", {"rulings/swapped-response.pcap", {5}}},
                       {"Ck failures", {"allocation-failed", {4, 5, 6, 7}}},
                       {"Ck time to answer, average (s)", {"relay-centralized.pcap", {5, 6}}},
                       {"Ck time to answer, longest (s)", {"relay-distributed.pcap", {8, 10}}}});
}

}  // namespace
}  // namespace ck::plugin
