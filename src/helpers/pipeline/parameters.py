"""Parameters of notebooks: which there are, read from the notebooks' first cells, and what a person gives as `-p KEY VALUE`,
divided into settings of the study and parameters, each refused at once where it does not fit.
"""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from math import inf
from numbers import Real

from ..errors import InputError, nearest, one_of
from .code import parsed
from .config import PROFILES, ROOT, SETTINGS, checked

FOLDER = ROOT / "notebooks"
#: What every notebook takes; `run` sets these itself.
COMMON = ("profile", "data", "cohort", "artifacts", "settings")
#: Settings that have options of their own.
OPTIONS = {"about": "the profile's file alone", "cohort": "--cohort", "trained_folds": "--folds or --weights"}
#: Parameters whose values are names, which stay as they are typed.
NAMES = ("recording", "modality")


@dataclass(frozen=True)
class Parameter:
    """A parameter as a notebook's first cell has it: default as Python, what it is, and the notebook's name."""

    name: str
    default: str
    about: str
    notebook: str


def assigned(source):
    """Name → value, as Python, of all that a cell of parameters assigns."""
    return {node.targets[0].id: ast.get_source_segment(source, node.value) for node in parsed(source).body
            if isinstance(node, ast.Assign)}


def of_notebooks(only=()):
    """Every `Parameter` of the notebooks, or of some of their files, less those that `run` sets itself; in reading order."""
    found = []
    for path in only or sorted(FOLDER.glob("[0-9][0-9]_*.ipynb")):
        for cell in json.loads(path.read_text())["cells"]:
            if "parameters" in cell["metadata"].get("tags", []):
                source = "".join(cell["source"])
                about = {line.partition(" = ")[0]: line.partition("  # ")[2] for line in source.splitlines()}
                found += [Parameter(name, default, about.get(name, ""), path.stem) for name, default in assigned(source).items()
                          if name not in COMMON]
    return found


def split_parameters(pairs, only=()):
    """Divide `-p KEY VALUE` pairs into settings of the study and parameters of the notebooks; values are YAML.

    Parameters
    ----------
    only : files of the notebooks whose parameters are meant; by default all.

    Raises
    ------
    InputError
        For a key that neither the settings nor the `parameters` cell of such a notebook has.
    """
    import yaml

    known, settings, parameters = {one.name for one in of_notebooks(only)}, {}, {}
    for key, text in pairs:
        if key in settings or key in parameters:
            raise InputError(f"-p {key}: given twice; say it once")
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise InputError(f"-p {key} {text!r}: the value is not valid YAML") from error
        if key in known and (only or key not in SETTINGS):  # of one notebook alone, its own parameter is meant
            parameters[key] = text if key in NAMES and value is not None else value
        elif key in OPTIONS:
            raise InputError(f"-p {key}: is said by {OPTIONS[key]}")
        elif key in SETTINGS:
            settings[key] = value
        else:
            of = f"{', '.join(path.stem for path in only)} ({', '.join(sorted(known)) or 'none'})" if only else "a notebook"
            raise InputError(f"-p {key}: neither a setting nor a parameter of {of}{nearest(key, [*SETTINGS, *known])} "
                             "(run --help lists them all)")
    return settings, parameters


def listing():
    """What -p takes, a line each, of profiles and notebooks as they are."""
    import yaml

    profiles = {path.stem: yaml.safe_load(path.read_text()) for path in sorted(PROFILES.glob("*.yaml"))}
    demo, found = profiles.pop("demo"), {}
    lines = ["", "settings of the study (-p KEY VALUE), by their value in the profile demo:"]
    for key, (_, wanted, _, about) in SETTINGS.items():
        if key not in OPTIONS:
            others = [f"{name} {_typed(profile[key])}" for name, profile in profiles.items() if profile.get(key, demo[key]) != demo[key]]
            lines.append(f"  {key:<18} {', '.join([_typed(demo[key]), *others])}: {about}; {wanted}")
    for one in of_notebooks():
        found.setdefault((one.name, one.default), []).append(one)
    lines += ["", "parameters of notebooks (-p KEY VALUE), by their default:"]
    lines += [f"  {name:<18} {default}: {ones[0].about}; in {', '.join(one.notebook[:2] for one in ones)}"
              for (name, default), ones in found.items()]
    return "\n".join([*lines, ""])


def _typed(value):
    """A setting's value as a person types it."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_typed(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_typed, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def fitting(parameters, study):
    """The parameters as notebooks take them, refused before anything is computed.

    Parameters
    ----------
    parameters : name → value, as a person gave them.
    study : `helpers.study.Study` that the notebooks will open.

    Raises
    ------
    InputError
        For a value that a notebook would refuse, with the nearest where it is a name.
    """
    defaults = {one.name: one.default for one in of_notebooks()}
    given = {name: value if value is None and defaults[name] == "None" else CHECKS[name](name, value, study, parameters)
             for name, value in parameters.items()}
    rules = study.config["rules"]
    if ast.literal_eval(defaults["rule"]) not in rules:  # the first that there is, in place of the paper's
        given.setdefault("rule", rules[0])
    return given


def _one_of(*allowed):
    def check(name, value, *_):
        one_of(name, value, allowed)
        return value
    return check


def _number(fits, wanted):
    def check(name, value, *_):
        if isinstance(value, bool) or not isinstance(value, Real) or not fits(value):
            raise InputError(f"{name} = {value!r}: must be {wanted}")
        return value
    return check


def _rules(name, value, *_):
    return checked(name, value)


def _rule(name, value, study, _):
    from ..relevance.rules import canonical

    rules = study.config["rules"]
    if value in rules:
        return value
    asked = canonical(str(value))
    if asked not in rules:
        raise InputError(f"{name} = {value}: this run explains by {', '.join(rules)}; add another by "
                         f"-p rules \"[{', '.join([*rules, asked])}]\"")
    return asked


def _recording(name, value, study, _):
    table, folds = study.cohort().table, study.folds()
    subjects = folds.loc[folds["role"] == "test", "subject"]
    tested = [str(one) for one in table.loc[table["subject"].isin(subjects), "recording"]]
    if value not in tested:
        there = "no fold tests it" if value in set(table["recording"].astype(str)) else "there is none of that name"
        raise InputError(f"{name} = {value}: {there}{nearest(value, tested)}; tested are {', '.join(tested)}")
    return value


def _fold(name, value, study, parameters):
    folds, table = study.folds(), study.cohort().table
    tests = folds[folds["role"] == "test"]
    recording = parameters.get("recording")
    if recording is not None:
        tests = tests[tests["subject"].isin(table.loc[table["recording"].astype(str) == recording, "subject"])]
    numbers = sorted(int(number) for number in tests["fold"].unique())
    if isinstance(value, bool) or value not in numbers:
        of = "" if recording is None else f" that test recording {recording}"
        raise InputError(f"{name} = {value}: the folds{of} are {', '.join(map(str, numbers))}")
    return value


def _modality(name, value, study, _):
    one_of(name, value, list(study.cohort().modalities))
    return value


#: Parameter → function of (name, value, study, all parameters) that gives the value as notebooks take it, or refuses it.
CHECKS = {"rules": _rules, "rule": _rule, "averaging": _one_of("mean", "pooled"), "family": _one_of("rule", "all"),
          "minutes": _number(lambda value: 0 < value < inf, "a number of minutes above 0"),
          "start_s": _number(lambda value: 0 <= value < inf, "a number of seconds, 0 or more"),
          "recording": _recording, "fold": _fold, "modality": _modality}
