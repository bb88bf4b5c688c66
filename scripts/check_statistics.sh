#!/usr/bin/env bash
# Whether intervals cover, and tests reject, as often as they promise, by simulation at full length; the tests have a
# short form of it. Takes minutes on two cores.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: check_statistics.sh [EXPERIMENTS]

  EXPERIMENTS  in each case (default 10000)

Exit status: 0 every promise is kept, 1 one is not, 2 wrong request.
USAGE
}

experiments=${1:-10000}
if [[ $experiments == -h || $experiments == --help ]]; then
  usage
  exit 0
fi
if [[ $# -gt 1 || ! $experiments =~ ^[1-9][0-9]*$ ]]; then
  usage >&2
  exit 2
fi

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
cmake --preset release -DNORMLAB_BUILD_TESTS=ON >/dev/null
cmake --build --preset release --target statistics_simulation >&2
build/release/tests/statistics_simulation "$experiments"
