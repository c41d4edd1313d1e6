"""Which epochs a published page lets its readers open: predictions come in, a choice of epochs goes out."""

from __future__ import annotations

import pandas

#: What `detail` may be → what it means, in words that follow "30 s of signals and relevance of".
CHOICES = {
    "all": "every epoch",
    "disagreements": "misread epochs, at most 40 a night, and an example of each group in each night",
    "none": "no epoch",
}
MOST = 40


def epochs_to_open(predictions, detail="disagreements"):
    """The epochs whose 30 s a published page holds.

    Parameters
    ----------
    predictions : table of fold, recording, epoch, true, predicted and p_<stage>.
    detail : one of CHOICES. "disagreements" takes, in each recording, the up to 40 epochs that some fold misread with the
        highest probability, and of each pair of true and predicted stage the epoch predicted with the highest.

    Returns
    -------
    Table of recording and epoch, one row per epoch, sorted.
    """
    keys = ["recording", "epoch"]
    if detail == "none":
        return predictions.iloc[:0][keys].reset_index(drop=True)
    table = predictions[[*keys, "true", "predicted"]].astype({"recording": str, "true": str, "predicted": str})
    if detail == "disagreements":
        columns = [column for column in predictions.columns if column.startswith("p_")]
        table["sure"] = predictions[columns].max(axis=1).to_numpy()
        table = table.sort_values(["sure", *keys], ascending=[False, True, True], kind="stable")
        examples = table.drop_duplicates(["recording", "true", "predicted"])
        wrong = table[(table["true"] != "") & (table["true"] != table["predicted"])].drop_duplicates(keys)
        table = pandas.concat([examples, wrong.groupby("recording").head(MOST)])
    return table[keys].drop_duplicates().sort_values(keys, ignore_index=True)
