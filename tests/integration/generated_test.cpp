// What --generate prints, read by those for whom it is made: groff, bash, zsh and fish.
#include <gtest/gtest.h>
#include <json/json.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "command.h"

namespace ck::integration {
namespace {

class GeneratedTest : public testing::Test {
 protected:
  /// What ck-audit prints, as a file.
  std::string made(const std::string& kind, const std::string& name) {
    const ProgramResult said = run({CK_AUDIT, "--generate", kind});
    EXPECT_EQ(said.status, 0) << said.errors;
    const std::filesystem::path path = folder_.path() / name;
    std::ofstream(path) << said.output;
    return path;
  }
  static std::string output_of(const std::vector<std::string>& command) {
    const ProgramResult said = run(command);
    EXPECT_EQ(said.status, 0) << said.errors;
    EXPECT_EQ(said.errors, "");
    return said.output;
  }
  /// Long names in what --help and --help-limits list.
  static std::set<std::string> options() {
    const std::string help = output_of({CK_AUDIT, "--help"}) + output_of({CK_AUDIT, "--help-limits"});
    const std::regex row("\n  (?:-., |    )(--[a-z-]+)");
    std::set<std::string> names;
    for (std::sregex_iterator at(help.begin(), help.end(), row), end; at != end; ++at) names.insert((*at)[1]);
    EXPECT_GT(names.size(), 35U);
    for (const char* known : {"--format", "--tls-keylog", "--max-known-keys"})
      EXPECT_EQ(names.count(known), 1U);
    return names;
  }
  TemporaryFolder folder_;
};

/// What a JSON Schema names, anywhere in it: members and types of objects, and values of enumerations.
struct SchemaNames {
  explicit SchemaNames(const std::string& file) {
    Json::Value schema;
    std::istringstream(read_file(file)) >> schema;
    collect(schema);
  }
  std::set<std::string> names, values;

 private:
  void collect(const Json::Value& schema) {
    if (!schema.isObject() && !schema.isArray()) return;
    if (schema.isObject()) {
      for (const std::string& name : schema["properties"].getMemberNames()) names.insert(name);
      for (const Json::Value& value : schema["enum"]) {
        if (value.isString()) values.insert(value.asString());
      }
      if (schema["const"].isString()) names.insert(schema["const"].asString());
    }
    for (const Json::Value& inner : schema) collect(inner);
  }
};

/// The words of a manual page's source, and those of them that are in bold or head a paragraph, options left
/// out.
struct PageWords {
  explicit PageWords(const std::string& source) {
    const std::string hyphens = std::regex_replace(source, std::regex(R"(\\-)"), "-");
    const std::string plain = std::regex_replace(hyphens, std::regex(R"(\\f[BIR])"), " ");
    insert(all, plain, std::regex("([A-Za-z0-9_-]+)"));
    insert(bold, hyphens, std::regex(R"(\\fB([a-z0-9_-]+)\\fR)"));
    std::istringstream lines(hyphens);
    for (std::string line; std::getline(lines, line);) {
      if (line.rfind(".B", 0) == 0) insert(bold, line.substr(line.find(' ')), std::regex("([a-z0-9_-]+)"));
    }
  }
  std::set<std::string> all, bold;

 private:
  static void insert(std::set<std::string>& words, const std::string& text, const std::regex& pattern) {
    for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at)
      words.insert((*at)[1]);
  }
};

TEST_F(GeneratedTest, HelpFitsATerminal) {
  for (const char* option : {"--help", "--help-limits"}) {
    std::istringstream lines(output_of({CK_AUDIT, option}));
    for (std::string line; std::getline(lines, line);) {
      const auto characters = std::count_if(
          line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
      EXPECT_LE(characters, 80) << line;
    }
  }
}

TEST_F(GeneratedTest, TheManualPageHasEveryOptionAndNoFault) {
  const std::string page = made("man", "ck-audit.1");
  const ProgramResult shown = run({"groff", "-man", "-ww", "-Tascii", "-P-cbou", page});
  EXPECT_EQ(shown.status, 0);
  EXPECT_EQ(shown.errors, "");
  for (const std::string& name : options())
    EXPECT_NE(shown.output.find(" " + name), std::string::npos) << name << shown.output;
  for (const char* part :
       {"SYNOPSIS", "relay-loop (error)", "EXIT STATUS", "ck-audit -i eth0 --filter 'tcp port 4164'"})
    EXPECT_NE(shown.output.find(part), std::string::npos) << part;
}

/// Each member that the schema has is explained.
TEST_F(GeneratedTest, TheReportsManualPageHasEveryMember) {
  const std::string path = CK_SOURCE_DIR "/packaging/doc/ck-report.5";
  const ProgramResult shown = run({"groff", "-man", "-ww", "-Tascii", "-P-cbou", path});
  EXPECT_EQ(shown.errors, "");
  const std::string schema = read_file(CK_SOURCE_DIR "/analyzer/report/report.schema.json");
  const std::string page = read_file(path);
  std::set<std::string> members;
  const std::regex name("\"([a-z0-9_]+)\": \\{");
  const std::set<std::string> of_schemas{"properties", "items", "definitions", "endpoint"};
  for (std::sregex_iterator at(schema.begin(), schema.end(), name), end; at != end; ++at) {
    const std::string member = (*at)[1];
    if (of_schemas.count(member) == 0) members.insert(member);
  }
  EXPECT_GT(members.size(), 80U);
  for (const std::string& member : members) EXPECT_NE(page.find(member), std::string::npos) << member;
}

/// Each member, type and kind of the schema is explained, and nothing that the schema does not have.
TEST_F(GeneratedTest, TheMessageLogsManualPageSaysWhatTheSchemaSays) {
  const std::string path = CK_SOURCE_DIR "/packaging/doc/ck-message-log.5";
  const ProgramResult shown = run({"groff", "-man", "-ww", "-Tascii", "-P-cbou", path});
  EXPECT_EQ(shown.status, 0);
  EXPECT_EQ(shown.errors, "");
  const SchemaNames schema(CK_SOURCE_DIR "/analyzer/capture/ck-log.schema.json");
  const PageWords page(read_file(path));
  EXPECT_GT(schema.names.size(), 70U);
  EXPECT_GT(schema.values.size(), 40U);
  for (const std::string& name : schema.names)
    EXPECT_EQ(page.bold.count(name), 1U) << name << " is not explained";
  for (const std::string& value : schema.values)
    EXPECT_EQ(page.all.count(value), 1U) << value << " is not explained";
  const std::set<std::string> of_the_page{
      "ck-audit", "--emit-messages", "--merge", "--shard", "_base64", "ck-report", "jq", "zstd", "1", "5"};
  for (const std::string& name : page.bold)
    EXPECT_EQ(schema.names.count(name) + of_the_page.count(name), 1U) << name << " is not in the schema";
}

TEST_F(GeneratedTest, BashCompletes) {
  const std::string script = made("bash", "ck-audit");
  const auto completed = [&](const std::string& words) {
    return output_of({"bash", "-c",
                      "source " + script + "; COMP_WORDS=(ck-audit " + words +
                          "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); compopt() { :; }; _ck_audit; "
                          "printf '%s ' \"${COMPREPLY[@]}\""});
  };
  for (const std::string& name : options())
    EXPECT_NE((" " + completed(name)).find(" " + name + " "), std::string::npos);
  EXPECT_EQ(completed("-f js"), "json ");
  EXPECT_EQ(completed("--color = al"), "always ");
  EXPECT_EQ(completed("--rule relay-lo"), "relay-loop= ");
  EXPECT_EQ(completed("--explain unanswered"), "unanswered-request ");
  EXPECT_EQ(completed("-o " + folder_.path().string() + "/ck"), script + " ");
}

TEST_F(GeneratedTest, FishCompletes) {
  const std::string script = made("fish", "ck-audit.fish");
  const auto completed = [&](const std::string& line) {
    return output_of({"fish", "--no-config", "-c", "source " + script + "; complete -C '" + line + "'"});
  };
  for (const std::string& name : options())
    EXPECT_EQ(completed("ck-audit " + name).rfind(name + "\t", 0), 0U) << completed("ck-audit " + name);
  EXPECT_EQ(completed("ck-audit -f js").rfind("json\t", 0), 0U);
  EXPECT_EQ(completed("ck-audit --fail-on w").rfind("warning\t", 0), 0U);
}

/// zsh shows completions in its line editor only, so it is given a terminal of its own, on which Tab is
/// typed.
TEST_F(GeneratedTest, ZshCompletes) {
  made("zsh", "_ck-audit");
  const std::string typed = folder_.path() / "typed";
  std::ofstream(typed) << R"(
zmodload zsh/zpty
zpty z 'TERM=dumb zsh -f -i'
zpty -w z "PS1=; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; echo rea''dy"
zpty -r -m z said '*ready*'
zpty -w -n z "$2"$'\t'
sleep 1
zpty -w -n z $'\C-u'
zpty -w z "print do''ne"
zpty -r -m z said '*done*'
print -r -- $said
)";
  const auto completed = [&](const std::string& line) {
    return output_of({"zsh", "-f", typed, folder_.path(), line});
  };
  for (const auto& [begun, whole] : std::vector<std::pair<std::string, std::string>>{
           {"ck-audit --grpc", "ck-audit --grpc-proto"},
           {"ck-audit --fail-on w", "ck-audit --fail-on warning"}})
    EXPECT_NE(completed(begun).find(whole), std::string::npos) << completed(begun);
  const std::string text = read_file(folder_.path() / "_ck-audit");
  for (const std::string& name : options()) EXPECT_NE(text.find(name), std::string::npos) << name;
}

}  // namespace
}  // namespace ck::integration
