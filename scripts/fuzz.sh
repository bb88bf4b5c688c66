#!/usr/bin/env bash
# Builds the fuzzers of tests/fuzz with clang into build/fuzz and runs them one after the other, each from its
# corpus and its regressions. What they find on the way is kept in build/fuzz/found, a folder for each, and
# is where the next call starts from. Works from any folder.
set -euo pipefail
export LC_ALL=C.UTF-8
# Memory that was freed is kept aside to catch its use; the default of 256 MB is slow to fill.
export ASAN_OPTIONS=quarantine_size_mb=16

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

# Runs fuzz_TARGET with what follows.
run_fuzzer() {
  local target=$1
  shift
  build/fuzz/tests/fuzz/"fuzz_$target" "${limits[@]}" -artifact_prefix="build/fuzz/findings/$target/" "$@"
}

# Names each input at fault, and says what is wrong with it in the words of the target or the sanitizer.
report_findings() {
  local target=$1 file
  for file in "build/fuzz/findings/$target"/*; do
    [[ -f $file ]] || continue
    say "$target: a finding, kept in $file"
    run_fuzzer "$target" "$file" 2>&1 | grep -E -A 2 'what\(\)|runtime error|ERROR|SUMMARY' >&2 || true
  done
}

# Fuzzes one target for the given seconds; adds the executions to `total`.
fuzz_target() {
  local target=$1 seconds=$2 folder executions
  local log=build/fuzz/logs/$target.log dictionary=tests/fuzz/dictionaries/$target.dict
  # Of messages that the library prints there would be many; sanitizers still have theirs.
  local arguments=(-print_final_stats=1 -close_fd_mask=2 -max_len=4096)
  mkdir -p build/fuzz/{logs,found/"$target",findings/"$target"}
  [[ -f $dictionary ]] && arguments+=("-dict=$dictionary")
  if [[ $seconds -gt 0 ]]; then
    arguments+=("-max_total_time=$seconds" "build/fuzz/found/$target")
  else
    arguments+=(-runs=0)
  fi
  for folder in "tests/fuzz/corpus/$target" "tests/fuzz/regressions/$target"; do
    [[ -d $folder ]] && arguments+=("$folder")
  done
  if ! run_fuzzer "$target" "${arguments[@]}" >"$log" 2>&1; then
    say "$target: stopped; see $log"
    report_findings "$target"
    status=1
  fi
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
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

# Targets write small files; where there is a folder in memory, there.
if [[ -d /dev/shm && -w /dev/shm ]]; then TMPDIR=$(mktemp -d -p /dev/shm); else TMPDIR=$(mktemp -d); fi
export TMPDIR
trap 'rm -rf -- "$TMPDIR"' EXIT

status=0 total=0
share=$((seconds / ${#targets[@]}))
[[ $seconds -eq 0 || $share -gt 0 ]] || share=1
for target in "${targets[@]}"; do fuzz_target "$target" "$share"; done
printf '%-14s %12s executions\n' all "$total"
exit "$status"
