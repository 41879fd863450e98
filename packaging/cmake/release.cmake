# Initial cache for who installs: cmake -S . -B build -G Ninja -C packaging/cmake/release.cmake
# Any compiler will do, for a warning stops nobody here; packaging/quickstart builds so, too.
set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
# An audit runs through most of its code once a message. Optimised over all sources, that code is smaller and takes a
# tenth less time (packaging/doc/costs.md).
set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON CACHE BOOL "Optimise over all sources when linking" FORCE)
# Knowing which way audits go, the compiler makes that take another sixth less. In units of eight, sources are compiled
# twice in the time that they would take once.
set(CK_PROFILE ON CACHE BOOL "Optimise for the way that audits go through the code" FORCE)
set(CMAKE_UNITY_BUILD ON CACHE BOOL "Compile several sources as one" FORCE)
set(CMAKE_UNITY_BUILD_BATCH_SIZE 8 CACHE STRING "How many" FORCE)
set(CK_BUILD_TESTS OFF CACHE BOOL "Build the tests" FORCE)
