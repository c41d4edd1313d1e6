"""Which of a cohort's coefficients a claim is about: covariates and the level and reference that it names come in."""

from __future__ import annotations

from dataclasses import dataclass

from ..data.covariates import complete, is_number


@dataclass(frozen=True)
class Contrast:
    """level, reference : of the coefficient, "" for numbers. factor : what turns it into the claim's: −1 where the cohort's
    reference is the claim's level; of a number its range, over which effects are read. over : the range in words. reason : why the
    claim is not applicable to this cohort, or ""."""

    level: str = ""
    reference: str = ""
    factor: float = 1.0
    over: str = ""
    reason: str = ""


def contrast(covariates, coefficients, covariate, level="", reference=""):
    """The `Contrast` of a covariate.

    Parameters
    ----------
    covariates : table of recording, subject, then covariates.
    coefficients : set of (covariate, level, reference) that the regression has.
    level, reference : as the claim names them, spelled as they are to stand in the cohort; "" for a number.
    """
    if covariate not in covariates:
        return Contrast(reason=f"nothing is known of {covariate} in this cohort")
    known = covariates.loc[complete(covariates, covariates.columns), covariate]
    if not level:
        if not is_number(known):
            return Contrast(reason=f"{covariate} is no number in this cohort")
        low, high = known.min(), known.max()
        return Contrast(factor=float(high - low), over=f"from {low:g} to {high:g}")
    if is_number(known):
        return Contrast(reason=f"{covariate} is written in numbers; written as {reference} and {level} in the cohort's table it "
                               "would be judged")
    there = sorted(set(known.astype(str)))
    if missing := [name for name in (level, reference) if name not in there]:
        return Contrast(reason=f"{covariate} is {' or '.join(there) or 'not known'} here, never {' nor '.join(missing)}; if that "
                               f"is meant, write {reference} and {level} in the cohort's table")
    if (covariate, level, reference) in coefficients:
        return Contrast(level, reference)
    if (covariate, reference, level) in coefficients:
        return Contrast(reference, level, -1.0)
    against = sorted({third for name, _, third in coefficients if name == covariate})
    return Contrast(reason=f"the regression holds {covariate} against {' and '.join(against) or 'nothing'}, so that {level} and "
                           f"{reference} are not compared; name {reference} as its reference beside the cohort's table")
