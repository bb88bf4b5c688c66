#!/usr/bin/env bash
# Installs the packages that are missing, builds everything and runs the whole test suite through ctest.
# Works from any folder.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: test.sh [PRESET]

  PRESET   release (default), debug, or sanitize: under the address and undefined-behaviour sanitizers

Exit status: 0 every test passed.
USAGE
}

preset=${1:-release}
case $# in 0 | 1) ;; *) preset= ;; esac
case $preset in
  release | debug | sanitize) ;;
  -h | --help)
    usage
    exit 0
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/install_packages.sh
cmake --preset "$preset" -DNORMLAB_BUILD_TESTS=ON >/dev/null
cmake --build --preset "$preset"
ctest --preset "$preset" --parallel "$(nproc)"
