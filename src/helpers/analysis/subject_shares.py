"""Shares of every explained epoch come in; each subject's own mean share goes out, so that people are seen rather than folds."""

from __future__ import annotations

KEYS = ["rule", "predicted", "modality"]


def subject_shares(shares):
    """Mean share of each modality in each subject's epochs, by rule and by the stage that the network says.

    Parameters
    ----------
    shares : table of `helpers.relevance.shares`. An epoch that several folds tested counts once for each.

    Returns
    -------
    Table of subject, rule, predicted, modality, share (0 to 1), n (epochs with relevance).
    """
    plain = shares.astype(dict.fromkeys(("subject", *KEYS), str)).dropna(subset="share")
    found = plain.groupby(["subject", *KEYS], sort=False)["share"].agg(["mean", "size"]).reset_index()
    return found.rename(columns={"mean": "share", "size": "n"})
