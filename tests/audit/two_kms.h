// A session's two KMs, for the tests of sessions.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "scenario.h"

namespace ck::audit {

/// A source KM and a destination KM, each with its connection.
struct Two : ::testing::Test {
  Scenario s;
  Scenario::Connection source = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
  Scenario::Connection destination = s.connect("10.0.0.2:4000", "10.9.0.2:9000");

  std::uint64_t ask(std::uint32_t id, const std::string& apps = "ab", const std::string& extra = "") {
    return s.km(source, 0x1406, id, "{" + applications(apps) + extra + "}");
  }
  std::uint64_t notify(std::uint32_t id, const std::string& session, const std::string& apps = "ab",
                       const std::string& extra = "") {
    return s.ctl(destination, 0x4108, id,
                 "{" + applications(apps) + R"(,"Session ID":")" + session + R"(","Source KM ID":"KM-1")" +
                     extra + "}");
  }
  std::uint64_t accept(std::uint32_t id, const std::string& session,
                       const std::string& response = "success") {
    return s.km(destination, 0x1409, id,
                R"({"Session ID":")" + session + R"(","Response":")" + response + R"("})");
  }
  std::uint64_t answer(std::uint32_t id, const std::string& session,
                       const std::string& response = "success") {
    return s.ctl(
        source, 0x4107, id,
        R"({"Session ID":")" + session + R"(","Response":")" + response + R"(","Destination KM ID":"KM-2"})");
  }
  /// The source KM comes back on another connection, its first one left open and neither KMA ID told. The
  /// answers to both 0x1406, of which the second has the MessageID `id`, come on the new one, numbered
  /// from 50.
  void replace_source(std::uint32_t id) {
    ask(1, "ab");
    notify(1, "S", "ab");
    accept(1, "S");
    source = s.connect("10.0.0.1:4001", "10.9.0.1:9000");
    ask(id, "xy");
    answer(50, "S");
    notify(2, "T", "xy");
    accept(2, "T");
    answer(51, "T");
    s.finish();
  }
  static std::string applications(const std::string& apps) {
    return std::string(R"("Application source ID":")") + apps[0] + R"(","Application destination ID":")" +
           apps[1] + '"';
  }
};

}  // namespace ck::audit
