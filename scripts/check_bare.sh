#!/usr/bin/env bash
# Proves that README's commands work on a machine that has nothing: makes a minimal Debian in a folder, clones
# the last commit of this checkout into it and runs the commands there, one after the other, with an empty
# environment. Packages come from where this machine gets its own.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: check_bare.sh [SUITE] [COMMAND...]

  SUITE     bookworm (default; Debian 12) or trixie (Debian 13)
  COMMAND   quickstart (default), test or check_installed: the script of that name in scripts/

Needs root, debootstrap and unshare (util-linux). Some 3 GB of disk under $TMPDIR are used while it runs.
Exit status: 0 every command did what README says, 1 one did not, 2 wrong request.
USAGE
}

say() { printf 'check_bare: %s\n' "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

wrong_request() {
  usage >&2
  exit 2
}

suite=bookworm
commands=()
for argument in "$@"; do
  case $argument in
    bookworm | trixie) suite=$argument ;;
    quickstart | test | check_installed) commands+=("$argument") ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) wrong_request ;;
  esac
done
if [[ ${#commands[@]} -eq 0 ]]; then commands=(quickstart); fi

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
[[ $(id -u) -eq 0 ]] || fail "making a root folder needs root"
for tool in debootstrap unshare git apt-get; do
  command -v "$tool" >/dev/null || fail "the command $tool is missing; scripts/install_packages.sh --bare gets it"
done
if [[ -n $(git status --porcelain) ]]; then say "what is not committed is not part of the check"; fi

# This machine's package sources as "CODENAME URI", one for each suite of Debian's.
sources() {
  apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "Debian" && !seen[$2]++ { print $2, $3 }'
}

here=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
mirror=$(sources | awk -v here="$here" '$1 == here { print $2 }')
[[ -n $mirror ]] || fail "no package source of Debian's is known here; is this Debian, and did apt-get update run?"

root=$(mktemp -d "${TMPDIR:-/tmp}/normlab-bare.XXXXXX")
trap 'rm -rf --one-file-system -- "$root"' EXIT
chmod 755 "$root" # apt-get downloads as a user of its own

make_root() {
  debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$root.log" 2>&1 || {
    tail -n 20 "$root.log" >&2
    rm -f -- "$root.log"
    fail "debootstrap could not make a minimal $suite"
  }
  rm -f -- "$root.log"
  local codename uri
  while read -r codename uri; do
    [[ $codename == "$here" || $codename == "$here"-* ]] || continue
    printf 'deb %s %s main\n' "$uri" "$suite${codename#"$here"}"
  done < <(sources) >"$root/etc/apt/sources.list"
  apt-config dump --no-empty Acquire |
    grep -E '^Acquire::(http|https|Retries|Check-Valid-Until|ForceIPv[46]|Queue-Mode)' \
      >"$root/etc/apt/apt.conf.d/50machine" || true
  cp -- /etc/resolv.conf /etc/hosts "$root/etc/"
  git clone --quiet --no-hardlinks . "$root/root/normlab"
}

# Runs scripts/$1.sh in name spaces of its own, so that no process and no mount outlives it.
run_in_root() {
  env --ignore-environment HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    unshare --mount --pid --fork --kill-child /bin/sh -c '
      mount -t proc proc "$1/proc" &&
      mount --rbind /dev "$1/dev" &&
      exec chroot "$1" /bin/bash "/root/normlab/scripts/$2.sh"' sh "$root" "$1" </dev/null
}

require_results() {
  local results=$root/root/normlab/results/quick records figures
  records=$(find "$results/runs" -name '*.json' | wc -l)
  figures=$(find "$results/plots" -name '*.png' | wc -l)
  [[ $records -gt 0 && $figures -gt 0 ]] || fail "$records records and $figures figures came of it"
  say "$records records, $figures figures"
}

say "a minimal $suite"
make_root
for command in "${commands[@]}"; do
  say "scripts/$command.sh in it"
  started=$SECONDS
  status=0
  run_in_root "$command" || status=$?
  say "scripts/$command.sh: status $status after $((SECONDS - started)) s, the packages' way here included"
  [[ $status -eq 0 ]] || exit 1
  if [[ $command == quickstart ]]; then require_results; fi
done
