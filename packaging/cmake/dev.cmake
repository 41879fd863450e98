# Initial cache for who works on the code: cmake -S . -B build -G Ninja -C packaging/cmake/dev.cmake
# Optimised and with debug information, for the tests of floods and of speed want the one and a debugger the other.
# Warnings are errors, and ccache serves where it is installed. A -D behind -C on the command line wins.
set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
set(CK_WARNINGS_AS_ERRORS ON CACHE BOOL "Treat warnings as errors" FORCE)
find_program(CK_CCACHE ccache)
mark_as_advanced(CK_CCACHE)
if(CK_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ccache CACHE STRING "Runs the compiler" FORCE)
endif()
