// Payloads for scenes, with whatever Q.4164 makes mandatory, and how their findings are written.
#pragma once

#include <string>
#include <vector>

#include "scenario.h"

namespace ck::audit {

inline std::string at(const std::string& slug, std::uint64_t frame) {
  return slug + "@" + std::to_string(frame);
}
inline std::string apps(int n) {
  const std::string number = std::to_string(n);
  return R"("Application source ID":"a)" + number + R"(","Application destination ID":"b)" + number + '"';
}
inline std::string ask(int n) {
  return "{" + apps(n) + "}";
}
inline std::string notice(const std::string& session, int n, const std::string& extra = "") {
  return R"({"Session ID":")" + session + R"(","Source KM ID":"KM-1",)" + apps(n) + extra + "}";
}
inline std::string accepted(const std::string& session, const std::string& response = "OK") {
  return R"({"Session ID":")" + session + R"(","Response":")" + response + R"("})";
}
inline std::string created(const std::string& session, const std::string& response = "OK") {
  return R"({"Session ID":")" + session + R"(","Destination KM ID":"KM-2","Response":")" + response + R"("})";
}
inline constexpr auto kFailed = R"({"Response":"Failed"})";
inline constexpr auto kEnds = R"("Source KMA ID":"A","Destination KMA ID":"D")";
inline std::string route(const std::string& request, const std::string& source = "A") {
  return R"({"Source KMA ID":")" + source + R"(","Destination KMA ID":"D","Transit KMA IDs":[])" +
         (request.empty() ? "" : R"(,"Key relay request ID":")" + request + '"') + "}";
}
inline std::string result(const std::string& request, const std::string& response) {
  return R"({"Key relay request ID":")" + request + R"(","Response":")" + response + R"("})";
}
inline std::string keys(const std::string& list) {
  std::string text;
  for (const char key : list) text += std::string(text.empty() ? "" : ",") + R"({"Key ID":")" + key + R"("})";
  return std::string("{") + kEnds + R"(,"Key IDs":[)" + text + "]}";
}
inline std::string allocated(const std::string& list, int response = 0) {
  std::string text;
  for (const char key : list) text += std::string(text.empty() ? "" : ",") + R"({"Key ID":")" + key + R"("})";
  return R"({"Key IDs":[)" + text + R"(],"Response":)" + std::to_string(response) + "}";
}

/// Errors and warnings.
inline Slugs grave(const Scenario& s) {
  Slugs found = s.findings(Severity::error);
  for (const std::string& one : s.findings(Severity::warning)) found.push_back(one);
  return found;
}

}  // namespace ck::audit
