"""What a notebook holds: one study, and one name for each of its results, which is made when it is asked for and not there."""

from dataclasses import dataclass
from pathlib import Path

from .pipeline import config, provenance
from .pipeline.facts import FACTS
from .pipeline.results import of_run, table
from .pipeline.run import Run
from .pipeline.trained import Trained
from .pipeline.trial_results import TrialResults


@dataclass
class Study(TrialResults):
    """One profile with its settings, its nights and its results. Made by `Study.open`."""
    run: Run

    @classmethod
    def open(cls, profile="demo", data=None, cohort=None, artifacts=None, settings=None, scheduler=None, progress=True):
        """A study of `profile`.

        Parameters
        ----------
        profile, data : file in profiles/; folder of the recordings, filled if they are missing (default: within the store).
        cohort, artifacts : CSV of one's own recordings, in place of the profile's; folder of the store (default artifacts/).
        settings : dict of settings in place of the profile's; `trained_folds`, a study, has its folds explain every night.
        scheduler : address of a dask scheduler; by default local worker processes. What does not fit raises an InputError.
        """
        config.check_arguments(data, artifacts, settings)
        chosen = config.load(profile, {**(settings or {}), "cohort": cohort and str(cohort)})
        store = config.store_folder(artifacts, progress)
        trained = Trained.found(chosen["trained_folds"], store, (settings or {}).get("network"), chosen["context"]) if "trained_folds" in chosen else None
        name, about = config.study(profile, chosen, store, trained)
        return cls(Run(name, about, trained.settings(chosen) if trained else chosen, store,
                       Path(data).resolve() if data else None, scheduler, progress, trained))

    config = property(lambda self: self.run.settings)
    name = property(lambda self: self.run.study)
    scored = property(lambda self: self.cohort().scored, doc="Whether somebody scored the nights.")
    notice = property(lambda self: provenance.notice(self.run), doc="The sentence that marks simulated nights; else empty.")
    compute = property(lambda self: self.run.compute, doc="Every result that these nights allow, made where it is not there.")

    cohort = of_run("cohort", "The `Cohort`; its files are simulated or fetched first if they are not there.")
    folds = of_run("folds", "Table of fold, subject, role; folds that were trained before test everybody.")
    epochs = of_run("epochs", "The `Epochs` of all recordings.")
    details = of_run("details", "`relevance.details.Details` of the epochs that a published page lets its readers open.")
    opener = of_run("opener", "`relevance.details.Opener`, which computes the same of any test epoch.")
    networks = of_run("networks", "Words for this study's network and for the one that is trained beside it: own, other.")
    truth = of_run("truth", "What was planted in simulated nights, or None for real ones.")

    def covariates(self):
        """Covariates of each recording: recording, subject, then the cohort's covariates."""
        return self.cohort().covariate_table

    predictions = table("predictions", "One row per fold and test epoch: true stage (empty where nobody scored), predicted, probabilities.")
    history = table("training", "One row per fold and training epoch.", "history")
    ablation = table("ablation", "What each test epoch's predicted stage loses without a modality, by what replaces it.")
    recall_lost = table("ablation", "Recall lost per replacement, fold, stage and modality.", "recall")
    exchange = table("ablation", "The same where a modality is exchanged between a sleeper's epochs.", "recall", "replacement == 'exchange'")
    shares = table("shares", "One row per fold, epoch, rule and modality: share, its signed parts, log_total.")
    agreement = table("audit", "Shares of some test epochs by both engines: one row per fold, epoch, rule and modality.", "agreement")
    ledger = table("audit", "What became of relevance in each layer: one row per fold, epoch, rule and layer.", "ledger")

    ablation_regression = table("ablation_regression", "Regression of what is lost without a modality on covariates.")
    regression = table("regression", "Regression of shares on covariates: every rule, selection, average, kind of rows and scale.")
    joint = table("regression", "Tests of all log-ratios of a stage together: every rule, selection and way of averaging.", "joint")

    def misread(self):
        """(misread minus correct epochs within subjects, how the rate of misreading depends on covariates)."""
        return tuple(self.run.table("misread", f"{name}.parquet") for name in ("differences", "rates"))

    def period(self):
        """Recording → which of the subject's nights it is, by a column of the cohort or by date; None where that is not known."""
        return FACTS["covariates"](self.run)["period"]

    claims = table("claims", "Each claim: what this run found, the verdict under the paper's choices, how many others share it.")
    specifications = table("claims", "Each claim under every combination of choices: value, interval, verdict.", "specifications")
    variance = table("variance", "Variance between subjects, nights, epochs and networks by rule, stage and modality.")
    error_rates = table("error_rates", "How often each method rejects in cohorts drawn with these variances.")

    truth_checks = table("truth_checks", "What was planted against what was found, or None for real nights.")
    likeness = table("likeness", "How near simulated nights are to a real one, or None for real ones.")

    def nights(self):
        """What the subject browser shows of the nights."""
        from .report.browsing.packets import Nights

        return Nights(self.epochs(), self.predictions(), self.shares(), self.covariates(), self.config["rules"],
                      self.bands() if self.config["trial"] != "off" else None, self.run.network.get("context", 0))

    def browser(self, **state):
        """The subject browser in JupyterLab; `state` says what it shows first, such as night="ST7011"."""
        from .report.browsing.lab_widget import Browser

        return Browser(self.nights(), self.opener(), self.notice, **state)
