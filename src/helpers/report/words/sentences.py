"""Sentences beside the figures, with this run's own numbers.

Names that come from files read as text in them, never as markup (`markdown.in_markdown`).
"""

from ...analysis.choices import WORDS
from ...analysis.clear_lead import clear_lead
from ...analysis.hits import hits_and_alarms
from ...analysis.regression import TESTS
from ...constants import ALPHA, STAGES
from ...data.cohort import single_nights
from ...relevance.rules import label as rule_label
from ..draw import palette
from ..draw.boxes import OVER, amount, ordered, quartiles
from ..draw.coefficients import NAMES, about, agree
from ..draw.digits import fixed
from ..draw.engines import ENDS, LIMIT, balance, by_engine, differences, ends
from ..draw.magnitudes import carried, totals
from ..draw.rejections import LOOKS, percent
from ..draw.true_stages import source
from .markdown import in_markdown, joined, plain, small

#: Verdicts of several claims.
VERDICTS = {"holds": "hold", "fails": "fail", "undecided": "are undecided"}


@in_markdown
def notice(words):
    """The sentence that marks simulated nights, set apart; nothing for real ones."""
    return f"> **{words}**" if words else ""


@in_markdown
def cohort(table, epochs, ledger):
    """How many subjects, recordings and epochs, in which stages, and what was dropped."""
    parts = epochs["stage"].astype(str).value_counts(normalize=True).drop("", errors="ignore")
    lost = ledger.loc[~ledger["kept"], "reason"].astype(str).value_counts()
    reasons = joined([f"{number:,} ({reason})" for reason, number in lost.items()]) if len(lost) else "none"
    shares = joined([f"{stage} {100 * parts.get(stage, 0):.1f} %" for stage in STAGES]) if len(parts) else "none was scored"
    return (f"{table['subject'].nunique()} subjects gave {len(table)} recordings. Of {len(ledger):,} slots of "
            f"30 s, **{len(epochs):,} were kept**: {shares}. Dropped were {reasons}.{_single(table)}")


def _single(table):
    """Who has one night where others have several; nothing where all are alike."""
    alone = single_nights(table)
    return f" Of {joined(alone)} there is one night only, of others several." if alone else ""


@in_markdown
def folds(table):
    """How often subjects are tested, and who never is."""
    tests = table[table["role"] == "test"]
    if len(tests) == len(table):
        return (f"{table['fold'].nunique()} folds that were trained before, on other nights: each of them stages and "
                f"explains every night of the {table['subject'].nunique()} subjects here.")
    times = tests["subject"].value_counts()
    never = sorted(set(table["subject"]) - set(tests["subject"]))
    untested = (f"never tested: {joined(never)}" if never else "every subject is tested")
    often = str(times.min()) if times.min() == times.max() else f"{times.min()} to {times.max()}"
    return (f"{table['fold'].nunique()} folds with {len(tests)} test places; {untested}, and the number of "
            f"tests of a tested subject is {often}. No subject is on two sides of a fold.")


@in_markdown
def performance(overall, by_fold):
    """Accuracy and kappa over all test epochs and their range over folds; the best and the worst stage."""
    def value(measure):
        return overall.loc[overall["measure"] == measure, "value"].iloc[0]
    recall = overall[overall["measure"] == "recall"].dropna(subset="value").set_index("stage")["value"]
    accuracy = by_fold.loc[by_fold["measure"] == "accuracy", "value"]
    return (f"Over all test epochs, **accuracy is {100 * value('accuracy'):.1f} %** (folds: "
            f"{100 * accuracy.min():.1f} to {100 * accuracy.max():.1f} %) and Cohen's kappa "
            f"{value('kappa'):.2f}. {recall.idxmax()} is recognised best (recall {100 * recall.max():.0f} %), "
            f"{recall.idxmin()} worst ({100 * recall.min():.0f} %).")


@in_markdown
def agreement(table):
    """How far this package's engine and iNNvestigate agree, and what the latter's bias error does."""
    if table.empty:
        return ("iNNvestigate is not installed here (it is not to be had for Python 3.12 and later), so nothing is "
                "compared. The tests check the engine against its formulas either way.")
    rows = differences(table)
    same, other = rows[rows["same formula"]], rows[~rows["same formula"]]
    worst = same["greatest difference of shares"].max()
    agreement = (f"Where both follow the same formula ({joined([rule_label(rule) for rule in same['rule']])}), shares of "
                 f"{same['epochs'].sum():,} explained epochs differ by at most **{small(worst)}**, "
                 f"{'within' if worst <= LIMIT else '**beyond**'} the limit of {small(LIMIT)}.")
    for row in other.itertuples():
        agreement += (f" Under {rule_label(row.rule)} iNNvestigate takes negative biases into the positive denominator: "
                      f"single shares are moved by up to **{100 * row[4]:.2f} points**, "
                      f"by {100 * row[5]:.2f} points on average.")
    return agreement


@in_markdown
def bias_error(table):
    """What the figure beside it compares; that there is none without iNNvestigate or without α1β0."""
    if "alpha1beta0" not in set(table["rule"].astype(str)):
        return "This needs iNNvestigate and α1β0 among the rules of the run."
    means = by_engine(table, "alpha1beta0").pivot_table(index="modality", columns="rule", values="share", observed=True)
    moved = 100 * (means["iNNvestigate"] - means["this report"])
    return ("iNNvestigate takes negative biases into the positive denominator of α1β0, this report does not. Over "
            "the same epochs, its mean shares less this report's are "
            + joined([f"{fixed(moved[name], 2, '+')} ({name})" for name in palette.modalities(moved.index)])
            + " points.")


@in_markdown
def ledger(table):
    """How much relevance reaches the input under each rule, where the largest part of the rest went, and that the books balance."""
    names = {name: words for name, words in ENDS.items() if name != "handed_on"}
    parts = []
    for row in ends(table).to_dict("records"):
        most = max(names, key=lambda name: abs(row[name]))
        parts.append(f"{rule_label(row['rule'])}: {small(row['handed_on'])} of 1 reached the input, the largest part of the "
                     f"rest was {names[most]} ({small(row[most])})")
    return (f"Mean over epochs, signed. {'; '.join(parts)}. In every layer what arrived equals what was handed on and "
            f"what was kept, to {small(balance(table))} of their absolute sum.")


def ranking(numbers):
    """`EEG > EOG > EMG` from a rule's rows of `quartiles`."""
    return " > ".join(numbers.sort_values("median %", ascending=False)["modality"])


@in_markdown
def overall(mean, pooled):
    """The order of modalities under each rule, and where the way of averaging changes it."""
    by_averaging = {name: quartiles(ordered(table)[0], ["rule", "modality"]) for name, table in
                    (("mean", mean), ("pooled", pooled))}
    parts, changed = [], []
    for rule, rows in by_averaging["mean"].groupby("rule", sort=False):
        label, first = rule_label(rule), ranking(rows)
        led = rows.loc[rows["median %"].idxmax()]
        parts.append(f"{label}: {first}, {led['modality']} with {amount(led)}")
        other = ranking(by_averaging["pooled"][by_averaging["pooled"]["rule"] == rule])
        changed += [f"{label} to {other}"] if other != first else []
    difference = f"Pooling changes the order under {joined(changed)}" if changed else "Pooling leaves every order as it is"
    lost = mean.astype({"rule": str}).groupby("rule")["without_relevance"].sum() / mean["modality"].nunique()
    lost = [f"{int(number):,} test epochs under {rule_label(rule)}" for rule, number in lost.items() if number]
    none = f" No relevance reached the input in {joined(lost)}; these are left out." if lost else ""
    return (f"Mean of shares, median over folds [quartiles]. {'; '.join(parts)}. **{difference}**: in the mean, "
            f"{OVER['mean']}; pooled, {OVER['pooled']}.{none}")


@in_markdown
def magnitude(shares):
    """How few epochs decide a pooled share under each rule."""
    parts = []
    for rule, values in totals(shares).items():
        if len(values):
            half = int((carried(values) < 0.5).sum()) + 1
            parts.append(f"from {half:,} of {len(values):,} epochs under {rule_label(rule)}")
    return (f"Half of all pooled relevance comes {joined(parts)}. Shares are fractions of one epoch and do not feel this; "
            "pooled percentages do.")


@in_markdown
def groups(by_fold):
    """The modality with the largest share of each correctly classified stage under each rule, and whether it leads."""
    table, _, _ = ordered(by_fold)
    right = table[table["true"] == table["predicted"]]
    numbers = quartiles(right, ["true", "rule", "modality"])
    lines = []
    for stage in palette.stages(numbers["true"]):
        of_stage = numbers[(numbers["true"] == stage) & (numbers["folds"] > 0)]
        largest = {}
        for rule, rows in of_stage.groupby("rule", sort=False):
            words, value = _largest(rows, right[(right["true"] == stage) & (right["rule"] == rule)])
            largest.setdefault(words, []).append(f"{value:.0f} % ({rule_label(rule)})")
        lines.append(f"- **{stage}**: {'; '.join(f'{words} {joined(values)}' for words, values in largest.items())}." if largest else f"- **{stage}**: no correct epochs.")
    wrong = table[(table["true"] != table["predicted"]) & (table["n"] > 0)]
    return "\n".join(["The largest share where the network is right, mean of shares, median over folds; *leads* where the 95 % interval over "
                      "folds of its difference from every other modality excludes 0:", "", *lines, "",
                      f"{wrong.groupby(['true', 'predicted']).ngroups} of 20 kinds of error occur."])


def _largest(numbers, by_fold):
    """(`EEG leads with`, 61.0), or (`EEG has`, 35.0) where it does not lead clearly."""
    row, found = numbers.loc[numbers["median %"].idxmax()], clear_lead(by_fold)
    leads = found and found.is_clear and found.modality == row["modality"]
    return f"{row['modality']} {'leads with' if leads else 'has'}", row["median %"]


@in_markdown
def spread(table):
    """In how many comparisons misclassified groups vary more over folds, as it is and at equal numbers of epochs."""
    if table.empty:
        return "No kind of error occurs in two folds, so their spread cannot be compared."
    wider, equal = (int((table["sd"] > table[name]).sum()) for name in ("sd_correct", "sd_correct_equal"))
    return (f"Misclassified groups vary more over folds than the correct epochs of the same stage in **{wider} of "
            f"{len(table)}** comparisons (group × rule × modality). With as many correct epochs as misclassified "
            f"ones, they do in **{equal} of {len(table)}**: the rest of the difference is that small groups vary "
            "more.")


@in_markdown
def timeline(window, notice=""):
    """One window in numbers: agreement, gaps, and shares where the network was right and where it was not."""
    names = palette.modalities(window.modalities)
    epochs = window.table[window.table["kept"]]
    right, scored = epochs["true"] == epochs["predicted"], epochs["true"] != ""

    def shares(subset):
        return ", ".join(f"{plain(name)} {100 * subset[name].mean():.0f} %" for name in names)
    parts = [f"{words} ({len(subset):,} epochs): {shares(subset)}" for words, subset in
             (("where it was right", epochs[right]), ("where it was wrong", epochs[scored & ~right]),
              ("where nobody scored", epochs[~scored])) if len(subset)]
    agrees = (f"the network agrees with {source(notice)} in **{right.sum():,} of {scored.sum():,} epochs**" if scored.any() else
              f"the network stages {len(epochs):,} epochs that nobody scored")
    dropped, none = len(window.table) - len(epochs), int(epochs[names[0]].isna().sum())
    return (f"Recording {plain(window.recording)}, fold {window.fold}, {rule_label(window.rule)}: {agrees}; "
            f"{dropped:,} slots were dropped, and in {none:,} epochs no relevance reached the input. "
            f"Mean shares {'; '.join(parts)}.")


@in_markdown
def effects(table, truth=None):
    """How much each of the three tests finds; on simulated nights, against what was planted."""
    if table.empty:
        return "Nothing is known of these sleepers, so there is nothing to regress on."
    counts = {test: int((table[f"q_{test}"] < ALPHA).sum()) for test in TESTS}
    tests = int(table["p_ols"].notna().sum())
    if not tests:
        return f"None of {len(table)} tests could be made; the table says why."
    significance = (f"{about(table)}: of {tests} tests, OLS calls **{counts['ols']}** significant after correction, errors "
                    f"clustered by subject **{counts['clustered']}**, permutation over subjects **{counts['permutation']}**; all "
                    f"three agree on "
                    f"**{int(agree(table).sum())}**."
                    + (f" {len(table) - tests} more could not be made; the table says why." if tests < len(table) else ""))
    if truth is None:
        return significance
    parts = [f"{NAMES[row.test]} **{row.hits} of {row.planted}** hits and **{row.alarms} of {row.without}** false alarms"
             for row in hits_and_alarms(table, truth).itertuples()]
    return (f"{significance} This cohort is simulated, so these numbers test the machinery, not the physiology: "
            f"{'; '.join(parts)}. A hit is a planted effect found in its own modality with its sign, a false alarm a pair of "
            f"stage and covariate without "
            "an effect in which some modality is called significant. Where OLS differs from the others, it is because it takes "
            "every epoch as independent evidence, while epochs of one night resemble each other: age and sex are known once per "
            "subject, however many epochs a subject sleeps. Shares of one epoch also sum to 1, so an effect on one modality "
            "moves the others.")


@in_markdown
def family(table):
    """How many p values were corrected together, and whose, from the rows of `regression.chosen`."""
    number = 0 if table.empty else int(table["family"].iloc[0])
    if not number:
        return ""
    whose = "every rule of the run" if number > table["p_ols"].notna().sum() else "this rule"
    return f"Corrected together are the {number} p values of {whose}."


@in_markdown
def multiverse(claims):
    """Which claims come out the same under every combination of choices, and which turn with one."""
    judged = claims[claims["combinations"] > 0].astype({"claim": str})
    same = {verdict: judged.loc[judged[verdict] == judged["combinations"], "claim"].tolist() for verdict in VERDICTS}
    both = judged.loc[(judged["holds"] > 0) & (judged["fails"] > 0), "claim"].tolist()
    parts = [f"{joined(names)} {words}" for verdict, words in VERDICTS.items() if (names := same[verdict])]
    always = f"Under every combination {'; '.join(parts)}. " if parts else ""
    return (f"{always}" + (f"**Some choice turns {joined(both)} round**: these hold under one and fail under another." if both else
                           "No claim holds under one choice and fails under another."))


@in_markdown
def truth(table, alarms=None):
    """How many planted facts the run finds, kind by kind, and how often each test finds an effect where none was planted; that real
    nights have none."""
    if table is None:
        return "These nights are real: nothing was planted in them."
    binding = table[table["binding"]]
    parts = [f"{rows['passed'].sum()} of {len(rows)} ({check})"
             for check, rows in binding.groupby(binding["check"].astype(str), sort=False)]
    rest = table[~table["binding"]]
    return (f"Of the planted facts that a run must find, this one found **{binding['passed'].sum()} of "
            f"{len(binding)}**: {joined(parts)}. Of those that are only reported (ε = 100), it found "
            f"{rest['passed'].sum()} of {len(rest)}.{_false(alarms)}{_reached(table)}")


def _false(alarms):
    """Beside what was found, what was found though nothing is there."""
    if alarms is None or alarms.empty:
        return ""
    by_rule = [f"under {rule_label(rule)} " + ", ".join(f"{WORDS['test'][row.test]} {row.alarms}" for row in rows.itertuples())
               for rule, rows in alarms.groupby("rule", sort=False)]
    return (f" Of {alarms['without'].max()} pairs of stage and covariate in which **nothing** was planted, these are called "
            f"significant: {'; '.join(by_rule)}.")


def _reached(table):
    """How much of the planted effects' sizes reaches the shares."""
    known = table[table["d_planted"].notna() & table["d_found"].notna() & table["binding"]] if "d_found" in table else ()
    if not len(known):
        return ""
    low, middle, high = (known["d_found"].abs() / known["d_planted"].abs()).quantile([0, 0.5, 1])
    return (f" Of the planted sizes d, as drawn, {100 * middle:.0f} % reach the shares as a median over effects and these rules "
            f"({100 * low:.0f} to {100 * high:.0f} %).")


@in_markdown
def leaders(truth):
    """Which modality was planted as leading each stage; nothing for real nights."""
    if truth is None:
        return ""
    parts = [f"{' together with '.join(truth['leading'][stage])} in {stage}" for stage in STAGES]
    return (f"Each stage was planted to be led by {joined(parts)}. Whether relevance follows is on the page about "
            "[claims](06_claims.ipynb).")


@in_markdown
def ambiguous(truth):
    """How ambiguous epochs are made and how many there are; nothing for real nights."""
    if truth is None:
        return ""
    neighbours = truth["ambiguous"]["neighbours"]
    shown = joined([f"like {neighbour} in {joined([stage for stage in STAGES if neighbours[stage] == neighbour])}"
                    for neighbour in dict.fromkeys(neighbours.values())])
    return (f"Ambiguous epochs look like one of a neighbouring stage, {shown}. Which part of a sleeper's epochs they are is "
            "the absolute value of a normal deviate with a standard deviation of "
            f"{100 * truth['ambiguous']['sd']:.0f} %, so that some sleepers are hard to stage and others easy.")


@in_markdown
def error_rates(table):
    """How many cohorts were drawn, and in which stage each method is furthest from 5 %."""
    rows = table[(table["effect_size"] == 0) & (table["stage"] != "all")] if len(table) else table
    if rows.empty:
        return ""
    parts = []
    for method, of_method in rows.groupby("method", sort=False):
        low, high = of_method.loc[of_method["rate"].idxmin()], of_method.loc[of_method["rate"].idxmax()]
        parts.append(f"for {LOOKS[method][0]} from {percent(low['rate'])} ({low['covariate']} in {low['stage']}) to "
                     f"{percent(high['rate'])} ({high['covariate']} in {high['stage']})")
    given = table.loc[(table["effect_size"] > 0) & (table["stage"] != "all"), "cohorts"]
    effects = f", of which {given.max():,} were also given effects" if len(given) else ""
    return (f"Drawn were {rows['cohorts'].max():,} cohorts of each of {rows['stage'].nunique()} stages{effects}. Stage by stage, "
            f"where nothing is there, rates range {'; '.join(parts)}.")


@in_markdown
def variances(table):
    """How much of what differs between nights is the subject; what neighbouring epochs share; networks; what optimisers said."""
    known = table[table["icc"].notna()] if len(table) else table
    if known.empty:
        return "No stage has nights enough to tell sleepers from nights."
    low, middle, high = known["icc"].quantile([0, 0.5, 1])
    least, median, most = (small(value) for value in known["correlation"].quantile([0, 0.5, 1]))
    noted, agreement = known[known["note"] != ""], table["icc_networks"].dropna()
    networks = (f"Networks agree on nights to {agreement.median():.2f} (median intraclass correlation, {agreement.min():.2f} to "
                f"{agreement.max():.2f})." if len(agreement) else
                f"Networks are not compared: several folds tested {table['shared_subjects'].max()} subjects at most.")
    said = (f" In {len(noted)} of {len(known)} models an optimiser failed, ended elsewhere or reached the bound 0; the table says "
            "which." if len(noted) else "")
    return (f"Of what differs between nights and is left by covariates, **{100 * middle:.0f} %** lies between subjects (median over "
            f"stages and modalities, {100 * low:.0f} to {100 * high:.0f} %). Neighbouring epochs of a stage correlate by {median} "
            f"({least} to {most}) around their night. {networks}{said}")
