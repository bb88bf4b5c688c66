"""What came of each change: the results file, and its summary for people."""

import collections
import json

from mutation.commands import stop


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
