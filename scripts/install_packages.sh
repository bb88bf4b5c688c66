#!/usr/bin/env bash
# The one list of the system packages that normlab needs, and what installs those that are missing (Debian 12
# and 13; elsewhere the names may differ). With everything there it calls neither apt-get nor sudo. Messages go
# to standard error.
set -euo pipefail

packages=(
  g++ cmake ninja-build pkg-config # compiler and build tools
  libdnnl-dev                      # oneDNN: matrix products, convolutions, pooling
  ocl-icd-opencl-dev               # what the CMake files of libdnnl-dev ask for, though the package only recommends it
  libhwy-dev                       # Google Highway: SIMD kernels
  nlohmann-json3-dev               # run records and experiments
  libcli11-dev libfmt-dev          # the command line and its messages
  libboost-dev                     # Boost.Math: distributions of the statistics
  zlib1g-dev                       # compressed data sets
  doctest-dev                      # the test suite
  dataset-fashion-mnist            # the data set of the first experiments
  python3-matplotlib               # scripts/plot.py
  node-d3                          # D3: the charts of report --format html
)
style_packages=(clang-format clang-tidy libomp-dev) # clang-tidy wants omp.h of its own compiler
fuzz_packages=(clang libclang-rt-dev libomp-dev)    # libFuzzer and the sanitizers' runtime libraries
shell_packages=(zsh fish mandoc)                    # what the tests of completions and manual page use if it is there
page_packages=(chromium chromium-driver python3-selenium fonts-dejavu-core) # scripts/check_page.py
bare_packages=(debootstrap git)                     # what scripts/check_bare.sh needs

usage() {
  cat <<'USAGE'
usage: install_packages.sh [--style] [--fuzz] [--shells] [--page] [--bare] [--list]

  --style   with the tools that check the style of the source as well
  --fuzz    with what scripts/fuzz.sh builds with as well
  --shells  with the shells and the tool that check the completions and the manual page as well
  --page    with the browser that scripts/check_page.py tries reports in as well
  --bare    with what scripts/check_bare.sh makes a minimal root with as well
  --list    print the packages, one a line, and install nothing

Exit status: 0 everything is there, 1 something cannot be installed, 2 wrong request.
USAGE
}

say() { printf 'install_packages: %s\n' "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

is_installed() {
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

require_apt() {
  command -v apt-get >/dev/null && command -v dpkg-query >/dev/null && return
  say "this system has no apt-get. normlab needs what these packages of Debian hold:"
  printf '  %s\n' "${packages[@]}" >&2
  fail "install them in this system's own way, then: cmake --preset release && cmake --build --preset release"
}

as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "installing packages needs root, and there is no sudo; run as root: apt-get install ${missing[*]}"
  fi
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a \
    apt-get --option DPkg::Lock::Timeout=300 --quiet "$@" </dev/null >&2
}

list=no
while [[ $# -gt 0 ]]; do
  case $1 in
    --style) packages+=("${style_packages[@]}") ;;
    --fuzz) packages+=("${fuzz_packages[@]}") ;;
    --shells) packages+=("${shell_packages[@]}") ;;
    --page) packages+=("${page_packages[@]}") ;;
    --bare) packages+=("${bare_packages[@]}") ;;
    --list) list=yes ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      say "unknown argument \"$1\""
      usage >&2
      exit 2
      ;;
  esac
  shift
done
if [[ $list == yes ]]; then
  printf '%s\n' "${packages[@]}"
  exit 0
fi

require_apt
missing=()
for package in "${packages[@]}"; do
  is_installed "$package" || missing+=("$package")
done
if [[ ${#missing[@]} -gt 0 ]]; then
  say "installing ${missing[*]}"
  # Lists that cannot be refreshed (one source of several out of reach, say) may still hold what is wanted.
  apt_get update || say "the package lists could not be refreshed; trying with those that are there"
  apt_get install --yes --no-install-recommends "${missing[@]}" ||
    fail "apt-get could not install ${missing[*]}; what it said stands above"
fi
