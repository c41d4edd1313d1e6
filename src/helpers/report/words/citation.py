"""BibTeX for the page on how to cite, from CITATION.cff and the book's bibliography."""

import re

import yaml

from ...pipeline.config import ROOT

#: The line of a page that the entries replace.
PLACE = "% the entries to cite"


def entries(keys=("ellis2021", "kemp2000", "goldberger2000")):
    """Blocks of BibTeX: this report's entry, made of CITATION.cff, then those of `keys` in references.bib."""
    cited = (ROOT / "book" / "references.bib").read_text()
    entry_of = {re.match(r"@\w+\{(\w+)", line)[1]: line for line in cited.splitlines() if line.startswith("@")}
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    blocks = [("This report", _software_entry(cff)), *((_title(entry_of[key]), entry_of[key]) for key in keys)]
    return "\n\n".join(f"**{title}**\n\n```bibtex\n{_lines(entry)}\n```" for title, entry in blocks)


def _software_entry(cff):
    authors = " and ".join(f"{{{author['name']}}}" if author.get("name") else
                           f"{author['family-names']}, {author['given-names']}" for author in cff["authors"])
    return (f"@software{{sleeprelevance, author={{{authors}}}, title={{{cff['title']}}}, "
            f"version={{{cff['version']}}}, year={{{str(cff['date-released'])[:4]}}}, license={{{cff['license']}}}}}")


def _title(entry):
    return re.sub(r"[{}]", "", re.search(r" title=\{(.*?)\}, \w+=\{", entry)[1])


def _lines(entry):
    """An entry with a line for each field."""
    return re.sub(r"\}$", "\n}", re.sub(r", (\w+)=\{", r",\n  \1 = {", entry))
