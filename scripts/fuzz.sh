#!/usr/bin/env bash
# Builds the fuzzers of tests/fuzz with clang into build/fuzz and runs them one after the other, each from its
# corpus and its regressions. What they find on the way is kept in build/fuzz/found, a folder for each, and
# is where the next call starts from. Works from any folder.
set -euo pipefail
export LC_ALL=C.UTF-8

usage() {
  cat <<'USAGE'
usage: fuzz.sh SECONDS [TARGET...]

  SECONDS   for all targets together, shared equally; 0 replays the committed inputs and no more
  TARGET    only these: folders of tests/fuzz/corpus

An input at fault is kept in build/fuzz/findings/TARGET and named. Mend what it shows, and move the input to
tests/fuzz/regressions/TARGET. To look at one again: build/fuzz/tests/fuzz/fuzz_TARGET FILE

Exit status: 0 nothing found, 1 a finding, 2 wrong request.
USAGE
}

say() { printf 'fuzz: %s\n' "$*" >&2; }

wrong() {
  say "$*"
  usage >&2
  exit 2
}

# Memory and time that no small input may take.
limits=(-rss_limit_mb=1024 -malloc_limit_mb=256 -timeout=5)

# Runs fuzz_TARGET with what follows; what it says goes to build/fuzz/logs/TARGET.log.
run_fuzzer() {
  local target=$1
  shift
  build/fuzz/tests/fuzz/"fuzz_$target" "${limits[@]}" -artifact_prefix="build/fuzz/findings/$target/" "$@" \
    >>"build/fuzz/logs/$target.log" 2>&1
}

report_finding() {
  local target=$1 file
  say "$target: a finding; the last that it said:"
  tail -n 25 "build/fuzz/logs/$target.log" >&2
  for file in "build/fuzz/findings/$target"/*; do [[ -f $file ]] && say "$target: input kept in $file"; done
}

# Fuzzes one target for the given seconds; adds the executions to `total`.
fuzz_target() {
  local target=$1 seconds=$2 folders=() folder executions dictionary
  for folder in "tests/fuzz/corpus/$target" "tests/fuzz/regressions/$target"; do
    [[ -d $folder ]] && folders+=("$folder")
  done
  mkdir -p build/fuzz/{logs,found/"$target",findings/"$target"}
  : >"build/fuzz/logs/$target.log"
  local arguments=(-print_final_stats=1 -max_len=4096)
  dictionary=tests/fuzz/dictionaries/$target.dict
  [[ -f $dictionary ]] && arguments+=("-dict=$dictionary")
  if [[ $seconds -gt 0 ]]; then
    arguments+=("-max_total_time=$seconds")
  else
    arguments+=(-runs=0)
  fi
  if ! run_fuzzer "$target" "${arguments[@]}" "build/fuzz/found/$target" "${folders[@]}"; then
    report_finding "$target"
    status=1
  fi
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/logs/$target.log")
  printf '%-14s %12s executions\n' "$target" "${executions:-?}"
  total=$((total + ${executions:-0}))
}

case ${1-} in
  -h | --help)
    usage
    exit 0
    ;;
esac
[[ ${1-} =~ ^[0-9]+$ ]] || wrong "SECONDS is a whole number, and \"${1-}\" is none"
seconds=$1
shift
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
targets=("$@")
if [[ ${#targets[@]} -eq 0 ]]; then
  for folder in tests/fuzz/corpus/*/; do targets+=("$(basename -- "$folder")"); done
fi
for target in "${targets[@]}"; do
  [[ -d tests/fuzz/corpus/$target ]] || wrong "there is no target \"$target\" in tests/fuzz/corpus"
done

scripts/install_packages.sh --fuzz
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz >&2

status=0 total=0
share=$((seconds / ${#targets[@]}))
[[ $seconds -eq 0 || $share -gt 0 ]] || share=1
for target in "${targets[@]}"; do fuzz_target "$target" "$share"; done
printf '%-14s %12s executions\n' all "$total"
exit "$status"
