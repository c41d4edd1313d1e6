"""What worker processes do: each function makes one artifact folder, or one per rule, and stamps it last."""

from __future__ import annotations

from pathlib import Path

from . import files


def read_night(cohort, recording, target, value, drop_flat, progress=None):
    from .data.epochs import make_epochs

    with files.stamped_folder(target, value) as folder:
        make_epochs(cohort, recording, folder, drop_flat)


def estimate(epochs_folder, recordings, folds, settings, workers):
    """Makes no artifact: what training would cost."""
    from .model.estimate import estimate

    return estimate(epochs_folder, recordings, folds, settings, workers)


def train(epochs_folder, recordings, folds, fold, settings, target, value, progress=None):
    """Train in place, so that a checkpoint survives a crash; one of other settings is thrown away first."""
    import shutil

    from .model.train import train_fold

    begun = target / "begun.json"
    if not begun.exists() or files.read_json(begun) != value:
        shutil.rmtree(target, ignore_errors=True)
        files.write_json(begun, value)
    train_fold(epochs_folder, recordings, folds, fold, settings, target, progress=progress)
    files.mark(target, value)


def predict(epochs_folder, recordings, weights, fold, target, value, progress=None):
    from .model.predict import predict_fold

    with files.stamped_folder(target, value) as folder:
        files.write_table(folder / "predictions.parquet", predict_fold(epochs_folder, recordings, weights, fold))


def exchange(epochs_folder, recordings, predictions, weights, trained_on, seed, target, value):
    from .model.exchange import exchange_fold

    with files.stamped_folder(target, value) as folder:
        lost = exchange_fold(epochs_folder, recordings, files.read_table(predictions), weights, seed)
        files.write_table(folder / "exchange.parquet", lost)


def explain(epochs_folder, recordings, predictions, weights, trained_on, missing, engine, progress=None):
    """Explain a fold by all missing rules in one pass, then give each rule its own folder."""
    import tempfile

    from .relevance.shares import explain_fold

    with tempfile.TemporaryDirectory() as scratch:
        explain_fold(epochs_folder, recordings, files.read_table(predictions), weights, trained_on, list(missing), engine,
                     Path(scratch), progress)
        shares = files.read_table(Path(scratch) / "shares.parquet")
    for rule, (target, value) in missing.items():
        with files.stamped_folder(target, value) as folder:
            files.write_table(folder / "shares.parquet", shares[shares["rule"] == rule])


def audit(epochs_folder, recordings, predictions, weights, trained_on, rules, seed, target, value):
    from .relevance.audit import audit_fold

    with files.stamped_folder(target, value) as folder:
        audit_fold(epochs_folder, recordings, files.read_table(predictions), weights, trained_on, rules, seed, folder)


def detail(epochs_folder, recordings, predictions, weights, trained_on, rules, engine, chosen, target, value, progress=None):
    from .relevance.details import detail_fold

    with files.stamped_folder(target, value) as folder:
        detail_fold(epochs_folder, recordings, files.read_table(predictions), weights, trained_on, rules, engine, chosen,
                    folder, progress)
