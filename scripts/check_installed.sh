#!/usr/bin/env bash
# Installs build/release into a new folder with a space in its name, and uses what is there: every link of the documents
# leads somewhere, and the quick experiment on little data, from another folder, gives records and figures.
set -euo pipefail
export LC_ALL=C.UTF-8

if [[ $# -gt 0 ]]; then
  echo "usage: check_installed.sh (takes no arguments; build/release is what test.sh and quickstart.sh make)" >&2
  [[ $1 == --help || $1 == -h ]] && exit 0
  exit 2
fi

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT

cmake --install build/release --prefix "$scratch/a prefix" >/dev/null
scripts/check_links.py "$scratch/a prefix/share/doc/normlab"

cd -- "$scratch"
"a prefix/bin/normlab" --version
"a prefix/bin/normlab" sweep "a prefix/share/normlab/experiments/quick.json" --out "the results" \
  --set dataset=synthetic --set dataset.train_limit=640 --set target=null --set budget.steps=5 --set seed=1
/usr/bin/python3 "a prefix/share/normlab/scripts/plot.py" "the results"
/usr/bin/python3 "a prefix/share/normlab/scripts/plots/learning_curves.py" "the results" --svg
ls "the results/plots"
