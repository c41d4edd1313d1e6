"""What figures, tables and sentences of the regression have in common: versions, terms, units, and how a coefficient is said.

Tables are rows of `analysis.regression.chosen`; `test` is "ols", "clustered" or "permutation".
"""

import numpy
import pandas

from ...analysis.p_values import p_words
from ...analysis.regression import AVERAGING, TESTS, chosen
from ...constants import ALPHA
from ...relevance.rules import label as rule_label
from ...relevance.rules import ordered as ordered_rules
from . import palette
from .digits import fixed
from .display import Switch, text

STAR, STARS = 0.01, 0.001
#: Test → what it is called.
NAMES = {"ols": "OLS, as in the paper", "clustered": "errors clustered by subject", "permutation": "permutation over subjects"}
SHORT = {"ols": "OLS", "clustered": "clustered", "permutation": "permutation"}
BUTTONS = {"ols": "OLS (the paper's)", "clustered": "Clustered errors", "permutation": "Permutation"}
#: Number → the unit that a coefficient is shown per, in words and in its own units.
UNITS = {"age": ("ten years", 10)}
#: Columns that are in points per unit of the covariate.
PER_UNIT = ("coefficient", "se", "low", "high", "detectable", "points")
#: Marks of a test: corrected p below 0.05, not below, not made.
FOUND, NOT_FOUND, NO_TEST = "●", "○", "–"


def averaged(averaging):
    """`mean of shares`, `pooled`, `medians of nights`."""
    return palette.AVERAGING.get(averaging, "medians of nights")


def versions(everything, rule, averaging, family="rule", **kind):
    """(rule, averaging) → its rows of `analysis.regression.chosen`, those that are asked for first.

    everything : coefficients of every rule and way of averaging. kind : rows, selection and scale.
    """
    if everything.empty:
        return {}
    rules = [rule, *(name for name in ordered_rules(everything["rule"].astype(str)) if name != rule)]
    averages = [averaging, *(name for name in AVERAGING if name != averaging)]
    return {(of_rule, average): chosen(everything, of_rule, average, family, **kind)
            for of_rule in dict.fromkeys(rules) for average in averages}


def switched(draw, tables, more=("", None)):
    """A `Switch` over rule and averaging, and over the choices of `more`, (what is chosen, {value: words}).

    draw : makes a figure of a table and, where there are more choices, of a value.
    """
    name, values = more
    figures = {}
    for (rule, averaging), table in tables.items():
        version = rule_label(rule), averaged(averaging).capitalize()
        if values is None:
            figures[version] = draw(table)
        else:
            figures |= {(*version, words): draw(table, value) for value, words in values.items()}
    return Switch(("Rule", "Averaging", *([name] if name else [])), figures)


def per_unit(table):
    """The table with age per ten years, and a column `per` that says so."""
    table = table.copy()
    per = table["covariate"].astype(str).map(lambda name: UNITS.get(name, ("unit", 1)))
    number = table["level"].astype(str) == ""
    factor = numpy.where(number, [times for _, times in per], 1)
    for name in table:
        if name.split("_")[0] in PER_UNIT and pandas.api.types.is_float_dtype(table[name]):
            table[name] *= factor
    return table.assign(per=[words if of_number else "" for (words, _), of_number in zip(per, number, strict=True)])


def plainly(table):
    """Categories as text, age per ten years."""
    names = ("stage", "modality", "covariate", "level", "reference", "rule", "averaging")
    return per_unit(table.astype({name: str for name in names if name in table}))


def terms_of(table):
    """[(covariate, level)] in the table's order."""
    return list(dict.fromkeys(zip(table["covariate"], table["level"])))


def of_term(table, term):
    """The rows of a covariate and, where it has several, of a level."""
    return table[(table["covariate"] == term[0]) & (table["level"] == term[1])]


def about(table):
    """`ε = 100, mean of shares`: the rule and the average that a table was made by."""
    return f"{rule_label(str(table['rule'].iloc[0]))}, {averaged(str(table['averaging'].iloc[0]))}"


def title(table, term):
    """What the coefficient means: `medication: temazepam against placebo`, `age, per ten years`."""
    (covariate, level), rows = term, of_term(table, term)
    if level:
        return f"{covariate}: {level} against {rows['reference'].iloc[0]}"
    return f"{covariate}, per {UNITS.get(covariate, ('unit', 1))[0]}"


def heading(table, term):
    """The same as a panel's heading."""
    name, mark, rest = title(table, term).partition(": " if term[1] else ", ")
    return f"<b>{text(name)}</b>{mark}{text(rest)}"


def signed(value, digits=2):
    """`−4.50`."""
    return fixed(value, digits, "+")


def stars(corrected):
    """The paper's marks for a corrected p."""
    return "**" if corrected < STARS else "*" if corrected < STAR else ""


def points(row, test):
    """`+4.50**`, `−11.3`."""
    value = row[f"coefficient_{test}"]
    return signed(value, 2 if abs(value) < 9.995 else 1) + stars(row[f"q_{test}"])


def between(row, test):
    """The 95 % interval of a coefficient: `[−1.00, 1.50]`."""
    return f"[{fixed(row[f'low_{test}'], 2)}, {fixed(row[f'high_{test}'], 2)}]"


def marks(row, tests=TESTS):
    """`●●○`: which tests call a row significant, in the order of `tests`."""
    return "".join(NO_TEST if row[f"q_{test}"] != row[f"q_{test}"] else FOUND if row[f"q_{test}"] < ALPHA else NOT_FOUND
                   for test in tests)


def agree(table, tests=TESTS):
    """(rows,) bool: whether all tests call a row significant."""
    return numpy.logical_and.reduce([table[f"q_{test}"] < ALPHA for test in tests])


def q_words(row, tests=TESTS):
    """`OLS 0.002, clustered 0.1, permutation –`: corrected p of each test."""
    return ", ".join(f"{SHORT[test]} {q_of(row, test)}" for test in tests)


def q_of(row, test):
    """A corrected p, or a dash."""
    return p_words(row[f"q_{test}"]) if numpy.isfinite(row[f"q_{test}"]) else "–"
