"""Finds a Python that has matplotlib."""

import os
import sys

from plots.messages import fail, say
from plots.style import RC_PARAMS

SYSTEM_PYTHON = "/usr/bin/python3"
TRIED = "NORMLAB_PLOT_TRIED"  # environment variable: the interpreters that had no matplotlib


def start_again_with_matplotlib():
    """Replaces this process by the system's Python, for which matplotlib's package is, unless that was tried."""
    tried = [path for path in os.environ.get(TRIED, "").split(os.pathsep) if path]
    tried.append(sys.executable)
    # Not the files behind links: in a virtual environment the same file is another Python.
    if SYSTEM_PYTHON not in tried and os.access(SYSTEM_PYTHON, os.X_OK):
        os.environ[TRIED] = os.pathsep.join(tried)
        os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv])
    fail(f"matplotlib is missing from {' and from '.join(tried)}; install the package python3-matplotlib.")


def load_pyplot():
    """matplotlib.pyplot in the figures' style, by another interpreter if this one has none."""
    try:
        import matplotlib
    except ImportError:
        start_again_with_matplotlib()
    if TRIED in os.environ:
        say(f"drawing with {sys.executable}")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update(RC_PARAMS)
    return plt
