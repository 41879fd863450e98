# Optimises for the way that audits go through the code. The sources are compiled twice: first in a build folder of their
# own, as programs that count how often each branch is taken, and run over captures; then for what was counted. How much
# that gives is in packaging/doc/costs.md. The counts are not the same at every build, for hashes have a seed of the
# process: who needs the same bytes, as the packages do, does without.
#
# GCC names the counts of a source by its object's place below the build folder, so that one folder reads another's.
add_compile_options(-fprofile-prefix-path=${PROJECT_BINARY_DIR})
# An audit runs through more code than a processor's first cache holds: without gaps before loops and jumps, a message
# misses it a twelfth less often, and takes no longer.
add_compile_options(-falign-functions=16 -falign-jumps=1 -falign-loops=1 -falign-labels=1)

if(CK_PROFILE STREQUAL "collect")  # CK_PROFILE_DIR is given, too
  # Several captures are audited by threads: each counts. What the compiler has to say, it says where it compiles what is
  # installed.
  add_compile_options(-fprofile-generate=${CK_PROFILE_DIR} -fprofile-update=atomic -w)
  add_link_options(-fprofile-generate)
  return()
endif()

set(CK_PROFILE_DIR "${PROJECT_BINARY_DIR}/collect-profile/counts")
# What is no part of ck-audit has no counts.
add_compile_options(-fprofile-use=${CK_PROFILE_DIR} -fprofile-correction -fprofile-reproducible=multithreaded
  -Wno-missing-profile)
if(NOT DEFINED CMAKE_UNITY_BUILD_BATCH_SIZE)
  set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)  # CMake's own default: the counts are of the same units
endif()
include(ExternalProject)
ExternalProject_Add(collect_profile
  SOURCE_DIR "${PROJECT_SOURCE_DIR}"
  BINARY_DIR "${PROJECT_BINARY_DIR}/collect-profile"
  PREFIX "${PROJECT_BINARY_DIR}/collect-profile"
  CMAKE_CACHE_ARGS
    -DCMAKE_CXX_COMPILER:FILEPATH=${CMAKE_CXX_COMPILER}
    -DCMAKE_CXX_FLAGS:STRING=${CMAKE_CXX_FLAGS}
    -DCMAKE_BUILD_TYPE:STRING=${CMAKE_BUILD_TYPE}
    -DCMAKE_UNITY_BUILD:BOOL=${CMAKE_UNITY_BUILD}
    -DCMAKE_UNITY_BUILD_BATCH_SIZE:STRING=${CMAKE_UNITY_BUILD_BATCH_SIZE}
    -DCK_GRPC:BOOL=${CK_GRPC}
    -DCK_BUILD_PLUGIN:BOOL=OFF
    -DCK_BUILD_TESTS:BOOL=OFF
    -DCK_PROFILE:STRING=collect
    -DCK_PROFILE_DIR:PATH=${CK_PROFILE_DIR}
  BUILD_COMMAND "${CMAKE_COMMAND}" --build <BINARY_DIR> --target profile
  BUILD_ALWAYS ON
  LOG_CONFIGURE ON
  LOG_BUILD ON
  LOG_OUTPUT_ON_FAILURE ON
  INSTALL_COMMAND "")

# Compiles nothing of a folder, and of those below it, before the counts are there.
function(ck_await_profile folder)
  get_property(targets DIRECTORY "${folder}" PROPERTY BUILDSYSTEM_TARGETS)
  list(REMOVE_ITEM targets collect_profile)
  foreach(target IN LISTS targets)
    add_dependencies("${target}" collect_profile)
  endforeach()
  get_property(folders DIRECTORY "${folder}" PROPERTY SUBDIRECTORIES)
  foreach(below IN LISTS folders)
    ck_await_profile("${below}")
  endforeach()
endfunction()
