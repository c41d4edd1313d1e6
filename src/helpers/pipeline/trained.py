"""Folds that another study has trained: its name, file or folder comes in, the keys of their results go out; only read."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas

from ..errors import InputError
from ..files import read_json, write_json, write_table
from ..model.networks import H5_FILES, SAVED, SAVED_FILE, about_network, keep_about, with_context
from .config import SAVED_SUFFIX, TRAINING, is_weights
from .store import STUDIES, Store, hash_of

#: Columns of a history, of which a file of weights has no rows.
HISTORY = {"fold": "int64", "training_epoch": "int64", "loss": float, "accuracy": float, "val_loss": float, "val_accuracy": float,
           "learning_rate": float, "note": str}


@dataclass(frozen=True)
class Trained:
    """Trained folds.

    Attributes
    ----------
    name, profile : of the study that trained them.
    simulated : whether its nights were simulated.
    store : its `Store`; keys : fold → key of the training.
    """

    name: str
    profile: str
    simulated: bool
    store: Store
    keys: dict

    @classmethod
    def found(cls, given, home, network=None, context=0):
        """The folds that `--folds` names, or the only one that `--weights` makes.

        Parameters
        ----------
        given : name of a study in the store `home`; path of a study's file; of a folder of results that holds one study
            with trained folds; or such a folder and a study's name below it, such as artifacts/paper; or a file of weights.
        network, context : of a file of weights, as the settings say them.

        Raises
        ------
        InputError
            When there is no such study, several, or a fold is not trained to its end.
        """
        if is_weights(given):
            return cls._of_weights(Path(given), Store(home), network, context)
        store, name = _placed(str(given), Path(home))
        study = store.study(name)
        keys = {int(fold): key for fold, key in study["results"].get("training", {}).items()}
        if not keys:
            raise InputError(f"--folds {given}: the study {name} has no trained folds; run it to its end first")
        for fold, key in sorted(keys.items()):
            if store.digest("training", key) is None:
                raise InputError(f"--folds {given}: fold {fold} is missing or damaged ({store.folder('training', key)}); run the "
                                 f"study {name} again, which makes it again")
        about = study["about"]
        return cls(name, about["profile"], about["simulated"], store, dict(sorted(keys.items())))

    @classmethod
    def _of_weights(cls, path, store, network, context):
        """A fold of a file of weights, which is copied into the store, so that its results stay what they are of."""
        if not path.is_file():
            raise InputError(f"--weights {path}: no such file")
        if path.suffix == SAVED_SUFFIX:
            about, name = with_context({"network": SAVED}, context), SAVED_FILE
        elif network is None:
            raise InputError(f"--weights {path}: say which network they are of by --network paper, branches or FILE.py:FUNCTION")
        else:
            about = about_network(network, context)
            name = "weights.npz" if path.suffix == ".npz" else H5_FILES[not path.name.endswith(".weights.h5")]
        made_of = {"step": "training", "network": about, "weights": hashlib.sha256(path.read_bytes()).hexdigest()}
        key = hash_of(made_of)
        with store.in_use(), store.making("training", key, made_of) as folder:
            if folder is not None:
                shutil.copyfile(path, folder / name)
                keep_about(about, folder)
                write_json(folder / "learned.json", {})
                write_table(folder / "history.parquet", pandas.DataFrame(columns=list(HISTORY)).astype(HISTORY))
        return cls(path.stem, "demo", False, store, {0: key})

    def settings(self, settings):
        """The settings without those that say how to train; the seed of the folds is that of every later draw as well."""
        kept = {key: value for key, value in settings.items() if key not in TRAINING}
        return {**kept, "folds": len(self.keys), "fold_seed": settings["fold_seed"], "trained_folds": hash_of(self.keys)}

    def channels(self):
        """What each input channel was trained on (`data.trained_channels`); None where that is not known, of a file of weights.

        Raises
        ------
        InputError
            When the epochs that the folds learned from are not in the store any more.
        """
        from ..data.trained_channels import trained_channels

        recordings = {}
        for key in self.keys.values():
            recordings |= read_json(self.store.folder("training", key) / "learned.json")
        if not recordings:
            return None
        paths = [self.store.folder("epochs", key) / "recording.json" for key in recordings.values()]
        if not all(path.is_file() for path in paths):
            raise InputError(f"--folds {self.name}: the epochs that its folds learned from are not in {self.store.root}; run that "
                             "study again, which reads its nights again")
        return trained_channels(paths)


def _placed(given, home):
    """(store, name of the study) that a user's word means."""
    path = Path(given)
    if path.suffix == ".json" and path.is_file():
        return Store(path.resolve().parents[1]), path.stem
    if (path / STUDIES).is_dir():
        store = Store(path.resolve())
        names = [name for name in store.studies() if store.study(name)["results"].get("training")]
        if len(names) == 1:
            return store, names[0]
        raise InputError(f"--folds {given}: " + (f"holds {len(names)} studies; name one: {', '.join(f'{given}/{name}' for name in names)}"
                                                 if names else "no study in it has trained folds; run one to its end first"))
    for root, name in ((path.parent, path.name), (home, given)):
        if name in Store(root).studies():
            return Store(root.resolve()), name
    if any(path.glob("training/fold-*")):
        raise InputError(f"--folds {given}: results of an earlier version, which this one cannot read; run that study again")
    if path.is_dir() or "/" in given:
        raise InputError(f"--folds {given}: " + ("no study with trained folds in it" if path.is_dir() else "no such folder")
                         + "; give a study's name or its folder of results, such as artifacts/paper")
    raise InputError(f"--folds {given}: no such folder and no study of that name; there are "
                     f"{', '.join(Store(home).studies()) or 'none'}")
