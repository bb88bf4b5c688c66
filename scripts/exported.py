"""What the checks of exports share: the command line, and a sweep's records beside what `normlab report` writes of them."""

import argparse
import contextlib
import json
import subprocess
import tempfile
from pathlib import Path


def options_of(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("folder", metavar="DIR", type=Path)
    default = Path(__file__).resolve().parents[1] / "build/release/normlab"
    parser.add_argument("--normlab", metavar="PROGRAM", type=Path, default=default)
    return parser.parse_args()


def records_in(folder):
    return [json.loads(path.read_text()) for path in (folder / "runs").glob("*.json")]


@contextlib.contextmanager
def exported(options, flag):
    """The folder that `normlab report DIR FLAG` wrote, for as long as it is looked at."""
    with tempfile.TemporaryDirectory() as folder:
        command = [options.normlab, "report", options.folder, flag, folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        yield Path(folder)
