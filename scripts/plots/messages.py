"""What plot.py says on standard error."""

import sys


def say(message):
    print(f"plot.py: {message}", file=sys.stderr)


def fail(message):
    say(message)
    sys.exit(2)
