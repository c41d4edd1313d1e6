"""A study's findings: its shares and covariates come in; tables that need a scorer's stages go out, kept under their stamps."""

from __future__ import annotations

from . import files

PACKAGES = ("numpy", "pandas", "scipy", "statsmodels")


def regression(study):
    """Regression of shares on covariates: every rule, way of averaging and kind of rows."""
    from .analysis.regression import regress_all

    return _kept(study, "regression", "helpers.analysis.regression", lambda: regress_all(
        study.shares(), study.covariates(), study.config["rules"], study.cohort().reference))


def claims(study):
    """Each claim of the paper with what this run found and the verdict."""
    from .analysis.claims import criteria, judge

    effects = regression(study)
    made_of = [files.read_json(study.folder / "findings" / "regression" / files.STAMP)["stamp"], criteria()]
    return _kept(study, "claims", "helpers.analysis.claims", lambda: judge(
        study.shares(), effects, study.epochs().table, telemetry=study.config["cohort"] == "telemetry"), made_of)


def truth_checks(study):
    """What was planted against what was found."""
    from .analysis.truth import check_truth

    return check_truth(study.truth(), study.shares(), study.exchange(), study.regression())


def _kept(study, name, module, make, made_of=()):
    folder = study.folder / "findings" / name
    value = files.stamp([study.covariates().to_dict("list"), study.cohort().reference, *made_of], study.relevance_stamps(),
                            files.code_hash(module, PACKAGES))
    if not files.matches(folder, value):
        files.write_table(folder / f"{name}.parquet", make())
        files.mark(folder, value)
    return files.read_table(folder / f"{name}.parquet")
