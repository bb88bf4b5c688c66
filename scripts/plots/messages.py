"""What the scripts say on standard error."""

import sys
from pathlib import Path

PROGRAM = Path(sys.argv[0]).name


def say(message):
    print(f"{PROGRAM}: {message}", file=sys.stderr)


def fail(message):
    say(message)
    sys.exit(2)
