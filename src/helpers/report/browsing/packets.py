"""What the subject browser shows, as bytes: an index of what there is to choose from, a packet for each night and for each
30-s epoch, all small enough to be loaded by themselves (static/browser-data.js unpacks them).
"""

from __future__ import annotations

import json
import os
import re
import zlib
from functools import cached_property, lru_cache

import numpy
import pandas

from ...constants import EPOCH_S, RATE, SAMPLES, STAGES
from ...relevance.rules import has_maps
from ...relevance.rules import label as rule_label
from ...relevance.rules import ordered as ordered_rules
from ..draw import palette
from ..draw.frequency_bands import STRENGTHS
from ..draw.true_stages import given
from .worth_a_look import worth_a_look

#: Display filters by modality: (high-pass, low-pass) in Hz. What the model saw is never filtered.
FILTERS = {"EEG": (0.3, 35), "EOG": (0.3, 35), "EMG": (10, None)}
ORDER = 2
#: A night's signals are drawn from the lowest and highest value of so many stretches at most, over all channels.
STRETCHES = 90_000
#: Signals are rounded to so many levels of their largest value (a night's: of all but its most extreme ones), which is
#: about what the height of their panels can show.
LEVELS, NIGHT_LEVELS = 40, 32
FULL, MISSING = 127, -128
#: Probabilities and shares are sent as whole numbers of this fraction of 1.
FRACTIONS = 65535


def packet(header, arrays):
    """A dict and named arrays as a compressed string of bytes: length of the header, the header as JSON, the arrays.

    Numbers are little-endian, and each array begins at a multiple of 4 bytes.
    """
    listed = {name: [array.dtype.str[1:], array.shape] for name, array in arrays.items()}
    head = json.dumps({**header, "arrays": listed}, ensure_ascii=False, separators=(",", ":")).encode()
    parts = [len(head).to_bytes(4, "little"), head, bytes(-len(head) % 4)]
    for array in arrays.values():
        content = numpy.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
        parts += [content, bytes(-len(content) % 4)]
    return zlib.compress(b"".join(parts), 9)


def slug(text):
    """A name as it stands in the address of the page: letters, digits, dots and dashes."""
    return re.sub(r"[^0-9A-Za-z.]+", "-", str(text)).strip("-").lower()


def filtered(values, modality):
    """Signals (samples,) at 100 Hz as they are displayed with the filter of their modality, forwards and backwards."""
    from scipy.signal import butter, sosfiltfilt

    if modality not in FILTERS or len(values) < SAMPLES:
        return values
    low, high = FILTERS[modality]
    kind, edge = ("bandpass", (low, high)) if high else ("highpass", low)
    return sosfiltfilt(butter(ORDER, edge, kind, fs=RATE, output="sos"), values).astype("float32")


def filter_label(modality):
    """The same in words."""
    if modality not in FILTERS:
        return "as recorded"
    low, high = FILTERS[modality]
    return f"{low} to {high} Hz" if high else f"above {low} Hz"


class Nights:
    """The recordings of a study that some fold tested.

    Parameters
    ----------
    epochs : `helpers.data.epochs.Epochs`.
    predictions, shares : tables of all folds.
    covariates : table of recording, subject and covariates.
    rules : names of the rules, in the order in which the study has them; they are offered in the report's.
    bands : table of frequency bands (`helpers.relevance.bands`), or None.
    context : neighbours on each side that the network takes with an epoch; shares are of all that it takes.
    """

    def __init__(self, epochs, predictions, shares, covariates, rules, bands=None, context=0):
        self.context = context
        self.epochs, self.rules, self.covariates = epochs, ordered_rules(rules), covariates
        self._runs = lru_cache(os.cpu_count())(self._runs)  # a night and its epochs are made of the same ones
        self._order = [list(rules).index(name) for name in self.rules]
        self.modalities = {name: epochs.modalities[name] for name in palette.modalities(epochs.modalities)}
        tables = [table.astype({"recording": str}) for table in (predictions, shares)]
        self._predictions, self._shares = ({name: rows for name, rows in table.groupby("recording")} for table in tables)
        self.recordings = [name for name in covariates["recording"].astype(str) if name in self._predictions]
        subjects = dict(zip(covariates["recording"].astype(str), covariates["subject"].astype(str)))
        self._all, bands = tables, pandas.DataFrame({"recording": [], "band": []}) if bands is None or bands.empty else bands
        #: Names of the frequency bands, from slow to fast.
        self.bands = list(dict.fromkeys(bands["band"].astype(str)))
        self._bands = {name: rows for name, rows in bands.astype({"recording": str}).groupby("recording")}
        #: recording → subject.
        self.subjects = {name: subjects[name] for name in self.recordings}

    def folds(self, recording):
        """Numbers of the folds that tested it."""
        return sorted(int(fold) for fold in self._predictions[recording]["fold"].unique())

    @cached_property
    def labels(self):
        """recording → what tells it from the subject's other nights: the value of a covariate, or its name."""
        table = self.covariates[self.covariates["recording"].astype(str).isin(self.recordings)]
        for name in table.columns[2:]:
            values = table[name].astype(str)
            if (values != "nan").all() and not table.assign(value=values.map(slug)).duplicated(["subject", "value"]).any() \
                    and table.groupby("subject")[name].nunique().max() > 1:
                return dict(zip(table["recording"].astype(str), values))
        return {name: name for name in self.recordings}

    def index(self, detail_words, notice="", opened=None):
        """What there is to choose from, as a packet; night number i of `recordings` is called night-i.

        detail_words : which epochs can be opened. notice : marks the nights. opened : function recording → numbers of the epochs
        that can be opened, None where all can.
        """
        subjects = {}
        for number, (recording, subject) in enumerate(self.subjects.items()):
            subjects.setdefault(subject, []).append(
                {"recording": recording, "label": self.labels[recording], "slug": slug(self.labels[recording]),
                 "file": f"night-{number}", "folds": self.folds(recording)})
        modalities = []
        for name, channels in self.modalities.items():
            look = palette.look(name, list(self.modalities))
            modalities.append({"name": name, "channels": channels, "colour": look.line, "pattern": look.pattern})
        return packet({
            "subjects": [{"subject": name, "slug": slug(name), "nights": nights} for name, nights in subjects.items()],
            "rules": [{"name": rule, "slug": slug(rule), "label": rule_label(rule), "maps": has_maps(rule)} for rule in self.rules],
            "averages": [{"name": name, "label": label} for name, label in palette.AVERAGING.items()],
            "stages": [{"name": stage, "colour": palette.STAGE_FILLS[stage], "pattern": palette.STAGE_PATTERNS[stage],
                        "height": palette.STAGE_HEIGHTS[stage]} for stage in STAGES],
            "supports": palette.POSITIVE, "against": palette.NEGATIVE, "levels": {"night": NIGHT_LEVELS, "epoch": LEVELS},
            "missing": MISSING, "fractions": FRACTIONS,
            "modalities": modalities, "bands": self.bands, "strengths": STRENGTHS, "context": self.context, "worth": self._worth(opened),
            "detail": detail_words, "notice": notice, "given": given(notice)}, {})

    def _worth(self, opened):
        """Epochs that are worth a look by kind, as the index has them; of those that can be opened, where not all can, it is said."""
        onsets = self.epochs.table.astype({"recording": str}).set_index(["recording", "epoch"])["onset_s"]
        found, kinds = worth_a_look(*self._all, self.rules[0]), {}
        for row in found[found["recording"].isin(self.recordings)].itertuples():
            kinds.setdefault(row.kind, []).append(
                {"subject": self.subjects[row.recording], "night": self.labels[row.recording], "fold": int(row.fold), "epoch": int(row.epoch),
                 "onset": float(onsets[row.recording, row.epoch]), "why": row.why,
                 "opens": opened is not None and int(row.epoch) in opened(row.recording)})
        return [{"kind": kind, "epochs": listed} for kind, listed in kinds.items()]

    # ---------------------------------------------------------------- a night

    def night(self, recording, opened=()):
        """A night as a packet; `opened` are the numbers of the epochs whose 30 s can be had, or "all"."""
        info, slots = self.epochs.info(recording), self._slots(recording)
        low, high, scales, stretch_s = self._envelopes(recording, slots)
        folds = self.folds(recording)
        reasons = sorted(set(slots["reason"]) - {""})
        header = {"recording": recording, "start": info["start"], "epoch_s": EPOCH_S, "stretch_s": stretch_s,
                  "folds": folds, "rules": self.rules, "reasons": reasons, "scales": scales,
                  "opened": opened if opened == "all" else sorted(int(epoch) for epoch in opened),
                  "channels": [{"name": channel["name"], "unit": channel["unit"], "modality": channel["modality"],
                                "filter": filter_label(channel["modality"])} for channel in info["channels"]]}
        stages = {stage: number for number, stage in enumerate(STAGES)}
        arrays = {"onset": slots["onset_s"].to_numpy("float32"), "epoch": slots["epoch"].to_numpy("int32"),
                  "reason": slots["reason"].map({"": -1, **{name: at for at, name in enumerate(reasons)}}).to_numpy("int8"),
                  "low": low, "high": high}
        arrays |= self._explained(recording, slots, stages) | self._banded(recording, slots)
        return packet(header, arrays)

    def _slots(self, recording):
        ledger = self.epochs.ledger
        return ledger[ledger["recording"] == recording].sort_values("onset_s").reset_index(drop=True)

    def _explained(self, recording, slots, stages):
        """Stages, probabilities and shares by fold, slot by slot, in FRACTIONS; −1 where there is no stage, and log_total −inf
        where there is no share."""
        predictions, shares = self._predictions[recording], self._shares[recording]
        folds, n, m = self.folds(recording), len(slots), len(self.modalities)
        true, predicted = numpy.full(n, -1, "int8"), numpy.full((len(folds), n), -1, "int8")
        probabilities = numpy.zeros((len(folds), n, len(STAGES)), "uint16")
        fractions = numpy.zeros((len(folds), len(self.rules), n, m), "uint16")
        log_total = numpy.full((len(folds), len(self.rules), n), -numpy.inf, "float32")
        slot_of = {epoch: slot for slot, epoch in enumerate(slots["epoch"])}
        names = list(self.modalities)
        for number, fold in enumerate(folds):
            rows = predictions[predictions["fold"] == fold]
            at = rows["epoch"].map(slot_of).to_numpy()
            true[at] = rows["true"].astype(str).map(stages).fillna(-1)
            predicted[number, at] = rows["predicted"].astype(str).map(stages)
            probabilities[number, at] = numpy.rint(FRACTIONS * rows[[f"p_{stage}" for stage in STAGES]].to_numpy())
            of_fold = shares[shares["fold"] == fold]
            for rule_number, rule in enumerate(self.rules):
                wide = of_fold[of_fold["rule"].astype(str) == rule].astype({"modality": str})
                wide = wide.pivot(index="epoch", columns="modality", values=["share", "log_total"])
                at = wide.index.map(slot_of).to_numpy()
                fractions[number, rule_number, at] = numpy.rint(FRACTIONS * wide["share"][names].fillna(0))
                log_total[number, rule_number, at] = wide["log_total"][names[0]]  # −inf where no share is a number
        return {"true": true, "predicted": predicted, "probabilities": probabilities, "shares": fractions,
                "log_total": log_total}

    def _banded(self, recording, slots):
        """Frequency bands of shares, in FRACTIONS: (folds, rules, slots, modalities, bands), 0 of rules that have none; nothing
        where there are no bands."""
        if recording not in self._bands:
            return {}
        folds, names = self.folds(recording), list(self.modalities)
        fractions = numpy.zeros((len(folds), len(self.rules), len(slots), len(names), len(self.bands)), "uint16")
        slot_of = {epoch: slot for slot, epoch in enumerate(slots["epoch"])}
        rows = self._bands[recording].astype({"rule": str, "modality": str, "band": str}).dropna(subset=["share"])
        at = [rows[column].map({value: number for number, value in enumerate(values)}).to_numpy()
              for column, values in (("fold", folds), ("rule", self.rules), ("modality", names), ("band", self.bands))]
        fractions[at[0], at[1], rows["epoch"].map(slot_of).to_numpy(), at[2], at[3]] = numpy.rint(FRACTIONS * rows["share"])
        return {"bands": fractions}

    def _rows(self, recording):
        table = self.epochs.table
        return numpy.flatnonzero((table["recording"] == recording).to_numpy())

    def _runs(self, recording):
        """First slot's onset in s → signals of a stretch without a gap, in their units, without and with the display filter:
        (2, samples, channels)."""
        rows = self._rows(recording)
        onsets = self.epochs.table["onset_s"].to_numpy()[rows]
        breaks = numpy.flatnonzero(numpy.abs(numpy.diff(onsets) - EPOCH_S) > 1e-3) + 1
        channels, runs = self.epochs.info(recording)["channels"], {}
        for run in numpy.split(numpy.arange(len(rows)), breaks):
            values = self.epochs.microvolts(rows[run])
            values = values.reshape(-1, values.shape[2])
            other = [filtered(values[:, number], channel["modality"]) for number, channel in enumerate(channels)]
            runs[float(onsets[run[0]])] = numpy.stack([values, numpy.stack(other, 1)])
        return runs

    def _envelopes(self, recording, slots):
        """Lowest and highest values of stretches, int8 (2, channels, stretches), without and with the display filter; the
        signal in its unit is level × scales[filter][channel]; and the length of a stretch in s."""
        channels, end_s = self.epochs.info(recording)["channels"], float(slots["onset_s"].iloc[-1]) + EPOCH_S
        first_s = float(slots["onset_s"].iloc[0])
        for seconds in (0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 6, 10, 15, 30):  # whole numbers of stretches to an epoch
            size = round(seconds * RATE)
            if (end_s - first_s) * RATE / size * len(channels) <= STRETCHES:
                break
        count = -(-round((end_s - first_s) * RATE) // size)
        bounds = numpy.full((2, 2, len(channels), count), numpy.nan, "float32")  # (lowest and highest, filter, …)
        for onset, shown in self._runs(recording).items():
            start = round((onset - first_s) * RATE / size)
            shown = shown[:, :shown.shape[1] // size * size].reshape(2, -1, size, len(channels))
            for bound, reduced in zip(bounds, (shown.min(2), shown.max(2))):
                bound[:, :, start:start + reduced.shape[1]] = reduced.transpose(0, 2, 1)
        reach = numpy.nanquantile(numpy.abs(bounds), 0.998, axis=(0, 3))  # an artefact must not flatten the night
        scales = numpy.where(reach > 0, reach, 1) / NIGHT_LEVELS
        levels = numpy.rint(bounds / scales[:, :, None]).clip(-FULL, FULL)
        levels = numpy.where(numpy.isnan(levels), MISSING, levels).astype("int8")
        return levels[0], levels[1], scales.tolist(), size / RATE

    # --------------------------------------------------------------- an epoch

    def epoch_signals(self, recording):
        """Function epoch number → its signals without and with the display filter, (2, 3000, channels)."""
        table, runs = self.epochs.table, self._runs(recording)
        rows = self._rows(recording)
        onsets = dict(zip(table["epoch"].to_numpy()[rows].tolist(), table["onset_s"].to_numpy()[rows].tolist()))

        def signals(epoch):
            run = max(start for start in runs if start <= onsets[epoch] + 1e-6)
            at = round((onsets[epoch] - run) * RATE)
            return runs[run][:, at:at + SAMPLES]
        return signals

    def epoch(self, epoch, signals, levels, scale):
        """The 30 s of an epoch as a packet.

        Parameters
        ----------
        epoch : its number.
        signals : (2, 3000, channels) as of `epoch_signals`.
        levels, scale : fold → coarse relevance by rule (`helpers.relevance.details`), (rules, bins, channels) int8 and
            (rules,), in the order of the study's rules.

        Its signals, int8 (2, channels, 3000): levels without and with the display filter. A signal in its unit is
        level × scales[filter][channel] + middle[filter][channel].
        """
        middle = numpy.median(signals, axis=1, keepdims=True)
        reach = numpy.abs(signals - middle).max(1)
        scales = numpy.where(reach > 0, reach, 1) / LEVELS
        rounded = numpy.rint((signals - middle) / scales[:, None]).astype("int8")
        header = {"epoch": int(epoch), "folds": [int(fold) for fold in levels], "scales": scales.tolist(),
                  "middle": middle[:, 0].tolist(),
                  "relevance_scales": [of_rules[self._order].tolist() for of_rules in scale.values()]}
        relevance = numpy.zeros((0, len(self.rules), 0, 0), "int8")
        if levels:
            relevance = numpy.stack([of_rules[self._order] for of_rules in levels.values()])
        return packet(header, {"signals": rounded.transpose(0, 2, 1), "relevance": relevance.transpose(0, 1, 3, 2)})
