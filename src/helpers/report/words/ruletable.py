"""The tables of rules and of layers on the page about methods, made of `helpers.relevance` itself."""

from ...relevance.layers import MAKERS
from ...relevance.rules import FORMS, Composite, parse

#: The lines of a page that the tables replace.
PLACE, LAYERS = "% the table of rules", "% the table of layers"


def layertable():
    """A Markdown table: layers of Keras and operators, and what becomes of relevance in them."""
    alike = {}
    for name, (_, words) in MAKERS.items():
        alike.setdefault(words, []).append(f"`{name}`")
    return "\n".join(["| in the model | relevance |", "|---|---|", *(f"| {', '.join(names)} | {words} |" for words, names in alike.items())])


def ruletable():
    """A Markdown table: how a rule is written, what it is called and its source; its formula."""
    lines = ["| written, for example, and what it is | formula |", "|---|---|"]
    for form in FORMS:
        example = form.replace("NUMBER", "1", 1).replace("NUMBER", "0")
        rule = parse(example)
        if isinstance(rule, Composite):
            called, formula = "several {cite:p}`montavon2017,montavon2019`", _layers(rule)
        else:
            ignored = ", biases left out" if getattr(rule, "bias", True) is False else ""
            called, formula = f"{rule.title}{ignored} {{cite:p}}`{rule.source}`", f"${rule.formula}$"
        lines.append(f"| `{example}`: {called} | {formula} |")
    return "\n".join(lines)


def _layers(rule):
    """`w² at layer 0, γ at layers 1, 2, 3, LRP-0 in Dense layers, ε elsewhere`."""
    places = {}
    for position, layer_rule in rule.by_position.items():
        places.setdefault(layer_rule.title, []).append(position)
    parts = [f"{title} at layer{'s' * (len(positions) > 1)} {', '.join(map(str, positions))}"
             for title, positions in places.items()]
    parts += [f"{layer_rule.title} in {kind} layers" for kind, layer_rule in rule.by_kind.items()]
    return ", ".join([*parts, f"{rule.other.title} elsewhere"])
