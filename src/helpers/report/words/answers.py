"""The answer of each page, in two sentences under its question."""

import functools

import numpy
import pandas

from ...analysis.clear_lead import clear_lead
from ...analysis.hits import hits_and_alarms
from ...analysis.regression import TESTS
from ...constants import ALPHA, STAGES
from ...relevance.rules import label as rule_label
from ..draw import palette
from ..draw.boxes import leaders, ordered, quartiles, spread
from ..draw.coefficients import SHORT, about, agree, between, plainly, signed, title
from ..draw.engines import LIMIT, differences, ends
from ..draw.rejections import null, percent
from ..draw.sleepers import HUMAN, SCORERS
from ..draw.true_stages import given, source
from .markdown import ANSWER, in_markdown, joined, plain, small

#: Standardised size of an effect that is called large (Cohen 1988).
LARGE = 0.8


def answer(words):
    """`in_markdown`, with the word that says what it is."""
    @in_markdown
    @functools.wraps(words)
    def with_answer(*tables):
        return ANSWER + words(*tables)
    return with_answer


@answer
def nights(table, epochs, ledger):
    """How many subjects, nights and epochs; how much was dropped and why, as far as a single reason has the most of it."""
    parts = epochs["stage"].astype(str).value_counts(normalize=True).drop("", errors="ignore")
    stages = (f", {100 * parts.iloc[0]:.0f} % of them {parts.index[0]} and {100 * parts.get('N1', 0):.0f} % N1"
              if len(parts) else ", which nobody scored")
    dropped = ledger.loc[~ledger["kept"], "reason"].astype(str).value_counts()
    why = f" *{dropped.index[0]}* ({dropped.iloc[0]:,})" if len(dropped) else ""
    if why:
        why = f", most of them for{why}" if 2 * dropped.iloc[0] > dropped.sum() else f", more of them for{why} than for any other reason"
    return (f"{table['subject'].nunique()} subjects gave {len(table)} nights and {len(epochs):,} sleep epochs of 30 s"
            f"{stages}. Left out were {dropped.sum():,} of {len(ledger):,} slots "
            f"({100 * dropped.sum() / max(len(ledger), 1):.1f} %){why}.")


@answer
def network(overall, by_fold, notice=""):
    """Accuracy with its range over folds, kappa beside that of human scorers, the worst stage."""
    value = overall[overall["stage"].astype(str) == "all"].set_index("measure")["value"]
    folds = 100 * by_fold.loc[by_fold["measure"] == "accuracy", "value"]
    f1 = overall[overall["measure"] == "f1"].dropna(subset="value").set_index("stage")["value"]
    return (f"On subjects it has never seen, the network agrees with {source(notice)} in {100 * value['accuracy']:.1f} % of epochs "
            f"(folds: {folds.min():.0f} to {folds.max():.0f} %), least in {f1.idxmin()}. Cohen's kappa is {value['kappa']:.2f}; of two human scorers it "
            f"is {HUMAN} [{SCORERS[0]}, {SCORERS[1]}]{', but planted stages are no scorer' if given(notice) == 'planted' else ''}.")


@answer
def global_relevance(mean, pooled, groups, floors=None):
    """The modality with the largest share under each rule; what pooling, the stage and a mistake change about it; what exceeds the floor."""
    table = ordered(mean)[0]
    numbers = quartiles(table, ["rule", "modality"])
    first = dict(leaders(numbers))
    medians = joined([f"{spread(row)} under {rule_label(rule)}" for rule, row in first.items()])
    return (f"The largest share of relevance falls on {medians} (median [quartiles] over folds). {by_stage(groups, numbers['rule'].iloc[0])}. "
            f"{pooling(table, ordered(pooled)[0])}{exceeding(floors, list(first))}")


def pooling(mean, pooled):
    """What leads under each rule once relevance is pooled, against what leads by the mean of shares."""
    said = {}
    for rule, rows in mean.groupby("rule", sort=False):
        before, after = (found.modality if (found := clear_lead(table)) and found.is_clear else None for table in (rows, pooled[pooled["rule"] == rule]))
        words = ("no modality leads clearly" if after is None else "the same modality leads" if after == before else
                 f"{after} leads instead of {before}" if before else f"{after} leads, where by the mean of shares none does clearly,")
        said.setdefault(words, []).append(rule_label(rule))
    return f"When relevance is pooled, {joined([f'{words} under {joined(rules)}' for words, rules in said.items()])}."


def exceeding(floors, rules):
    """How many shares of a stage lie above their floor, and in how many epochs a share tells signal from noise."""
    if floors is None:
        return ""
    plain = floors.astype({"rule": str, "reading": str, "stage": str})
    plain = plain[(plain["reading"] == "share") & plain["rule"].isin(rules)]
    by_stage, whole = plain[plain["stage"] != "all"], plain[plain["stage"] == "all"].groupby("rule")["told"].mean()
    rows = by_stage if len(by_stage) else plain
    told = f"{100 * whole.min():.0f} to {100 * whole.max():.0f} %" if len(whole) > 1 else f"{100 * whole.max():.0f} %"
    return (f" Of {len(rows)} shares by rule, stage and modality {int((rows['low'] > 0).sum())} exceed their floor (95 % interval over subjects above 0): what "
            f"noise in a modality's place would get. A share is higher with the signal than with noise in {told} of epochs (50 % is chance), so that by "
            "itself it does not say that a modality was used.")


def by_stage(groups, rule):
    """Who leads in which stage where the network is right, and in how many stages that is another where it is wrong."""
    table = groups[(groups["rule"].astype(str) == rule) & groups["share"].notna()].astype(
        {"true": str, "predicted": str, "modality": str})
    label = rule_label(rule)
    if not table["true"].isin(STAGES).any():
        return f"By the stage that the network says, under {label} {lead_words(lead(table, 'predicted'))}"
    table = table[table["true"].isin(STAGES)]
    right = table["true"] == table["predicted"]
    first, other = ({stage: found.modality for stage, found in lead(rows, "true").items() if found.is_clear} for rows in (table[right], table[~right]))
    both = [stage for stage in first if stage in other]
    return (f"Where the network is right, under {label} {lead_words(lead(table[right], 'true'))}; where it is wrong "
            + _where_wrong(sum(first[stage] != other[stage] for stage in both), len(both)))


def _where_wrong(changed, stages):
    """In how many stages the lead is another's where the network is wrong, of those that have a clear lead both ways."""
    if not stages:
        return "no stage can be compared"
    if not changed:
        return f"the same {'one leads in the one stage' if stages == 1 else f'ones lead in all {stages} stages'} that can be compared"
    return f"another leads in {changed} of {stages} {'stage' if stages == 1 else 'stages'} that can be compared"


def lead(table, column):
    """Stage → `clear_lead.Lead` over folds, in the field's order; a fold's share is over all its epochs of the stage."""
    by_fold = table.assign(total=table["share"] * table["n"]).groupby([column, "modality", "fold"], sort=False)[["total", "n"]].sum()
    by_fold = (by_fold["total"] / by_fold["n"]).rename("share").reset_index()
    found = {stage: clear_lead(by_fold[by_fold[column] == stage]) for stage in palette.stages(by_fold[column])}
    return {stage: of_stage for stage, of_stage in found.items() if of_stage}


def lead_words(found):
    """`EEG leads in N2 and N3, EOG leads in REM, and no modality leads clearly in W`, of `lead`."""
    clear = {stage: of_stage.modality for stage, of_stage in found.items() if of_stage.is_clear}
    parts = [f"{name} leads in {joined([stage for stage in clear if clear[stage] == name])}" for name in palette.modalities(clear.values())]
    rest = joined([stage for stage in found if stage not in clear])
    return ", ".join(parts + [f"{'and ' if parts else ''}no modality leads clearly in {rest}"] * bool(rest)) or "no stage has any"


@answer
def timeline(window, notice=""):
    """Where the night leans on average, and what is different where the network is wrong."""
    epochs = window.table[window.table["kept"]]
    names, right, scored = palette.modalities(window.modalities), epochs["true"] == epochs["predicted"], epochs["true"] != ""
    agrees = (f"The network agrees with {source(notice)} in {right.sum():,} of {scored.sum():,} epochs" if scored.any() else
              f"The network stages {len(epochs):,} epochs, which nobody scored,")
    means = 100 * epochs[names].mean()
    if means.isna().all():
        return f"{agrees} of recording {plain(window.recording)}. No relevance reached the input in any of them."
    leans = "mostly on {}, with" if means.max() > 50 else "more on {} than on any other modality, with"
    agreement = f"{agrees} of recording {plain(window.recording)} and leans {leans.format(plain(means.idxmax()))} {means.max():.0f} % of an epoch's relevance on average."
    wrong = scored & ~right
    moved = 100 * (epochs.loc[wrong, names].mean() - epochs.loc[right, names].mean())
    if not scored.any():
        return agreement
    if moved.isna().all():
        return f"{agreement} It is {'always' if wrong.any() else 'never'} wrong in this window, so nothing can be compared."
    most = moved.abs().idxmax()
    before, after = (100 * epochs.loc[rows, most].mean() for rows in (right, wrong))
    return f"{agreement} Where it is wrong, {plain(most)} changes most: {after:.0f} % there, {before:.0f} % where it is right."


@answer
def covariates(table, truth=None):
    """How many effects each test finds under a rule and an average, the largest on which all agree; hits and false alarms."""
    if table.empty:
        return "Nothing is known of these sleepers, so there is nothing to regress on."
    tests = int(table["p_ols"].notna().sum())
    if not tests:
        return f"None of {len(table)} tests could be made with these nights. The table of coefficients says why."
    counts = {test: int((table[f"q_{test}"] < ALPHA).sum()) for test in TESTS}
    table = plainly(table)
    both = table[agree(table)]
    found = (f"Under {about(table)}, of {tests} tests OLS, which takes epochs as independent, calls {counts['ols']} "
             f"significant, errors clustered by subject {counts['clustered']}, permutation over subjects "
             f"{counts['permutation']}, and all three agree on "
             f"{len(both)}{largest(table, both)}.")
    if truth is None:
        return found
    rows = hits_and_alarms(table, truth).to_dict("records")
    hits, alarms = (joined([str(row[name]) for row in rows]) for name in ("hits", "alarms"))
    return (f"{found} In these simulated nights ({joined([SHORT[row['test']] for row in rows])}) hits are {hits} of "
            f"{rows[0]['planted']} planted effects, false alarms {alarms} of {rows[0]['without']} pairs of stage and covariate "
            "without one.")


def largest(table, rows):
    """The largest of some effects, with the interval of clustered errors."""
    if rows.empty:
        return ""
    row = rows.loc[rows["coefficient_clustered"].abs().idxmax()]
    return (f", the largest of them {row['modality']} in {row['stage']}, {signed(row['coefficient_clustered'])} points "
            f"{between(row, 'clustered')} ({title(table, (row['covariate'], row['level']))})")


@answer
def error_rates(table):
    """How often methods find something where nothing is, and how often permutation finds what is there."""
    if table.empty:
        return "Nothing is known of these sleepers, or no stage has variances to draw from, so no test can be wrong."
    rows = null(table)
    fooled = rates_of(rows[rows["method"] == "ols"]) or "no test that could be made"
    others = [f"{words} in {between_rates(rows.loc[rows['method'] == name, 'rate'])}" for name, words in
              (("clustered", "errors clustered by subject (CRV3)"), ("permutation", "permutation")) if name in set(rows["method"])]
    said = (f"With these {table['subjects'].max()} subjects and under {rule_label(table['rule'].iloc[0])}, of cohorts without "
            f"an effect OLS over epochs finds one in {fooled}, with {100 * ALPHA:g} % allowed; "
            f"{joined(others) or 'nothing else could be made'}.")
    planted = table[(table["method"] == "permutation") & (table["stage"] == "all") & (table["effect_size"] > 0)]
    if planted.empty:
        return said
    size = min(planted["effect_size"], key=lambda size: abs(size - LARGE))
    return (f"{said} A large effect, d = {size:g}, is found by permutation in "
            f"{rates_of(planted[planted['effect_size'] == size])}.")


def rates_of(rows):
    """`22 % for medication, 64 % for sex and 64 % for age`, of one method's rows; levels are named where there are several."""
    several = rows.groupby("covariate")["level"].nunique() > 1
    return joined([f"{percent(row.rate)} for {row.covariate}{f' {row.level}' if several[row.covariate] else ''}"
                   for row in rows.itertuples()])


def between_rates(rates):
    """`4.0 %`, or `4.0 to 4.3 %`."""
    low, high = percent(rates.min()), percent(rates.max())
    return low if low == high else f"{low.removesuffix(' %')} to {high}"


@answer
def claims(table, checks=None, alarms=None):
    """How the claims came out and by which choices, how many hang on a choice, and whether the run can be trusted to judge them.

    alarms : table of `helpers.analysis.hits.of_rules`, of simulated nights.
    """
    counts = pandas.Series(table["verdict"].astype(str)).value_counts()
    hold, fail, undecided, not_asked = (counts.get(name, 0) for name in ("holds", "fails", "undecided", "not applicable"))
    are = ["is" if count == 1 else "are" for count in (undecided, not_asked)]
    verdicts = (f"Of {len(table)} claims, **{hold} hold, {fail} fail, {undecided} {are[0]} undecided and {not_asked} {are[1]} not "
                "applicable** by criteria that were fixed before the run and the study's own choices: mean of shares in percent, OLS "
                f"with a row per epoch, correct epochs, ε = 100 where a claim names no rule. {_stands(table)}")
    if checks is None:
        return f"{verdicts} These nights are real, so what is true of them is not known beforehand."
    binding = checks.loc[checks["binding"].astype(bool), "passed"]
    agreeing = table["agrees"].astype(str).value_counts()
    return (f"{verdicts} These nights are simulated, so a verdict tests the machinery: of {len(binding)} planted facts that the "
            f"run must find, it finds {binding.sum()}{_alarms(alarms)}; of {agreeing.drop('', errors='ignore').sum()} claims on which "
            f"what was planted says something, the verdict agrees on {agreeing.get('yes', 0)} and not on {agreeing.get('no', 0)}.")


def _stands(table):
    """Of the claims that hold or fail, how many do so whatever is chosen, and of how many the opposite is found by some choice."""
    decided = table[table["verdict"].isin(["holds", "fails"])]
    same = [getattr(row, row.verdict) == row.combinations for row in decided.itertuples()]
    turned = [getattr(row, "fails" if row.verdict == "holds" else "holds") > 0 for row in decided.itertuples()]
    return (f"Of those that hold or fail, {sum(same)} do so under every combination of choices, and {sum(turned)} come out the "
            "other way round under some.")


def _alarms(alarms):
    """`, and errors clustered by subject call 2 of 22 pairs without an effect significant (…)`."""
    if alarms is None or alarms.empty:
        return ""
    total = alarms.groupby("test")[["alarms", "without"]].sum()
    pairs, found = total["without"].max(), {test: total.loc[test, "alarms"] for test in total.index}
    return (f", and of {pairs} pairs of stage and covariate without an effect (over {alarms['rule'].nunique()} rules) CRV3 calls "
            f"{found['clustered']} significant, permutation {found['permutation']}, OLS {found['ols']}")


@answer
def simulated(truth, likeness):
    """How near simulated nights come to a real one and what was planted; of real nights, that nothing is simulated."""
    if truth is None:
        return "Nothing is simulated here: these nights are real."
    leaders = joined([f"{' and '.join(names)} in {stage}" for stage in STAGES for names in [truth["leading"][stage]]])
    outside = likeness[~likeness["inside"]]
    where = joined([f"{row.modality} {row.quantity} in {row.stage}" for row in outside.itertuples()])
    return (f"In {int(likeness['inside'].sum())} of {len(likeness)} figures the median simulated subject lies in the range around "
            f"a real night{f' (not in {where})' if len(outside) else ''}. Planted as leading are {leaders}, and "
            f"{len(truth['effects'])} effects of medication, sex and age of size d = {truth['effect_size']:g}.")


@answer
def reference(table, ledger):
    """How far two engines agree, and how much relevance arrives."""
    ended = ends(ledger).set_index("rule")["handed_on"]
    reached = joined([f"{small(value)} under {rule_label(rule)}" for rule, value in ended.items()])
    arrived = f"Of one unit of relevance, {reached} reaches the signals."
    if table.empty:
        return f"iNNvestigate is not installed here, so only the tests check the engine against its formulas. {arrived}"
    rows = differences(table)
    worst = rows.loc[rows["same formula"], "greatest difference of shares"].max()
    if not numpy.isfinite(worst):
        return f"No rule of this run has the same formula in iNNvestigate, so nothing can be compared. {arrived}"
    return (f"Wherever iNNvestigate follows the same formula, shares agree to {small(worst)}, "
            f"{'within' if worst <= LIMIT else '**beyond**'} the limit of {small(LIMIT)}. {arrived}")
