#!/usr/bin/env bash
# From a bare Debian 12 or 13 to a first result: installs the packages that are missing,
# builds normlab, runs the small experiment experiments/quick.json, prints its table and draws its figures.
# Run again, it continues where it stopped. Works from any folder; results go to results/quick of this one.
set -euo pipefail

if [[ $# -gt 0 ]]; then
  echo "usage: quickstart.sh (takes no arguments)" >&2
  [[ $1 == --help || $1 == -h ]] && exit 0
  exit 2
fi

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
say() { printf 'quickstart: %s\n' "$*" >&2; }

scripts/install_packages.sh
say "building build/release/normlab"
# A first build leaves out what only the suite needs, which takes most of the time.
without_tests=()
if [[ ! -e build/release/CMakeCache.txt ]]; then without_tests=(-DNORMLAB_BUILD_TESTS=OFF); fi
cmake --preset release "${without_tests[@]}" >/dev/null
cmake --build --preset release --target normlab

say "running experiments/quick.json; this takes a few minutes, and an interrupted sweep continues"
status=0
build/release/normlab sweep experiments/quick.json --timed --out results/quick || status=$?
# 1: some runs failed; the figures of the others are still worth drawing.
if [[ $status -gt 1 ]]; then exit "$status"; fi

scripts/plot.py results/quick
say "the records are in results/quick/runs, the figures in results/quick/plots"
say "the same table again: build/release/normlab report results/quick"
exit "$status"
