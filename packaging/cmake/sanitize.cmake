# Initial cache for the address and undefined-behaviour sanitizers:
#   cmake -S . -B build-sanitize -G Ninja -C packaging/cmake/sanitize.cmake
# Clang gives a second opinion on warnings, too. Without the plugin, for tshark is not built with sanitizers and would
# not load one that is.
include("${CMAKE_CURRENT_LIST_DIR}/dev.cmake")
find_program(CK_CLANG NAMES clang++-14 clang++)
mark_as_advanced(CK_CLANG)
if(NOT CK_CLANG)
  message(FATAL_ERROR "clang++ is missing: apt-get install clang")
endif()
# No FORCE: a compiler that is named anew would have a configured folder start from nothing.
set(CMAKE_CXX_COMPILER "${CK_CLANG}" CACHE FILEPATH "C++ compiler")
set(CK_SANITIZE ON CACHE BOOL "Build with address and undefined-behaviour sanitizers" FORCE)
set(CK_BUILD_PLUGIN OFF CACHE BOOL "Build the Wireshark plugin" FORCE)
