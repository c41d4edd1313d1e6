"""The theme's script of icons, of which a book keeps those that it shows; the others are nine tenths of the script."""

import re
from pathlib import Path

#: An icon as the script has it: its name, width and height, other names, its sign, its outlines.
ICON = re.compile(r'(?:"([a-z0-9-]+)"|([a-z0-9]+)):\[\d+,\d+,\[([^\]]*)\],"[0-9a-f]+",(?:"[^"]*"|\["[^"]*","[^"]*"\])\],?')
NAME = re.compile(r"\bfa-([a-z0-9-]+)")


def keep_shown(html):
    """Take all other icons out of the script in a built book.

    html : folder of the book.
    """
    script = Path(html) / "_static" / "scripts" / "fontawesome.js"
    others = [path for path in (Path(html) / "_static").rglob("*.js") if path != script]
    shown = {name for path in [*Path(html).glob("*.html"), *Path(html).glob("notebooks/*.html"), *others] for name in NAME.findall(path.read_text())}

    def kept(icon):
        names = {icon[1] or icon[2], *re.findall(r'"([^"]+)"', icon[3])}
        return icon[0] if names & shown else ""

    script.write_text(ICON.sub(kept, script.read_text()))
