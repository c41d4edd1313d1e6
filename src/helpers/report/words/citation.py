"""How to cite, for the page about it: CITATION.cff and the bibliography of the book in, BibTeX to copy out."""

import re

import yaml

from ...pipeline.config import ROOT

#: The line of a page that the entries take the place of.
PLACE = "% the entries to cite"


def entries(keys=("ellis2021", "kemp2000", "goldberger2000")):
    """Blocks of BibTeX: this report's own entry, made of CITATION.cff, then those of `keys` in references.bib."""
    cited = (ROOT / "book" / "references.bib").read_text()
    entry_of = {re.match(r"@\w+\{(\w+)", line)[1]: line for line in cited.splitlines() if line.startswith("@")}
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    blocks = [("This report", _own(cff)), *((_title(entry_of[key]), entry_of[key]) for key in keys)]
    return "\n\n".join(f"**{title}**\n\n```bibtex\n{_lines(entry)}\n```" for title, entry in blocks)


def _own(cff):
    authors = " and ".join(author.get("name") and f"{{{author['name']}}}" or f"{author['family-names']}, {author['given-names']}"
                           for author in cff["authors"])
    return (f"@software{{sleeprelevance, author={{{authors}}}, title={{{cff['title']}}}, "
            f"version={{{cff['version']}}}, year={{{str(cff['date-released'])[:4]}}}, license={{{cff['license']}}}}}")


def _title(entry):
    return re.sub(r"[{}]", "", re.search(r" title=\{(.*?)\}, \w+=\{", entry)[1])


def _lines(entry):
    """An entry with a line for each field."""
    return re.sub(r"\}$", "\n}", re.sub(r", (\w+)=\{", r",\n  \1 = {", entry))
