# shellcheck shell=bash
# packaging/check --quick: what changed since the last quick run that passed is formatted, built, and tested by its
# rooms' tests. A room is a folder of analyzer/ or plugin/ with the folder of tests/ that mirrors it.

# Every file that git knows or would add, as "HASH PATH".
quick_state() {
  local files
  files=$(git -c core.quotePath=false ls-files --cached --others --exclude-standard | sort -u |
    while IFS= read -r file; do if [[ -f $file ]]; then echo "$file"; fi; done)
  paste -d ' ' <(git hash-object --stdin-paths <<<"$files") - <<<"$files"
}

# The files that are not as they were: changed, added, or gone. Without a quick run that passed, since HEAD.
quick_changes() {
  local passed=$1 now=$2
  if [[ -f $passed ]]; then
    cat "$passed"
  else
    git -c core.quotePath=false ls-tree -r --format='%(objectname) %(path)' HEAD
  fi | LC_ALL=C sort | LC_ALL=C comm -3 - <(LC_ALL=C sort "$now") | sed 's/^\t//' | cut -d ' ' -f 2- | sort -u
}

# The test programs of a room, as "ROOM/PROGRAM", that its CMakeLists.txt in tests/ makes: all of them, or those that the
# source named is part of.
quick_programs() {
  local room=$1 with=${2:-} list=tests/$1/CMakeLists.txt
  if [[ ! -f $list ]]; then return; fi
  tr '\n' ' ' <"$list" | grep -oE '(add_executable|target_sources)\([a-z_]+_tests [^)]*\)' |
    sed -n "/[ (]${with:-[^ ]*}[ )]/ s|^[a-z_]*(\([a-z_]*\) .*|$room/\1|p" | sort -u
}

# The tests of tests/plugin that a file is for, since all of them take minutes. They go by its name, tree_test.cpp for
# tree_members.cpp; a file without tests of its name gets a few that go through the whole plugin.
quick_plugin_tests() {
  local name=${1##*/}
  if [[ $1 == plugin/profile/* ]]; then name=profile; fi
  name=${name%.*}
  name=${name%_test}
  while [[ ! -f tests/plugin/${name}_test.cpp && $name == *_* ]]; do name=${name%_*}; done
  if [[ -f tests/plugin/${name}_test.cpp ]]; then
    echo "${name}_test.cpp"
  else
    printf '%s\n' registry_test.cpp stream_test.cpp tree_test.cpp
  fi
}

# Which tests a changed file asks for: lines "PROGRAM all" or "PROGRAM TEST.cpp", a program as quick_programs has it.
# base/, stream/ and packet/ have no tests of their own; those above them drive them.
quick_tests_of() {
  local file=$1 rooms=() tests=(all) room program test
  case $file in
    analyzer/base/*) rooms=(protocol) ;;
    analyzer/protocol/*) rooms=(protocol conformance) ;;
    analyzer/stream/*) rooms=(capture plugin/core) ;;
    analyzer/packet/*) rooms=(capture) ;;
    analyzer/grpc/*) rooms=(capture grpc) ;;
    analyzer/*/*) room=${file#analyzer/} && rooms=("${room%%/*}") ;;
    plugin/core/* | tests/plugin/core/*) rooms=(plugin/core) ;;
    plugin/* | tests/plugin/* | packaging/quickstart | packaging/profile)
      rooms=(plugin)
      mapfile -t tests < <(quick_plugin_tests "$file")
      ;;
    captures/*) rooms=(integration) tests=(samples_test.cpp rules_table_test.cpp) ;;
    tests/cli/*_test.cpp | tests/integration/*_test.cpp)
      room=${file#tests/} && rooms=("${room%%/*}")
      if [[ -f $file ]]; then tests=("${file##*/}"); fi
      ;;
    tests/*/*) room=${file#tests/} && rooms=("${room%%/*}") ;;
  esac
  for room in "${rooms[@]}"; do
    for test in "${tests[@]}"; do
      while read -r program; do echo "$program $test"; done < <(quick_programs "$room" "${test#all}")
    done
  done
}

# What to build beside the test programs: what a source is part of and no test program needs.
quick_targets_of() {
  local name=${1##*/}
  case $1 in
    analyzer/cli/*) echo ck-audit ;;
    captures/generator/*) echo ck-samples ;;
    tests/fuzz/*.cpp) if [[ -f $1 ]]; then echo "${name%.cpp}_object"; fi ;;
    tests/benchmark/*.cpp) if [[ -f $1 ]]; then echo "${name%.cpp}"; fi ;;
  esac
}

# GoogleTest's filter for the test sources of a program; with none, everything.
quick_filter() {
  local room=${1%/*} suites suite filter=''
  shift
  if (($# == 0)); then echo '*' && return; fi
  mapfile -t suites < <(cd "tests/$room" && sed -nE 's/^(TYPED_)?TEST(_F|_P)?\((\w+),.*/\3/p' "$@" | sort -u)
  # A suite with parameters or types has a name before it or a number behind it.
  for suite in "${suites[@]}"; do filter+="$suite.*:*/$suite.*:$suite/*:*/$suite/*:"; done
  echo "$filter"
}

# One of $shards parts of a program's tests, in the folder where ctest would run them.
quick_run_shard() {
  local program=$1 filter=$2 shard=$3 log
  log=$(mktemp)
  if ! (cd "${program%/*}" && GTEST_TOTAL_SHARDS=$shards GTEST_SHARD_INDEX=$shard \
    timeout 300 "$program" --gtest_brief=1 --gtest_filter="$filter" >"$log" 2>&1); then
    cat "$log"
    echo "${program##*/}: FAILED, or not done in 300 s"
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

# Runs what quick_wanted asks for, each program in as many parts as there are processors.
quick_run() {
  local program filter count shard parts=()
  export shards=$jobs
  for program in "${!quick_wanted[@]}"; do
    # shellcheck disable=SC2086 # a list of files
    filter=$(quick_filter "$program" ${quick_wanted[$program]})
    count=$("$build/tests/$program" --gtest_list_tests --gtest_filter="$filter" | grep -c '^  ') ||
      die "${program##*/} has no tests in ${quick_wanted[$program]}"
    note "${program##*/}: $count tests${quick_wanted[$program]:+, those of ${quick_wanted[$program]}}"
    for ((shard = 0; shard < shards; ++shard)); do parts+=("$build/tests/$program" "$filter" "$shard"); done
  done
  export -f quick_run_shard
  printf '%s\0' "${parts[@]}" | xargs -0 -n 3 -P "$jobs" bash -c 'quick_run_shard "$@"' quick
}

# What of packaging/check this was not.
quick_left_out() {
  local list room program left=()
  while read -r list; do
    room=${list#tests/}
    while read -r program; do
      if [[ ! -v "quick_wanted[$program]" ]]; then left+=("${program##*/}"); fi
    done < <(quick_programs "${room%/CMakeLists.txt}")
  done < <(find tests -mindepth 2 -name CMakeLists.txt | sort)
  note "Not run: lint, sanitize, fuzz; of the tests Documents.RulesAreTheCatalogues and: ${left[*]}."
  for program in "${!quick_wanted[@]}"; do
    if [[ -n ${quick_wanted[$program]} ]]; then note "Of ${program##*/}, only what is named above."; fi
  done
  note "What only they build is not built. packaging/check does it all."
}

quick_wants() {
  local file program test
  for file in "$@"; do
    while read -r program test; do
      if [[ $test == all ]]; then
        quick_wanted[$program]=''
      elif [[ ! -v "quick_wanted[$program]" ]]; then
        quick_wanted[$program]=$test
      elif [[ -n ${quick_wanted[$program]} && " ${quick_wanted[$program]} " != *" $test "* ]]; then
        quick_wanted[$program]+=" $test"
      fi
    done < <(quick_tests_of "$file")
  done
}

quick_build() {
  local file targets=("${!quick_wanted[@]}")
  targets=("${targets[@]##*/}")
  for file in "$@"; do mapfile -t -O "${#targets[@]}" targets < <(quick_targets_of "$file"); done
  if [[ ! -f $build/CMakeCache.txt ]]; then configure_build; fi
  cmake --build "$build" --parallel "$jobs" --target "${targets[@]}"
}

# quick BUILD JOBS: all of it, in a build folder and with so many things at once.
quick() {
  local build=$1 jobs=$2 passed=$1/quick-passed now=$1/quick-now changed
  declare -A quick_wanted=([house/house_tests]='')
  mkdir -p "$build"
  quick_state >"$now"
  mapfile -t changed < <(quick_changes "$passed" "$now")
  if ((${#changed[@]} == 0)); then
    note "nothing has changed since the last quick run that passed, or since HEAD"
    mv "$now" "$passed"
    return
  fi
  note "changed:" "${changed[@]}"
  quick_wants "${changed[@]}"
  check_format < <(for file in "${changed[@]}"; do
    if [[ -f $file && $file =~ ^(analyzer|plugin|captures|tests)/.*\.(h|cpp)$ ]]; then printf '%s\0' "$file"; fi
  done)
  check_scripts "${changed[@]}"
  quick_build "${changed[@]}"
  quick_run
  quick_left_out
  mv "$now" "$passed"
}
