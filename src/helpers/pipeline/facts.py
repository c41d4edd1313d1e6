"""What a step may need to know besides settings and results: plain values that a run and a part of a step give."""

from __future__ import annotations


def _night(run, recording):
    cohort = run.cohort
    subject = cohort.table.set_index("recording")["subject"][recording]
    return {"subject": subject, "modalities": cohort.modalities, "marker": cohort.marker, "stages": cohort.stages,
            "scoring": cohort.scoring}


def members_of(run, *part):
    """Fold → who is in it, of a part that ends with its fold."""
    fold = part[-1]
    of_fold = run.folds[run.folds["fold"] == fold]
    return {int(fold): sorted(of_fold[["subject", "role"]].values.tolist())}


def _tested(run, fold):
    subjects = set(run.folds.loc[(run.folds["fold"] == fold) & (run.folds["role"] == "test"), "subject"])
    return [row.recording for row in run.cohort.table.itertuples() if row.subject in subjects]


def _epochs_to_open(run, fold):
    from ..analysis.selection import epochs_to_open

    if "epochs_to_open" not in run.notes:
        run.notes["epochs_to_open"] = epochs_to_open(run.table("predictions", "predictions.parquet"), run.settings["detail"])
    chosen = run.notes["epochs_to_open"]
    return chosen.loc[chosen["recording"].isin(_tested(run, fold)), ["recording", "epoch"]].values.tolist()


def _covariates(run, *_):
    from ..data.covariates import periods

    table, given = run.cohort.covariate_table, run.cohort.period
    starts = {name: run.epochs.info(name)["start"] for name in table["recording"]} if given is None else {}
    return {"table": table.to_dict("list"), "reference": run.cohort.reference,
            "period": given or periods(table, starts)}


def _network(run, *_):
    """Which network is trained, as `model.networks.made` takes it; of a file of the user's own, with its hash."""
    from ..model.networks import about_network

    return about_network(run.settings["network"], run.settings["context"])


def _second(run, *_):
    """The network that is trained beside it."""
    from ..trust.second_network import second

    return second(_network(run))


#: Name → function of a run and a part that gives what the name stands for, as plain values.
FACTS = {"night": _night, "members": members_of, "tested": _tested, "epochs_to_open": _epochs_to_open,
         "covariates": _covariates, "network": _network, "second": _second, "truth": lambda run: run.truth, "telemetry": lambda run: run.settings["cohort"] == "telemetry"}
