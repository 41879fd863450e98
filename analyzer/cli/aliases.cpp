// Alias files, read with jsoncpp.
#include "cli/aliases.h"

#include <fmt/format.h>
#include <json/json.h>

#include <cstdio>
#include <memory>
#include <string_view>

#include "cli/options.h"
#include "report/escape.h"

namespace ck::cli {
namespace {

constexpr std::string_view kForm = "; write {\"Source KMA ID\": [\"srcKma\"]}";

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw UsageError(fmt::format("--aliases: {}: {}", terminal_text(path), what));
}

/// jsoncpp's text is lines such as "* Line 2, Column 5" with what it missed below; of that, the first place.
std::string place_of(const std::string& errors) {
  unsigned line = 0, column = 0;
  if (std::sscanf(errors.c_str(), "* Line %u, Column %u", &line, &column) != 2) return {};
  return fmt::format(" (line {}, column {})", line, column);
}

Json::Value parse(const std::string& path, const std::string& text) {
  Json::CharReaderBuilder builder;
  Json::CharReaderBuilder::strictMode(&builder.settings_);
  const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
  Json::Value document;
  std::string errors;
  try {
    if (reader->parse(text.data(), text.data() + text.size(), &document, &errors)) {
      if (document.isObject()) return document;
      refuse(path, "is JSON, but no object" + std::string(kForm));
    }
  } catch (const Json::Exception&) {
    refuse(path, "is nested more deeply than an alias file can be" + std::string(kForm));
  }
  refuse(path, "is not JSON" + place_of(errors) + std::string(kForm));
}

std::string parameter_names() {
  std::string list;
  for (const ParameterSpec& spec : parameters())
    list += fmt::format("{}{}", list.empty() ? "" : ", ", spec.name);
  return list;
}

void add_alias(const std::string& path, const std::string& member, Parameter id, const Json::Value& alias,
               NameTable& names) {
  const std::string shown = terminal_text(member);
  if (!alias.isString()) refuse(path, fmt::format("member \"{}\": an alias must be a string", shown));
  const std::string name = alias.asString();
  if (!names.add_alias(id, name)) {
    refuse(path,
           fmt::format("member \"{}\": \"{}\" has no letter or digit, or already means another parameter",
                       shown, terminal_text(name)));
  }
}

}  // namespace

void add_aliases(const std::string& path, const std::string& text, NameTable& names) {
  const Json::Value document = parse(path, text);
  for (const std::string& member : document.getMemberNames()) {
    const auto id = NameTable::find_official(member);
    if (!id) {
      refuse(path, fmt::format("member \"{}\" is no parameter of Q.4164; use one of {}",
                               terminal_text(member), parameter_names()));
    }
    const Json::Value& aliases = document[member];
    if (!aliases.isArray()) {
      add_alias(path, member, *id, aliases, names);
      continue;
    }
    for (const Json::Value& alias : aliases) add_alias(path, member, *id, alias, names);
  }
}

}  // namespace ck::cli
