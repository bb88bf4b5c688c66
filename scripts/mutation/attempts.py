"""One change at a time: made, built, tested and taken back."""

import time


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
