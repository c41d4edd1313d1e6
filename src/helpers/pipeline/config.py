"""A profile's settings: read from `profiles/NAME.yaml`, overridden by keys that the user gives, each checked once."""

from __future__ import annotations

import math
import sys
from functools import lru_cache
from pathlib import Path

from ..constants import RATE
from ..errors import InputError, nearest
from ..model.networks import NAMES
from .store import Store, hash_of

_CHECKOUT = Path(__file__).resolve().parents[3]
#: Where book/, notebooks/ and profiles/ lie: in the checkout, or in an installed package, which holds copies in project/, where
#: the checkout has links.
ROOT = _CHECKOUT if (_CHECKOUT / "_toc.yml").is_file() else Path(__file__).resolve().parents[1] / "project"
#: Where artifacts/ and _build/ lie: in the checkout, or in the current folder where the package was installed from elsewhere.
HOME = _CHECKOUT if (_CHECKOUT / "pyproject.toml").is_file() else Path.cwd()
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
#: Settings of simulated nights, which mean nothing for others.
SIMULATION = ("subjects", "minutes", "cycle_minutes", "simulation_seed", "effect_size")
TRAINING = ("folds", "fold_design", "fold_seed", "network", "context", *LEARNING, "training_seed")

#: Files that hold weights, or a whole model of Keras, by how their names end.
SAVED_SUFFIX = ".keras"
WEIGHTS = (".npz", ".h5", SAVED_SUFFIX)

_POSITIVE = "a whole number of at least 1"

#: Key → (types, what it must be, test, what it says). One entry a setting.
SETTINGS = {
    "about": (str, "a sentence", bool, "what the profile is"),
    "cohort": (str, "simulated, telemetry or the path of a CSV", bool, "whose nights"),
    "subjects": (int, "a whole number of 8 to 99", lambda v: 8 <= v <= 99, "simulated subjects, of two nights each"),
    "minutes": (int, "at least 12", lambda v: v >= 12, "length of a simulated night"),
    "cycle_minutes": (int, "at least 10", lambda v: v >= 10, "length of a simulated sleep cycle"),
    "simulation_seed": (int, "a whole number of at least 0", lambda v: v >= 0, "seed of the simulated nights"),
    "effect_size": ((int, float), "a standardised size d of 0 to 3", lambda v: 0 <= v <= 3,
                    "how strongly medication, sex and age act in simulated nights"),
    "trained_folds": (str, "the name of a study, its file or its folder of results", bool, "whose folds explain"),
    "drop_flat": (bool, "true or false", lambda v: True, "whether slots with a flat channel are dropped"),
    "folds": (int, _POSITIVE, lambda v: v >= 1, "how often subjects are divided and a network is trained"),
    "fold_design": (str, "balanced or random", lambda v: v in ("balanced", "random"), "whether all subjects are tested as often, or by chance"),
    "fold_seed": (int, "a whole number of at least 0", lambda v: v >= 0, "seed of how subjects are divided, and of what is drawn later"),
    "network": (str, "paper, branches, or a file and a function in it, such as my_models.py:build",
                lambda v: v in NAMES or ".py:" in v, "which network is trained"),
    "context": (int, "a whole number of at least 0", lambda v: v >= 0, "neighbours on each side that the network takes with an epoch"),
    "training_epochs": (int, _POSITIVE, lambda v: v >= 1, "passes of training, at most"),
    "samples_per_epoch": (int, "0 (every sleep epoch) or a number of draws", lambda v: v >= 0, "sleep epochs in a pass of training"),
    "batch": (int, _POSITIVE, lambda v: v >= 1, "sleep epochs in a step of training"),
    "learning_rate": ((int, float), "a positive number", lambda v: 0 < v < math.inf, "learning rate of Adam at the start"),
    "class_weights": (str, "balanced or none", lambda v: v in ("balanced", "none"), "whether rare stages weigh more in training"),
    "plateau_patience": (int, _POSITIVE, lambda v: v >= 1, "passes without gain after which the learning rate falls"),
    "stop_patience": (int, _POSITIVE, lambda v: v >= 1, "passes without gain after which training stops"),
    "training_seed": (int, "a whole number of at least 0", lambda v: v >= 0, "seed of first weights, order and dropout"),
    "rules": (list, "a list of rule names such as eps=0.01 or alpha1beta0", bool, "rules and other methods that explain"),
    "engine": (str, "own or innvestigate", lambda v: v in ("own", "innvestigate"), "what computes relevance"),
    "trial": (str, "off, brief or full", lambda v: v in ("off", "brief", "full"), "how much of the trial of explanations is computed"),
    "trial_epochs": (int, _POSITIVE, lambda v: v >= 1, "sleep epochs of each stage that the trial looks at in a fold"),
    "bands": (dict, "names of frequency bands with their upper edges in Hz, ascending from above 0 to 50",
              lambda v: all(type(edge) in (int, float) for edge in v.values())
              and (edges := [0, *v.values()]) == sorted(set(edges)) and edges[-1] == RATE / 2 and len(v) > 0, "frequency bands"),
    "line_noise": (list, "a list of its frequency in Hz, its amplitude and the noise added to it, in SD of the signal",
                   lambda v: len(v) == 3 and all(type(n) in (int, float) and 0 <= n < math.inf for n in v) and v[0] > 0,
                   "what replaces a modality that is taken away"),
    "detail": (str, "all, disagreements or none", lambda v: v in ("all", "disagreements", "none"),
               "epochs whose 30 s the published browser holds"),
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
        known = sorted(p.stem for p in PROFILES.glob("*.yaml"))
        raise InputError(f"profile {profile!r}: there is no {path.name} in profiles/; choose one of {', '.join(known)}"
                         f"{nearest(profile, known)}")
    try:
        settings = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise InputError(f"{path.name}: not valid YAML: {' '.join(str(error).split())}") from error
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    named = ("network", "context") if is_weights(given.get("trained_folds", "")) else ()  # whose weights a file holds
    if "trained_folds" in given and (idle := [key for key in TRAINING if key in given and key not in named]):
        raise InputError(f"{idle[0]}: means nothing with --folds, whose folds are trained already; leave it out")
    settings = {**settings, **given}
    if settings["cohort"] != "simulated" and (idle := [key for key in SIMULATION if key in given]):
        raise InputError(f"{idle[0]}: is said of simulated nights, which these are not; leave it out"
                         + (", or say whose window is meant by --only NOTEBOOK" if idle[0] == "minutes" else ""))
    for key, value in settings.items():
        settings[key] = checked(key, value, path.name)
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


def checked(key, value, name="a profile"):
    """A setting's value in one form, or an InputError; `name` is of what the setting is one."""
    if key not in SETTINGS:
        raise InputError(f"{key}: not a setting of {name}{nearest(key, SETTINGS)}; the settings are {', '.join(SETTINGS)}")
    types, wanted, holds, _ = SETTINGS[key]
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
