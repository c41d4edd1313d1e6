"""A profile's settings: read from `profiles/NAME.yaml`, overridden by keys that the user gives, each checked once."""

from __future__ import annotations

import ast
import json
import math
import sys
from functools import lru_cache
from pathlib import Path

from ..constants import RATE
from ..errors import InputError
from ..model.networks import NAMES
from .store import Store, hash_of

ROOT = Path(__file__).resolve().parents[3]
#: Where artifacts/ and _build/ lie: in the checkout, or in the current folder where the package was installed from elsewhere.
HOME = ROOT if (ROOT / "pyproject.toml").is_file() else Path.cwd()
PROFILES = ROOT / "profiles"
#: What `bench` measured last; the book shows it.
BENCHMARK = ROOT / "book" / "benchmark.json"
#: What `bench --floors` measured last; the book shows it as well.
FLOORS = ROOT / "book" / "floors.csv"
#: What `bench --full-size` measured last, too.
FULL_SIZE = ROOT / "book" / "full_size.csv"

#: Settings of how a fold learns; with those of how subjects are divided they mean nothing where folds are trained already.
LEARNING = ("training_epochs", "samples_per_epoch", "batch", "learning_rate", "class_weights", "plateau_patience",
            "stop_patience")
TRAINING = ("folds", "fold_design", "fold_seed", "network", "context", *LEARNING, "training_seed")

#: Files that hold weights, or a whole model of Keras, by how their names end.
SAVED_SUFFIX = ".keras"
WEIGHTS = (".npz", ".h5", SAVED_SUFFIX)

_POSITIVE = "a whole number of at least 1"

#: Key → (types, what it must be, test). One entry a setting.
SETTINGS = {
    "about": (str, "a sentence", bool),
    "cohort": (str, "simulated, telemetry or the path of a CSV", bool),
    "subjects": (int, "a whole number of at least 8", lambda v: v >= 8),
    "minutes": (int, "at least 12", lambda v: v >= 12),
    "cycle_minutes": (int, "at least 10", lambda v: v >= 10),
    "simulation_seed": (int, "a whole number of at least 0", lambda v: v >= 0),
    "effect_size": ((int, float), "a standardised size d of 0 to 3", lambda v: 0 <= v <= 3),
    "trained_folds": (str, "the name of a study, its file or its folder of results", bool),
    "drop_flat": (bool, "true or false", lambda v: True),
    "folds": (int, _POSITIVE, lambda v: v >= 1),
    "fold_design": (str, "balanced or random", lambda v: v in ("balanced", "random")),
    "fold_seed": (int, "a whole number of at least 0", lambda v: v >= 0),
    "network": (str, "paper, branches, or a file and a function in it, such as my_models.py:build",
                lambda v: v in NAMES or ".py:" in v),
    "context": (int, "a whole number of at least 0: neighbours on each side that the network takes with an epoch", lambda v: v >= 0),
    "training_epochs": (int, _POSITIVE, lambda v: v >= 1),
    "samples_per_epoch": (int, "0 (every sleep epoch) or a number of draws", lambda v: v >= 0),
    "batch": (int, _POSITIVE, lambda v: v >= 1),
    "learning_rate": ((int, float), "a positive number", lambda v: 0 < v < math.inf),
    "class_weights": (str, "balanced or none", lambda v: v in ("balanced", "none")),
    "plateau_patience": (int, _POSITIVE, lambda v: v >= 1),
    "stop_patience": (int, _POSITIVE, lambda v: v >= 1),
    "training_seed": (int, "a whole number of at least 0", lambda v: v >= 0),
    "rules": (list, "a list of rule names such as eps=0.01 or alpha1beta0", bool),
    "engine": (str, "own or innvestigate", lambda v: v in ("own", "innvestigate")),
    "trial": (str, "off, brief or full: how much of the trial of explanations is computed", lambda v: v in ("off", "brief", "full")),
    "trial_epochs": (int, _POSITIVE, lambda v: v >= 1),
    "bands": (dict, "names of frequency bands with their upper edges in Hz, ascending from above 0 to 50",
              lambda v: all(type(edge) in (int, float) for edge in v.values())
              and (edges := [0, *v.values()]) == sorted(set(edges)) and edges[-1] == RATE / 2 and len(v) > 0),
    "line_noise": (list, "a list of its frequency in Hz, its amplitude and the noise added to it, in SD of the signal",
                   lambda v: len(v) == 3 and all(type(n) in (int, float) and 0 <= n < math.inf for n in v) and v[0] > 0),
    "detail": (str, "all, disagreements or none: the epochs whose 30 s the published browser holds",
               lambda v: v in ("all", "disagreements", "none")),
}


def is_weights(given):
    """Whether what `--folds` or `--weights` names is a file of weights."""
    return Path(given).suffix in WEIGHTS


def load(profile, overrides=None):
    """Settings of a profile with the user's overrides.

    Raises
    ------
    InputError
        For a profile that does not exist, a key that is not a setting, or a value that does not fit it.
    """
    import yaml

    path = PROFILES / f"{profile}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in PROFILES.glob("*.yaml")))
        raise InputError(f"profile {profile!r}: there is no {path.name} in profiles/; choose one of {known}")
    try:
        settings = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise InputError(f"{path.name}: not valid YAML: {' '.join(str(error).split())}") from error
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    named = ("network", "context") if is_weights(given.get("trained_folds", "")) else ()  # whose weights a file holds
    if "trained_folds" in given and (idle := [key for key in TRAINING if key in given and key not in named]):
        raise InputError(f"{idle[0]}: means nothing with --folds, whose folds are trained already; leave it out")
    settings = {**settings, **given}
    for key, value in settings.items():
        settings[key] = _checked(key, value, path.name)
    return settings


def check_arguments(data, artifacts, settings):
    """Refuse arguments of `Study.open` of another kind, by name."""
    for key, value, kind, wanted in (("data", data, (str, Path), "a path"), ("artifacts", artifacts, (str, Path), "a path"),
                                     ("settings", settings, dict, "settings by name, such as {'folds': 4}")):
        if value is not None and not isinstance(value, kind):
            raise InputError(f"{key} = {value!r}: must be {wanted}")


def store_folder(artifacts=None, progress=False):
    """Folder of the store of results: the one given, or artifacts/; with `progress`, old results in it are mentioned."""
    folder = Path(artifacts or HOME / "artifacts").resolve()
    if progress:
        _mention_old_results(folder)
    return folder


@lru_cache
def _mention_old_results(store):
    """Say that folders of results lie in the store which an earlier version made, once in a process."""
    old = sorted({path.parents[2].name for path in store.glob("*/training/fold-*/stamp.json")})
    if old:
        print(f"{store}: {', '.join(old)} {'are' if len(old) > 1 else 'is'} of an earlier version, left alone and not used",
              file=sys.stderr, flush=True)


def study(profile, settings, store, trained=None):
    """Name of a study and what its file says of it.

    The name is the profile's, with those of one's own CSV and of the study whose folds explain it. Settings that differ from
    the profile's add a hash of them, and so does a CSV of a name that another study's has.

    Parameters
    ----------
    settings : of the study, checked; store : folder of the store; trained : `trained.Trained` or None.
    """
    plain = load(profile)
    changed = {key: value for key, value in settings.items() if value != plain.get(key)}
    about = {"profile": profile, "cohort": settings["cohort"], "settings": changed}
    changed.pop("trained_folds", None)
    name = profile
    if changed.pop("cohort", None):
        about["cohort"] = str(Path(settings["cohort"]).resolve())
        name += f"-{Path(settings['cohort']).stem}"
    if trained:
        about["trained_folds"] = trained.keys
        name += f"-by-{trained.name}"
    about["simulated"] = settings["cohort"] == "simulated"
    if changed:
        name += f"-{hash_of(changed)[:6]}"
    other = Store(store).study_or_none(name)
    if other and other["about"]["cohort"] != about["cohort"]:
        name += f"-{hash_of(about['cohort'])[:6]}"
    return name, about


def _checked(key, value, name):
    if key not in SETTINGS:
        raise InputError(f"{key}: not a setting of {name}; the settings are {', '.join(SETTINGS)}")
    types, wanted, holds = SETTINGS[key]
    if (key, value) == ("trial", False):  # YAML reads the word off as no
        value = "off"
    if types is list and isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    right_type = isinstance(value, types) and not (isinstance(value, bool) and types is not bool)
    if not right_type or not holds(value):
        raise InputError(f"{key} = {value!r}: must be {wanted}")
    if key == "rules":
        from ..relevance import rules

        value = list(dict.fromkeys(rules.canonical(str(name)) for name in value))
    if (key, value) == ("engine", "innvestigate"):  # known now rather than after hours of training
        from ..relevance import reference

        reference.require()
    return value


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

    known, settings, parameters = notebook_parameters(only), {}, {}
    for key, text in pairs:
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise InputError(f"-p {key} {text!r}: the value is not valid YAML") from error
        if key in known and (only or key not in SETTINGS):  # of one notebook alone, its own parameter is meant
            parameters[key] = value
        elif key in SETTINGS and key not in ("about", "cohort", "trained_folds"):
            settings[key] = value
        else:
            raise InputError(f"-p {key}: neither a setting ({', '.join(SETTINGS)}) "
                             f"nor a parameter of {', '.join(path.stem for path in only) or 'a notebook'} "
                             f"({', '.join(sorted(known)) or 'none'})")
    return settings, parameters


def notebook_parameters(only=()):
    """Names assigned in the `parameters` cells of the notebooks, or of some of them, less those that `run` sets itself."""
    names = set()
    for path in only or sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        for cell in json.loads(path.read_text())["cells"]:
            if "parameters" in cell["metadata"].get("tags", []):
                tree = ast.parse("".join(cell["source"]))
                names.update(target.id for node in tree.body if isinstance(node, ast.Assign)
                             for target in node.targets)
    return names - {"profile", "data", "cohort", "artifacts", "settings"}
