#!/usr/bin/env python3
"""Changes one line of lib/ at a time and tells whether the test suite notices.

    scripts/mutate.py [--seed N] [--count N] [--results FILE] [--only FILE:LINE]

What is changed is HEAD's tree, in a copy of its own below --scratch; the checkout itself is left alone. A line is
drawn, then one change on it: an operator, a constant, a condition, or a statement dropped. A change that does not
compile, or that leaves the machine code as it is, is drawn again and does not count. Results are kept as they come:
the same command goes on where it stopped.

Needs what the build needs, and git. Exit status: 0 every change was noticed, 1 some were not, 2 nothing was tried.
"""
import argparse
import atexit
import collections
import hashlib
import io
import json
import os
import pathlib
import platform
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LEFT_OUT = "lib/normlab/bench/"  # what it measures is times
MEMORY_BYTES = 8 << 30  # of a test executable, which may have lost the bound of a loop

# A change of one line: columns [begin, end) become `text`.
Change = collections.namedtuple("Change", "kind begin end text")


# ---- what can be changed ---------------------------------------------------------------------------------------

OPERATORS = {
    "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["/"],
    "<": ["<=", ">="], ">": [">=", "<="], "<=": ["<", ">"], ">=": [">", "<"], "==": ["!="], "!=": ["=="],
    "&&": ["||"], "||": ["&&"], "&": ["|"], "|": ["&"], "<<": [">>"], ">>": ["<<"],
    "+=": ["-="], "-=": ["+="], "*=": ["/="], "/=": ["*="],
}  # fmt: skip
# clang-format puts blanks around binary operators, and around nothing else that looks like one.
BINARY = re.compile(r"(?<=\s)(?:" + "|".join(map(re.escape, sorted(OPERATORS, key=len)[::-1])) + r")(?=\s|$)")
UNARY = [
    ("operator", re.compile(r"\+\+"), "--"),
    ("operator", re.compile(r"--"), "++"),
    ("operator", re.compile(r"(?<=[(\[{,=?:] )-(?=[\w(])|(?<=[(\[{])-(?=[\w(])|(?<=return )-(?=[\w(])"), ""),
    ("condition", re.compile(r"!(?=[\w(:])"), ""),
]
FUNCTIONS = {
    "std::min": "std::max", "std::max": "std::min", "std::floor": "std::ceil", "std::ceil": "std::floor",
    "std::sqrt": "", "std::abs": "", "std::exp": "", "std::log": "",
    "hn::Add": "hn::Sub", "hn::Sub": "hn::Add", "hn::Mul": "hn::Add", "hn::Div": "hn::Mul",
    "hn::MulAdd": "hn::MulSub", "hn::MulSub": "hn::MulAdd", "hn::NegMulAdd": "hn::MulAdd",
    "hn::Min": "hn::Max", "hn::Max": "hn::Min", "hn::Lt": "hn::Le", "hn::Gt": "hn::Ge", "hn::Le": "hn::Lt",
    "hn::Ge": "hn::Gt", "hn::Neg": "", "hn::Sqrt": "",
    "true": "false", "false": "true", ".first(": ".last(", ".last(": ".first(", ".front()": ".back()",
    ".back()": ".front()", "any_of": "all_of", "all_of": "any_of",
}  # fmt: skip
FUNCTION = re.compile("|".join(r"(?<![\w:])" + re.escape(name) + r"(?!\w)" if name[0] != "." else re.escape(name)
                               for name in sorted(FUNCTIONS, key=len)[::-1]))  # fmt: skip
NUMBER = re.compile(r"(?<![\w.])(\d+\.\d*(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+|\d+)([fFuUlL]*)(?![\w.])")
DECLARATION = re.compile(
    r"^\s*((?!(?:return|throw|delete|else|goto)\b)[A-Za-z_][\w:]*(?: [A-Za-z_][\w:]*)*?(?:<.*>(?:::\w+)?)?)"
    r"(?:[*&]+ ?| [*&]*)([A-Za-z_]\w*)\s*(?:=|;|\{|\(|,|\[)"
)
CONDITION = re.compile(r"\b(if|if constexpr|while) (?=\()")

# Lines that by their meaning cannot change a result: hints to the processor and the allocator, what a message
# says, sizes below which threads or stores past the cache do not pay, and checks of the compiler's.
NO_EFFECT = re.compile(
    r"\bhwy::(Prefetch|FlushStream)\(|\bHWY_(BEFORE|AFTER)_NAMESPACE|\.reserve\(|\bstatic_assert\b|\bassert\(|\blog_(info|warning)\("
    r"|^\s*(inline )?constexpr .*\b\w*(grain|thread_work|prefetch_distance|streaming_bytes)\b"
    r"|^\s*(using|namespace|template|typedef|friend|extern)\b"
)


def masked(text):
    """The same text with blanks for comments, literals of text, and what the preprocessor reads."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])+\''
        r"|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
        re.DOTALL | re.MULTILINE,
    )
    return pattern.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def changed_numbers(found):
    digits, suffix = found.groups()
    if digits.isdigit():
        value = int(digits)
        return [f"{value + 1}{suffix}"] + ([f"{value - 1}{suffix}"] if value > 0 else [])
    value = float(digits)
    return [f"{number!r}{suffix}" for number in ([2 * value, value / 2] if value else [1.0])]


def closing(code, opening):
    """The place of the parenthesis that closes the one at `opening` in this line, or -1."""
    depth = 0
    for place in range(opening, len(code)):
        depth += {"(": 1, ")": -1}.get(code[place], 0)
        if depth == 0:
            return place
    return -1


def changed_conditions(line, code):
    for found in CONDITION.finditer(code):
        begin, end = found.end(), closing(code, found.end())
        if end > 0:
            inside = line[begin : end + 1]
            values = ["(false)"] if found.group(1) == "while" else [f"(!{inside})", "(true)", "(false)"]
            for value in values:
                yield Change("condition", begin, end + 1, value)


def is_used_declaration(code, all_code):
    """Whether the line declares what another line uses: without it, nothing would compile."""
    found = DECLARATION.match(code)
    if not found:
        return False
    use = re.compile(rf"\b{found.group(2)}\b")
    declares_again = re.compile(rf"^\s*{re.escape(found.group(1))}[ *&]+{found.group(2)}\b")
    return any(use.search(other) and not declares_again.match(other) for other in all_code)


# In a header, a line may also declare a function, a constructor or a member, used by other files.
MEMBER = re.compile(r"^\s*(?:explicit |virtual |static |inline |friend |constexpr )*~?[A-Z]\w*\(")


def is_statement(code, before):
    """Whether the line is a whole statement; `before` is the line of code before it."""
    text = code.strip()
    balanced = all(text.count(a) == text.count(b) for a, b in ("()", "[]", "{}"))
    if not text.endswith(";") or not balanced or text in ("};", ";"):
        return False
    return before.strip().endswith((";", "{", "}", ":", ")", "else")) and not text.startswith("return ")


def can_be_dropped(code, before, all_code, header):
    if not is_statement(code, before) or is_used_declaration(code, all_code):
        return False
    return not (header and (DECLARATION.match(code) or MEMBER.match(code)))


def changes_of(line, code, before, all_code, header):
    """Every change of a line; `code` is the line with comments and texts blanked, `all_code` the file so."""
    if NO_EFFECT.search(line) or not code.strip():
        return []
    changes = [Change("operator", found.start(), found.end(), text)
               for found in BINARY.finditer(code) for text in OPERATORS[found.group()]]  # fmt: skip
    for kind, pattern, text in UNARY:
        changes += [Change(kind, found.start(), found.end(), text) for found in pattern.finditer(code)]
    changes += [Change("function", found.start(), found.end(), FUNCTIONS[found.group()])
                for found in FUNCTION.finditer(code)]  # fmt: skip
    changes += [Change("constant", found.start(), found.end(), text)
                for found in NUMBER.finditer(code) for text in changed_numbers(found)]  # fmt: skip
    changes += changed_conditions(line, code)
    if can_be_dropped(code, before, all_code, header):
        begin = len(code) - len(code.lstrip())
        changes.append(Change("dropped statement", begin, len(code.rstrip()), ";"))
    return changes


class Lines:
    """The lines of the sources that can be changed, {(file, line): (text, changes)}."""

    def __init__(self, tree):
        self.known = {}
        for path in sorted(tree.glob("lib/**/*")):
            name = path.relative_to(tree).as_posix()
            if path.suffix in (".h", ".cpp") and not name.startswith(LEFT_OUT):
                self._read(name, path.read_text())

    def _read(self, name, text):
        before, all_code = ";", masked(text).split("\n")
        for number, (line, code) in enumerate(zip(text.split("\n"), all_code), 1):
            changes = changes_of(line, code, before, all_code, name.endswith(".h"))
            if changes:
                self.known[name, number] = (line, changes)
            if code.strip():
                before = code

    def draw(self, seed, place):
        """The change that the seed draws at (file, line). It depends on the line's text, not on its number."""
        line, changes = self.known[place]
        return random.Random(f"{seed} {place[0]} {line}").choice(changes)

    def order(self, seed):
        places = sorted(self.known)
        random.Random(seed).shuffle(places)
        return places


# ---- the copy and its build -------------------------------------------------------------------------------------


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


def stop(sentence):
    print(f"mutate.py: {sentence}", file=sys.stderr)
    sys.exit(2)


class Copy:
    """HEAD's tree below the scratch folder, built once; a change rebuilds what it touches, and is taken back."""

    def __init__(self, scratch, jobs):
        # Inside the tree: the program finds its files from the folders that it is in.
        self.tree, self.build, self.base = scratch / "tree", scratch / "tree/build", scratch / "objects"
        self.jobs = jobs
        self.commit = run(["git", "-C", ROOT, "rev-parse", "HEAD"]).stdout.strip()

    def prepare(self):
        self._extract()
        self._configure()
        built = run(["ninja", "-C", self.build, f"-j{self.jobs}"])
        if built.returncode != 0:
            stop(f"HEAD does not build:\n{built.stdout[-2000:]}")
        shutil.rmtree(self.base, ignore_errors=True)
        for path in self.objects():
            kept = self.base / path.relative_to(self.build)
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, kept)
        self.programs = {path.name: digest(path) for path in (self.build / "tests").glob("*_tests")}
        self.programs["normlab"] = digest(self.build / "normlab")

    def _extract(self):
        """Only files that differ are written, so that what was built before need not be built again."""
        archive = subprocess.run(["git", "-C", ROOT, "archive", self.commit], stdout=subprocess.PIPE, check=True)
        wanted = set()
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
            for member in filter(tarfile.TarInfo.isfile, tar):
                path, content = self.tree / member.name, tar.extractfile(member).read()
                wanted.add(path)
                if not path.exists() or path.read_bytes() != content:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content)
                    path.chmod(member.mode)
        for path in self.tree.rglob("*"):
            if path.is_file() and path not in wanted and not path.is_relative_to(self.build):
                path.unlink()

    def _configure(self):
        # Without a ctest test for each test case, which takes a run of every executable after linking.
        modules = self.base.parent / "cmake"
        modules.mkdir(exist_ok=True)
        (modules / "doctest.cmake").write_text("function(doctest_discover_tests)\nendfunction()\n")
        # One instruction set, little optimization, a fast linker: most of the time goes into building.
        flags = "-O1 -frandom-seed=normlab -Werror=return-type -DHWY_COMPILE_ONLY_STATIC"
        if platform.machine() == "x86_64":
            flags += " -march=haswell -maes"  # what Highway takes for AVX2
        command = ["cmake", "-S", self.tree, "-B", self.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                   f"-DCMAKE_CXX_FLAGS_RELEASE={flags}", f"-DCMAKE_MODULE_PATH={modules}",
                   "-DNORMLAB_BUILD_TESTS=ON"]  # fmt: skip
        if shutil.which("ccache"):
            command.append("-DCMAKE_CXX_COMPILER_LAUNCHER=ccache")
        for linker in "mold", "lld", "gold":
            if shutil.which({"lld": "ld.lld", "gold": "ld.gold"}.get(linker, linker)):
                command.append(f"-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld={linker}")
                break
        configured = run(command)
        if configured.returncode != 0:
            stop(f"CMake fails:\n{configured.stdout[-2000:]}")

    def objects(self):
        return self.build.rglob("*.o")

    def make(self, target):
        """False when the change does not compile."""
        return run(["ninja", "-C", self.build, f"-j{self.jobs}", target]).returncode == 0

    def changed_objects(self):
        """Those that are not what HEAD gives."""
        for path in self.objects():
            kept = self.base / path.relative_to(self.build)
            if path.stat().st_mtime_ns != kept.stat().st_mtime_ns and path.read_bytes() != kept.read_bytes():
                yield path

    def restore(self, path, text, times):
        path.write_text(text)
        os.utime(path, ns=times)
        for kept in self.base.rglob("*.o"):
            path = self.build / kept.relative_to(self.base)
            if not path.exists() or path.stat().st_mtime_ns != kept.stat().st_mtime_ns:
                shutil.copy2(kept, path)
        for library in self.build.glob("*.a"):
            library.unlink()  # holds objects of the change, and is newer than those put back


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


# ---- running the tests ------------------------------------------------------------------------------------------


def isolation():
    """A process namespace of its own, so that a changed kill() reaches no other process, where there may be one."""
    for command in ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"], [
        "unshare", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc",
    ]:  # fmt: skip
        if shutil.which("unshare") and run([*command, "true"]).returncode == 0:
            return command
    print("mutate.py: no process namespace can be had here; tests run among the other processes")
    return []


class Tests:
    def __init__(self, copy):
        self.copy, self.inside = copy, isolation()
        # In the usual place, since a long path is cut in what the program says of it.
        self.temporary = pathlib.Path(tempfile.mkdtemp(prefix="m"))
        atexit.register(shutil.rmtree, self.temporary, ignore_errors=True)
        self.seconds = {}  # (wall, processor) of each executable, unchanged

    def measure(self, kept):
        """How long each executable takes, from the file `kept` where it says so of this commit."""
        known = json.loads(kept.read_text()) if kept.exists() else {}
        if known.get("commit") == self.copy.commit:
            self.seconds = known["seconds"]
            return
        for name in self.copy.programs:
            if name.endswith("_tests"):
                failure, wall, processor = self._run(name, None)
                if failure:
                    stop(f"the tests fail without a change: {failure}")
                self.seconds[name] = (wall, processor)
        kept.write_text(json.dumps({"commit": self.copy.commit, "seconds": self.seconds}))

    def order(self, file):
        """The executable of the file's folder first, then the quick ones."""
        own = pathlib.PurePath(file).parts[2] + "_tests"
        return sorted(self.seconds, key=lambda name: (name != own, self.seconds[name][0]))

    def first_failure(self, file):
        """What notices the change that is in place: the name of a test, or None; "build" if it does not compile."""
        for name in self.order(file):
            if not self.copy.make(name):
                return "build"
            if self._is_unchanged(name):
                continue
            failure = self._run(name, self.seconds[name])[0]
            # A test that fails for another reason than the change passes when it is run again.
            if failure and (failure.endswith("(hangs)") or self._run(name, self.seconds[name])[0]):
                return failure
        return None

    def _is_unchanged(self, name):
        """Whether neither the executable nor the program, which some tests run, differs from HEAD's."""
        build, known = self.copy.build, self.copy.programs
        return digest(build / "tests" / name) == known[name] and digest(build / "normlab") == known["normlab"]

    def _run(self, name, usual):
        """(what failed or None, wall seconds, processor seconds). `usual`: seconds of the unchanged executable."""
        shutil.rmtree(self.temporary, ignore_errors=True)
        self.temporary.mkdir(parents=True)
        environment = {**os.environ, "TMPDIR": str(self.temporary), "XDG_RUNTIME_DIR": str(self.temporary)}
        # The shell is the first process there, which lets children whose parent died end.
        within = [*self.inside, "sh", "-c", '"$@"; exit $?', "sh"] if self.inside else []
        command = [*within, str(self.copy.build / "tests" / name), "--abort-after=1", "--no-colors=true"]
        wall, processor = usual or (600, 600)

        def limits():
            seconds = int(5 * processor + 20)
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))

        begin, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        with open(self.temporary / "output", "w+") as output:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                       cwd=self.temporary, env=environment, start_new_session=True,
                                       preexec_fn=limits)  # fmt: skip
            try:
                status = process.wait(timeout=10 * wall + 60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                status = None
            output.seek(0)
            text = output.read()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return self._failure(name, status, text), time.monotonic() - begin, used

    @staticmethod
    def _failure(name, status, text):
        if status == 0:
            return None
        cases = re.findall(r"^TEST CASE:\s+(.*)$", text, re.MULTILINE)
        hangs = status is None or abs(status) in (signal.SIGXCPU, 128 + signal.SIGXCPU) or "SIGXCPU" in text
        what = cases[-1] if cases else f"ends with status {status}"
        return f"{name[: -len('_tests')]}: {what}" + (" (hangs)" if hangs else "")


# ---- trying changes ---------------------------------------------------------------------------------------------


class Mutation:
    def __init__(self, copy, tests, lines):
        self.copy, self.tests, self.lines = copy, tests, lines

    def attempt(self, place, change):
        """The result of one change as an object of the results file."""
        file, number = place
        path = self.copy.tree / file
        text, status = path.read_text(), path.stat()
        rows = text.split("\n")
        before = rows[number - 1]
        after = before[: change.begin] + change.text + before[change.end :]
        begin = time.monotonic()
        try:
            path.write_text("\n".join(rows[: number - 1] + [after] + rows[number:]))
            outcome, noticed_by = self._outcome(file)
        finally:
            self.copy.restore(path, text, (status.st_atime_ns, status.st_mtime_ns))
        return {"file": file, "line": number, "kind": change.kind, "before": before.strip(),
                "after": after.strip(), "outcome": outcome, "noticed_by": noticed_by,
                "seconds": round(time.monotonic() - begin, 1)}  # fmt: skip

    def _outcome(self, file):
        if not self.copy.make("normlab_library"):
            return "does not compile", None
        if file.endswith(".cpp") and not any(self.copy.changed_objects()):
            return "same machine code", None
        failure = self.tests.first_failure(file)
        if failure == "build":
            return "does not compile", None
        if failure:
            return "noticed", failure
        return ("survived" if any(self.copy.changed_objects()) else "same machine code"), None


class Results:
    """The results file, written whole after every change."""

    def __init__(self, path, seed, commit):
        self.path, self.content = path, {"seed": seed, "commit": commit, "mutants": []}
        if path.exists():
            kept = json.loads(path.read_text())
            if (kept["seed"], kept["commit"]) != (seed, commit):
                stop(f"{path} holds results of seed {kept['seed']} and commit {kept['commit'][:12]}; "
                     "name another file, or remove it")  # fmt: skip
            self.content = kept

    def add(self, result):
        self.content["mutants"].append(result)
        self.content["summary"] = collections.Counter(m["outcome"] for m in self.content["mutants"])
        partial = self.path.with_name(self.path.name + ".partial")
        partial.write_text(json.dumps(self.content, indent=1) + "\n")
        partial.replace(self.path)

    def places(self):
        return {(m["file"], m["line"]) for m in self.content["mutants"]}

    def of(self, outcome):
        return [m for m in self.content["mutants"] if m["outcome"] == outcome]

    def counted(self):
        return len(self.of("noticed")) + len(self.of("survived"))


def describe(result):
    by = f" by {result['noticed_by']}" if result["noticed_by"] else ""
    return (f"{result['file']}:{result['line']}: {result['outcome']}{by} ({result['seconds']:.0f} s)\n"
            f"    - {result['before']}\n    + {result['after']}")  # fmt: skip


def summary(results):
    again = len(results.of("does not compile")), len(results.of("same machine code"))
    text = (f"{len(results.of('noticed'))} of {results.counted()} changes were noticed; drawn again: {again[0]} that "
            f"did not compile, {again[1]} that left the machine code as it was.")  # fmt: skip
    survivors = results.of("survived")
    return "\n".join([text, *(["Survived:"] if survivors else []), *map(describe, survivors)])


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100, help="changes that compile (100)")
    parser.add_argument("--results", type=pathlib.Path, help="JSON (SCRATCH/mutation-SEED.json)")
    parser.add_argument("--only", metavar="FILE:LINE", help="the change that the seed draws on this line, alone")
    parser.add_argument("--every", action="store_true", help="with --only: every change of the line")
    parser.add_argument("--scratch", type=pathlib.Path, default=ROOT / "build/mutate", help="(build/mutate)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="of the build")
    parser.add_argument("--list", action="store_true", help="only print what would be drawn, without building")
    return parser.parse_args()


def try_one_line(mutation, seed, only, every):
    file, _, number = only.rpartition(":")
    place = file, int(number) if number.isdigit() else 0
    if place not in mutation.lines.known:
        stop(f"--only: {only} has nothing to change")
    changes = mutation.lines.known[place][1] if every else [mutation.lines.draw(seed, place)]
    survived = False
    for change in changes:
        result = mutation.attempt(place, change)
        survived |= result["outcome"] == "survived"
        print(describe(result), flush=True)
    return 1 if survived else 0


def try_drawn(mutation, seed, count, results):
    for place in mutation.lines.order(seed):
        if results.counted() >= count:
            break
        if place in results.places():
            continue
        result = mutation.attempt(place, mutation.lines.draw(seed, place))
        results.add(result)
        print(f"{results.counted():3} {describe(result)}", flush=True)
    print(summary(results))
    return 1 if results.of("survived") else 0


def main():
    options = arguments()
    scratch = options.scratch.resolve()
    scratch.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))  # what is in place is taken back
    copy = Copy(scratch, options.jobs)
    if options.list:
        lines = Lines(ROOT)
        for place in lines.order(options.seed)[: options.count]:
            line, change = lines.known[place][0], lines.draw(options.seed, place)
            print(f"{place[0]}:{place[1]}\n    - {line.strip()}")
            print(f"    + {(line[: change.begin] + change.text + line[change.end :]).strip()}")
        return 0
    results = None if options.only else Results(
        options.results or scratch / f"mutation-{options.seed}.json", options.seed, copy.commit)  # fmt: skip
    copy.prepare()
    tests = Tests(copy)
    tests.measure(scratch / "seconds.json")
    mutation = Mutation(copy, tests, Lines(copy.tree))
    if options.only:
        return try_one_line(mutation, options.seed, options.only, options.every)
    return try_drawn(mutation, options.seed, options.count, results)


if __name__ == "__main__":
    sys.exit(main())
