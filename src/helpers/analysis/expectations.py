"""What planted facts say of a claim before any run: conditions and the truth of simulated nights come in, an expectation goes
out."""

from __future__ import annotations

from .conditions import kind
from .verdicts import FAILS, HOLDS, NOT_APPLICABLE, UNDECIDED

#: A sentence that is false though nothing says that a run can show it: an effect where none is.
HOLDS_NOT = "does not hold"
NOT_DECIDED = "not decided by what was planted"
#: Of several parts of a sentence the first of these that occurs is expected of the whole.
ORDER = (FAILS, HOLDS_NOT, NOT_DECIDED, HOLDS)
#: (expected, found) → whether they agree; what is not there is open.
AGREEMENT = {(HOLDS, HOLDS): "yes", (HOLDS, FAILS): "no", (FAILS, FAILS): "yes", (FAILS, HOLDS): "no", (HOLDS_NOT, FAILS): "yes",
             (HOLDS_NOT, UNDECIDED): "yes", (HOLDS_NOT, HOLDS): "no"}
OPEN = "open"


def expected(needs, truth):
    """The expectation of a sentence that must meet all these conditions."""
    parts = [part for need in needs for part in EXPECTED.get(kind(need), _unknown)(need, _Truth(truth))]
    return next(value for value in ORDER if value in parts)


def agrees(expectation, verdict):
    """Whether a verdict is as expected: "yes", "no" or "open"; "" where nothing is expected."""
    if expectation == NOT_DECIDED or verdict == NOT_APPLICABLE:
        return ""
    return AGREEMENT.get((expectation, verdict), OPEN)


class _Truth:
    """Planted facts by stage."""

    def __init__(self, truth):
        self.leading = {stage: {names} if isinstance(names, str) else set(names) for stage, names in truth["leading"].items()}
        self._effects = {(effect["stage"], effect["covariate"], effect["modality"]): effect["direction"]
                         for effect in truth["effects"]}
        self._none = {(pair["stage"], pair["covariate"]) for pair in truth.get("unaffected", ())}

    def leads(self, stage, one, other):
        """+1 where `one` was planted to lead and `other` was not, −1 the other way round, 0 where neither or both were."""
        leaders = self.leading.get(stage, set())
        return (one in leaders) - (other in leaders)

    def effect(self, stage, covariate, modality):
        """Direction that was planted; 0 where nothing was for any modality of the stage; None where another modality's effect
        moves this one's share as well."""
        planted = self._effects.get((stage, covariate, modality))
        return planted if planted else 0 if (stage, covariate) in self._none else None


def _unknown(need, truth):
    return [NOT_DECIDED]


def _more(need, truth):
    for stage in need["of"]:
        for one, other in zip(need["more"], need["more"][1:]):
            lead = 0 if stage == "all" else truth.leads(stage, one, other)
            yield FAILS if lead < 0 else HOLDS if lead > 0 and not need.get("times") else NOT_DECIDED


def _effect(need, truth):
    for stage in need["of"]:
        planted = truth.effect(stage, need["covariate"], need["modality"])
        yield NOT_DECIDED if planted is None else HOLDS_NOT if planted == 0 else HOLDS if planted == need["effect"] else FAILS


def _no_effect(need, truth):
    for stage in need["of"]:
        for modality in need["no_effect"]:
            yield HOLDS if truth.effect(stage, need["covariate"], modality) == 0 else NOT_DECIDED


def _largest(need, truth):
    planted = {stage: truth.effect(stage, need["covariate"], need["modality"]) for stage in need["of"]}
    claimed = planted.pop(need["largest"])
    others = {need["effect"] * value for value in planted.values() if value is not None}
    if claimed is not None and need["effect"] * claimed <= 0:
        yield FAILS if 1 in others or claimed else HOLDS_NOT
    else:
        yield HOLDS if claimed is not None and 1 not in others and None not in planted.values() else NOT_DECIDED


def _loses(need, truth):
    """Taking a leader away costs recall."""
    leads = [need["loses"] in truth.leading.get(stage, ()) for stage in need["of"]]
    yield HOLDS if sum(leads) >= need.get("at_least", len(leads)) else NOT_DECIDED


def _loses_little(need, truth):
    for stage in need["of"]:
        yield FAILS if need["loses_little"] in truth.leading.get(stage, ()) else NOT_DECIDED


EXPECTED = {"more": _more, "effect": _effect, "no_effect": _no_effect, "largest": _largest, "loses": _loses,
            "loses_little": _loses_little}
