"""The copy of HEAD that is changed, and its build."""

import hashlib
import io
import os
import pathlib
import platform
import shutil
import subprocess
import tarfile

from mutation.commands import run, stop

ROOT = pathlib.Path(__file__).resolve().parents[2]


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
