"""The lines of lib/ that can be changed, and the order in which a seed draws them."""

import random

from mutation.changes import changes_of, masked

LEFT_OUT = "lib/normlab/bench/"  # what it measures is times


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
