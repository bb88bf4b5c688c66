"""The test executables of the copy: which of them notice the change that is in place."""

import atexit
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time

from mutation.build_copy import digest
from mutation.commands import run, stop

MEMORY_BYTES = 8 << 30  # of a test executable, which may have lost the bound of a loop


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
