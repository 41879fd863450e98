// Asking sharkd: one request a line, one answer a line.
#include "sharkd.h"

#include <gtest/gtest.h>

#include "filters.h"

namespace ck::plugin {

std::vector<std::string> ask_sharkd(const std::string& sample, const std::vector<std::string>& requests) {
  const TempFolder folder;
  std::string script = "printf '%s\\n'";
  const auto add = [&](int id, const std::string& method_and_params) {
    script += " '{\"jsonrpc\":\"2.0\",\"id\":" + std::to_string(id) + "," + method_and_params + "}'";
  };
  int id = 1;
  add(id, R"("method":"load","params":{"file":")" + path_of_sample(sample, folder) + "\"}");
  for (const std::string& request : requests) add(++id, request);
  const Output output = run_unprivileged({"bash", "-c", script + " | sharkd -"});
  EXPECT_EQ(output.status, 0) << output.err;
  std::vector<std::string> answers;
  for (std::string& line : split_text(output.out, '\n')) {
    if (line.find("\"id\":") != std::string::npos) answers.push_back(std::move(line));
  }
  EXPECT_EQ(answers.size(), requests.size() + 1) << output.out << output.err;
  answers.resize(requests.size() + 1);
  EXPECT_NE(answers[0].find(R"("status":"OK")"), std::string::npos) << answers[0];
  answers.erase(answers.begin());
  return answers;
}

}  // namespace ck::plugin
