# Initial cache for the fuzz targets, under the sanitizers: cmake -S . -B build-fuzz -G Ninja -C packaging/cmake/fuzz.cmake
# They need clang's libFuzzer (libclang-rt-14-dev). Then, for one: build-fuzz/tests/fuzz/fuzz_framer CORPUS -max_total_time=60
include("${CMAKE_CURRENT_LIST_DIR}/sanitize.cmake")
set(CK_BUILD_FUZZERS ON CACHE BOOL "Build the libFuzzer targets (needs clang)" FORCE)
