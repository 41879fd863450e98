// One payload by itself, checked: what the rules told of it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "audit/payload_verdicts.h"
#include "protocol/frame.h"

namespace ck::audit {

using Findings = std::vector<std::string>;

inline constexpr RequestFacts kUnknownRequest{};
inline constexpr RequestFacts kNamedApplication{true, true};
inline constexpr RequestFacts kNamedNoApplication{true, false};

/// What was told: counts, and findings as "slug" or "slug: parameter".
struct Told {
  explicit Told(const PayloadVerdicts& verdicts) {
    for (std::size_t i = 0; i < kRuleCount; ++i) kept_count[i] = static_cast<int>(verdicts.kept >> i & 1);
    for (const RuleVerdict& other : verdicts.others) {
      const auto index = static_cast<std::size_t>(other.rule);
      if (!other.verdict.is_broken()) {
        ++undecidable_count[index];
        continue;
      }
      ++broken_count[index];
      std::string found(rule(other.rule).slug);
      if (!other.verdict.breach->parameter.empty())
        found.append(": ").append(other.verdict.breach->parameter);
      findings.push_back(found);
      texts.push_back(other.verdict.breach->text);
    }
  }

  [[nodiscard]] int kept_of(Rule id) const { return kept_count[static_cast<std::size_t>(id)]; }
  [[nodiscard]] int broken_of(Rule id) const { return broken_count[static_cast<std::size_t>(id)]; }
  [[nodiscard]] int undecidable_of(Rule id) const { return undecidable_count[static_cast<std::size_t>(id)]; }

  Findings findings;
  std::vector<std::string> texts;
  std::array<int, kRuleCount> kept_count{}, broken_count{}, undecidable_count{};
};

enum class Over { tcp, grpc };

inline Told run(std::uint16_t command, const std::string& json, RequestFacts request = kNamedNoApplication,
                Over over = Over::tcp) {
  static const NameTable names;
  Payload payload;
  const Bytes bytes(reinterpret_cast<const std::uint8_t*>(json.data()), json.size());
  Message message;
  message.command = command;
  message.spec = find_message(command);
  if (over == Over::tcp) message.header = FrameHeader{1, 1, command, static_cast<std::uint16_t>(json.size())};
  decode_payload(bytes, message.spec, names, payload);
  message.payload = &payload;
  message.payload_bytes = bytes;
  return Told(check_payload(message, request));
}

inline Findings found(std::uint16_t command, const std::string& json,
                      RequestFacts request = kNamedNoApplication, Over over = Over::tcp) {
  Findings findings = run(command, json, request, over).findings;
  std::sort(findings.begin(), findings.end());
  return findings;
}

inline std::string text(std::uint16_t command, const std::string& json) {
  const Told result = run(command, json);
  EXPECT_EQ(result.texts.size(), 1u) << json;
  return result.texts.empty() ? std::string{} : result.texts.front();
}

inline bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace ck::audit
