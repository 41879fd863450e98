// ck-samples: writes every sample capture, and what is expected of it, into a folder.
#include <cstdio>
#include <exception>

#include "generator/sample.h"

namespace {

void write_all(const std::filesystem::path& folder) {
  using namespace ck::samples;
  for (const Sample& sample : all_samples()) {
    if (!sample.make) continue;
    const std::filesystem::path path = folder / sample.path;
    std::filesystem::create_directories(path.parent_path());
    write_file(path, sample.make());
  }
  write_file(folder / "expected.json", to_bytes(expectations_json()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: ck-samples FOLDER\n");
    return 2;
  }
  try {
    write_all(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ck-samples: %s\n", error.what());
    return 1;
  }
  return 0;
}
