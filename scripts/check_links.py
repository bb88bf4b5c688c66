#!/usr/bin/python3
"""Checks that every relative link of the Markdown files below a folder leads to something there, its section included.

usage: check_links.py FOLDER

Exit status: 0 all links lead somewhere, 1 some do not (each is printed), 2 wrong request.
"""

import pathlib
import re
import sys
from urllib.parse import unquote

LINK = re.compile(r"\[[^\]]*\]\(\s*([^)\s]+)[^)]*\)")


def anchors(page: pathlib.Path) -> set[str]:
    """The names of the page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ +(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def prose(page: pathlib.Path) -> str:
    """The page without its code."""
    return re.sub(r"^    .*$|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE)


def broken_links(page: pathlib.Path) -> list[str]:
    broken = []
    for link in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, section = link.partition("#")
        target = page.parent / unquote(path) if path else page
        if not target.exists() or (section and target.suffix == ".md" and section not in anchors(target)):
            broken.append(link)
    return broken


def main() -> int:
    if len(sys.argv) != 2 or not pathlib.Path(sys.argv[1]).is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    pages = [p for p in sorted(pathlib.Path(sys.argv[1]).rglob("*.md")) if "build" not in p.parts]
    broken = [(page, link) for page in pages for link in broken_links(page)]
    for page, link in broken:
        print(f"{page}: {link} leads nowhere")
    return 1 if broken or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
