"""The table of rules on the page about methods, made of `helpers.relevance.rules` itself."""

from helpers.relevance.rules import FORMS, Composite, parse

#: The line of a page that the table takes the place of.
PLACE = "% the table of rules"


def ruletable():
    """A Markdown table: how a rule is written, what it is called, its formula, its source."""
    lines = ["| written | rule | formula | source |", "|---|---|---|---|"]
    for form in FORMS:
        rule = parse(form.replace("NUMBER", "1", 1).replace("NUMBER", "0"))
        if isinstance(rule, Composite):
            called, formula, source = "composite", _layers(rule), "{cite:p}`montavon2017,montavon2019`"
        else:
            ignored = ", biases left out" if getattr(rule, "bias", True) is False else ""
            called, formula, source = rule.title + ignored, f"${rule.formula}$", f"{{cite:p}}`{rule.source}`"
        lines.append(f"| `{form}` | {called} | {formula} | {source} |")
    return "\n".join(lines)


def _layers(rule):
    """`w² at layer 0, γ at layers 1, 2, 3, LRP-0 in Dense layers, ε elsewhere`."""
    places = {}
    for position, own in rule.by_position.items():
        places.setdefault(own.title, []).append(position)
    parts = [f"{title} at layer{'s' * (len(found) > 1)} {', '.join(map(str, found))}" for title, found in places.items()]
    parts += [f"{own.title} in {kind} layers" for kind, own in rule.by_kind.items()]
    return ", ".join([*parts, f"{rule.other.title} elsewhere"])
