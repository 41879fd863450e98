# Initial cache for who installs: cmake -S . -B build -G Ninja -C packaging/cmake/release.cmake
# Any compiler will do, for a warning stops nobody here; packaging/quickstart builds so, too.
set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
set(CK_BUILD_TESTS OFF CACHE BOOL "Build the tests" FORCE)
