"""Other programs, and the end of this one."""

import subprocess
import sys


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


def stop(sentence):
    print(f"mutate.py: {sentence}", file=sys.stderr)
    sys.exit(2)
