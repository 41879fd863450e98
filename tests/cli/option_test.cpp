// The command line: what is understood, what is refused, and that every refusal says what to do.
#include "cli/options.h"

#include <gtest/gtest.h>

#include "cli/option_values.h"
#include "cli/tool.h"

namespace ck::cli::test {
namespace {

std::string refusal(const std::vector<std::string>& arguments) {
  try {
    parse_options(arguments);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(Options, DefaultsAreThoseOfTheHelp) {
  const Options options = parse_options({"a.pcap", "b.pcap"});
  EXPECT_EQ(options.inputs, (std::vector<std::string>{"a.pcap", "b.pcap"}));
  ASSERT_EQ(options.reports.size(), 1u);
  EXPECT_EQ(options.reports[0].format->name, "text");
  EXPECT_EQ(options.fail_on, Severity::error);
  EXPECT_EQ(options.audit.response_timeout_ns, 30'000'000'000);
  EXPECT_EQ(options.audit.merge_tolerance_ns, 5'000'000);
  EXPECT_EQ(options.audit.expected_version, std::nullopt);
  EXPECT_EQ(options.reader.max_connections, 262144u);
  EXPECT_EQ(options.reader.max_buffered_bytes, 256u << 20);
  EXPECT_EQ(options.reader.max_buffered_per_direction, 4u << 20);
  EXPECT_TRUE(options.reader.ports.empty());
}

TEST(Options, RepeatableOnesTakeOneValueEach) {
  const Options options = parse_options(
      {"-f", "json=r.json", "--port", "4164", "-f", "text", "--rule", "type-variant=off", "in.pcap"});
  EXPECT_EQ(options.inputs, (std::vector<std::string>{"in.pcap"}));
  ASSERT_EQ(options.reports.size(), 2u);
  EXPECT_EQ(options.reports[0].format->name, "json");
  EXPECT_EQ(options.reports[0].path, "r.json");
  EXPECT_EQ(options.reader.ports, (std::vector<std::uint16_t>{4164}));
  EXPECT_EQ(options.audit.grades[static_cast<std::size_t>(Rule::type_variant)], Grade::off);
  EXPECT_EQ(options.audit.grades[static_cast<std::size_t>(Rule::wrong_type)], std::nullopt);
}

TEST(Options, RulesTakeLists) {
  const Options options = parse_options({"--rule", "type-variant=off,wrong-type=note", "in.pcap"});
  EXPECT_EQ(options.audit.grades[static_cast<std::size_t>(Rule::type_variant)], Grade::off);
  EXPECT_EQ(options.audit.grades[static_cast<std::size_t>(Rule::wrong_type)], Grade::note);
  EXPECT_NE(refusal({"--rule", "type-variant=off,", "x"}).find("SLUG="), std::string::npos);
}

TEST(Options, StandardInputIsAnInput) {
  EXPECT_EQ(parse_options({"-"}).inputs, (std::vector<std::string>{"-"}));
  EXPECT_EQ(parse_options({"-f", "ndjson", "-"}).inputs, (std::vector<std::string>{"-"}));
  EXPECT_NE(refusal({"-", "-"}).find("only once"), std::string::npos);
  EXPECT_NE(refusal({"-", "--files-from", "-"}).find("only once"), std::string::npos);
}

TEST(Options, PortsAreNumbersAndRanges) {
  EXPECT_EQ(parse_ports({"4164,5000-5002", "1"}), (std::vector<std::uint16_t>{1, 4164, 5000, 5001, 5002}));
  EXPECT_EQ(parse_ports({"65535", "65535"}), (std::vector<std::uint16_t>{65535}));
  for (const char* wrong : {"0", "65536", "x", "", "5-1", "1,", "-5", "1-", "0-9", "4164 "}) {
    EXPECT_THROW(parse_ports({wrong}), UsageError) << wrong;
  }
}

TEST(Options, DurationsTakeFractions) {
  EXPECT_EQ(parse_duration("--x", "2.5", 1e9, 1), 2'500'000'000);
  EXPECT_EQ(parse_duration("--x", "0", 1e6, 0), 0);
  for (const char* wrong : {"0", "-1", "nan", "inf", "1s", "", "1e300"}) {
    EXPECT_THROW(parse_duration("--x", wrong, 1e9, 1), UsageError) << wrong;
  }
}

TEST(Options, SizesTakeUnits) {
  EXPECT_EQ(parse_bytes("--x", "64K"), 65536u);
  EXPECT_EQ(parse_bytes("--x", "2G"), std::size_t{2} << 30);
  EXPECT_EQ(parse_bytes("--x", "100000"), 100000u);
  for (const char* wrong : {"1", "K", "1T", "99999999999G", "-1M", ""}) {
    EXPECT_THROW(parse_bytes("--x", wrong), UsageError) << wrong;
  }
}

TEST(Options, RefusalsSayWhatToDo) {
  EXPECT_NE(refusal({}).find("give a capture"), std::string::npos);
  EXPECT_NE(refusal({"--rule", "mising-parameter=off", "x"}).find("missing-parameter"), std::string::npos);
  EXPECT_NE(refusal({"--rule", "missing-parameter=loud", "x"}).find("error, warning, note or off"),
            std::string::npos);
  EXPECT_NE(refusal({"--rule", "missing-parameter", "x"}).find("SLUG="), std::string::npos);
  EXPECT_NE(refusal({"-f", "xml", "x"}).find("json"), std::string::npos);
  EXPECT_NE(refusal({"-f", "json", "-f", "csv", "x"}).find("FORMAT=FILE"), std::string::npos);
  EXPECT_NE(refusal({"-f", "json=", "x"}).find("json=FILE"), std::string::npos);
  EXPECT_NE(refusal({"-f", "json=a", "-o", "b", "x"}).find("--output"), std::string::npos);
  EXPECT_NE(refusal({"--fail-on", "sometimes", "x"}).find("never"), std::string::npos);
  EXPECT_NE(refusal({"--color", "maybe", "x"}).find("always"), std::string::npos);
  EXPECT_NE(refusal({"--expect-version", "65536", "x"}).find("65535"), std::string::npos);
  EXPECT_NE(refusal({"--jobs", "0", "x"}).find("from 1"), std::string::npos);
  EXPECT_NE(refusal({"--quiet", "--verbose", "x"}).find("one of them"), std::string::npos);
  EXPECT_NE(refusal({"--mesages", "x"}).find("--messages"), std::string::npos);
  EXPECT_EQ(refusal({"--response-timeout"}), "--response-timeout needs a value");
  EXPECT_EQ(refusal({"x", "-f"}), "--format needs a value");
  EXPECT_NE(refusal({"x", ""}).find("give a capture file"), std::string::npos);
}

TEST(Options, WhatIsGivenTwiceIsSaid) {
  EXPECT_EQ(refusal({"--fail-on", "note", "--fail-on=never", "x"}), "--fail-on is given twice; give it once");
  EXPECT_EQ(refusal({"--baseline", "a", "--baseline", "b", "x"}), "--baseline is given twice; give it once");
  EXPECT_EQ(refusal({"-o", "a", "-ob", "x"}), "--output is given twice; give it once");
  EXPECT_EQ(refusal({"x", "-o"}), "--output needs a value");
}

TEST(Options, ListsThatNameNothingAreNoAudit) {
  const ToolRun empty =
      run({"--require-messages", "--files-from", "list"}, {{"list", samples::to_bytes("\n\n")}});
  EXPECT_EQ(empty.status, 2);
  EXPECT_NE(empty.err.find("nothing to audit: the list of --files-from names no input"), std::string::npos);
}

TEST(Options, RulesAreNamedInAnyOfTheirWays) {
  const std::string both = run({"--explain", "relay_loop,ck.expert.no_next_hop"}).out;
  EXPECT_EQ(both.rfind("relay-loop (error)\n", 0), 0u);
  EXPECT_NE(both.find("\n\nno-next-hop (warning)\n"), std::string::npos) << both;
}

TEST(Options, RefusalsAreHarmlessOnATerminal) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"--\x1b[2J", "x"}, {"-f", "\x1b[2J", "x"}, {"--rule", "\x1b=off", "x"}, {"--explain", "\x1b"}}) {
    const std::string text = refusal(arguments);
    EXPECT_NE(text, "");
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
  }
}

TEST(Options, HelpAndTheRefusalNameEveryFormat) {
  EXPECT_NE(
      refusal({"-f", "xml", "x"}).find("use text, json, ndjson, csv, html, sarif or junit, or FORMAT=FILE"),
      std::string::npos);
  const std::string help = help_text();
  const std::string indent = "\n" + std::string(28, ' ');
  for (const char* row :
       {"text      for people (default)", "json      one document", "ndjson    one object a line",
        "csv       findings only", "sarif     findings for", "junit     a test case a rule"})
    EXPECT_NE(help.find(indent + row), std::string::npos) << row;
}

TEST(Options, HelpNamesEveryOption) {
  const std::string help = help_text() + limits_text();
  for (const std::string& name : option_names()) {
    EXPECT_NE(help.find(name), std::string::npos) << name;
  }
  EXPECT_GT(option_names().size(), 20u);
}

TEST(Options, HelpVersionAndRulesNeedNoInput) {
  EXPECT_EQ(run({"--help"}).out, help_text());
  EXPECT_EQ(run({"--help-limits"}).out, limits_text());
  EXPECT_EQ(run({"--generate", "csh"}).status, 2);
  EXPECT_EQ(run({"--version"}).out.rfind("ck-audit ", 0), 0u);
  const ToolRun list = run({"--list-rules"});
  EXPECT_EQ(list.status, 0);
  for (const std::string_view slug : samples::rule_slugs()) {
    EXPECT_NE(list.out.find(std::string(slug)), std::string::npos) << slug;
  }
  const ToolRun one = run({"--explain", "relay-loop"});
  EXPECT_EQ(one.status, 0);
  EXPECT_EQ(one.out.rfind("relay-loop (error)\n", 0), 0u);
  EXPECT_NE(one.out.find("Right:\n"), std::string::npos);
  EXPECT_EQ(run({"--explain", "relay-lop"}).status, 2);
  const std::string two = run({"--explain", "ck.expert.no_next_hop", "relay-loop"}).out;
  EXPECT_EQ(two.rfind("no-next-hop (warning)\n", 0), 0u);
  EXPECT_NE(two.find("\n\nrelay-loop (error)\n"), std::string::npos) << two;
  const Json::Value rules = run({"--list-rules", "-f", "json"}).json();
  ASSERT_EQ(rules.size(), samples::rule_slugs().size());
  EXPECT_EQ(rules[0]["rule"], "truncated-message");
  for (const Json::Value& rule : rules) {
    EXPECT_NE(rule["explanation"].asString().find("To fix"), std::string::npos) << rule["rule"];
    EXPECT_GT(rule["hint"].asString().size(), 20u) << rule["rule"];
  }
}

}  // namespace
}  // namespace ck::cli::test
