"""Faults that are put into the code one at a time, each of which a test has to see; `make mutants` says which ones none sees.

It works in copies of the tree in a temporary folder, two at a time. `python tests/mutants.py night.py` tries those of some files alone.
"""

import os
import queue
import shutil
import subprocess
import sys
import tempfile
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path("src", "helpers")
#: What tests need of the tree.
COPIED = ("src", "tests", "profiles", "pyproject.toml")
#: Copies that are worked in side by side, and seconds after which a test is taken to hang, which is seen as well.
SIDE_BY_SIDE, LONGEST = 2, 300
#: The part of all mutants that has to die.
WANTED = 0.95

#: file : below the package. old : text that occurs once in it. new : what stands there instead. tests : below tests/, apart by spaces.
Mutant = namedtuple("Mutant", "file old new tests")


def of(file, tests, *pairs):
    """Mutants of a file that the same tests have to see."""
    return [Mutant(file, old, new, tests) for old, new in pairs]


MUTANTS = [
    # ------------------------------------------------------------------------------------------------------------- drawings
    *of("report/draw/boxes.py", "report/draw/test_engines.py report/draw/test_floors.py",
        ('"y": 100 * rows["share"].to_numpy()', '"y": 100 - 100 * rows["share"].to_numpy()'),
        ('"line": {"color": look.line, ', '"line": {"color": palette.LOOKS["EMG"].line, ')),
    *of("report/draw/boxes.py", "report/draw/test_share_figures.py report/draw/test_ablation_figures.py "
        "report/draw/test_figures.py::test_figure_2_has_each_fold_of_a_rule_and_modality_in_its_place "
        "report/draw/test_figures.py::test_few_folds_are_points_and_five_have_a_box",
        ("[0.25, 0.5, 0.75], method=\"hazen\"", "[0.25, 0.5, 0.75]"),
        ("y=[values.median()]", "y=[values.mean()]"),
        ('floors.groupby(by, sort=False)["share"].median()', 'floors.groupby(by, sort=False)["share"].mean()'),
        ("for at, name in enumerate(names) for place, rule in enumerate(rules)", "for at, name in enumerate(names) for place, rule in enumerate(rules[::-1])"),
        ("LEAST_FOLDS = 5", "LEAST_FOLDS = 1")),
    *of("report/draw/ablations.py", "report/draw/test_ablation_figures.py",
        ('rows.assign(share=rows["lost"])', 'rows.assign(share=rows["recall_without"])'),
        ("categoryarray=list(STAGES), showgrid=False", "categoryarray=list(STAGES)[::-1], showgrid=False"),
        ("values = [100 * means.get((stage, rule, name), numpy.nan) for rule in rules]",
         "values = [100 - 100 * means.get((stage, rule, name), numpy.nan) for rule in rules]"),
        ('right = shares[shares["true"].astype(str) == shares["predicted"].astype(str)]', "right = shares[shares[\"share\"] >= 0]"),
        ("(name, stage), numpy.nan) for stage in stages] for name in sets]", "(name, stage), numpy.nan) for stage in stages[::-1]] for name in sets]"),
        ("of_subjects.std(ddof=1)", "of_subjects.std(ddof=0)")),
    *of("report/draw/classifier.py", "report/draw/test_cohort_figures.py",
        ("percent = 100 * counts.div(totals, axis=0)", "percent = 100 * counts.div(counts.sum(axis=0), axis=1)"),
        ("plot.add_heatmap(z=percent.to_numpy(), ", "plot.add_heatmap(z=percent.to_numpy().T, "),
        ('autorange="reversed", showgrid=False, title_text="true"', 'showgrid=False, title_text="true"'),
        ('(f"val_{kind}", "solid", "validation")', '(kind, "solid", "validation")')),
    *of("report/draw/coefficients.py", "report/draw/test_covariate_figures.py report/draw/test_effect_figures.py",
        ('{"age": ("ten years", 10)}', '{"age": ("ten years", 1)}'),
        ('FOUND if row[f"q_{test}"] < ALPHA else NOT_FOUND', 'FOUND if row[f"p_{test}"] < ALPHA else NOT_FOUND'),
        ('"**" if corrected < STARS else "*" if corrected < STAR', '"*" if corrected < STARS else "**" if corrected < STAR')),
    *of("report/draw/engines.py", "report/draw/test_engines.py",
        ('("iNNvestigate", "reference_share")', '("iNNvestigate", "share")'),
        ('layer["handed_on"].abs().median()', 'layer["handed_on"].abs().mean()'),
        ("y=[_power(row[name]) for name in ENDS]", "y=[_power(row[name]) for name in reversed(ENDS)]")),
    *of("report/draw/example_maps.py", "report/draw/test_example_maps.py",
        ('y=(100 * line["relevance"]).tolist()', 'y=(100 * line["relevance"]).abs().tolist()'),
        ('(table["modality"] == modality) & (table["network"] == name)', '(table["modality"] == modality) & (table["network"] != name)')),
    *of("report/draw/floors.py", "report/draw/test_floors.py",
        ('("floor", "noise in its place", "-open"), ("intact", "its signal", "")', '("floor", "noise in its place", ""), ("intact", "its signal", "-open")'),
        ("[cells.get((stage, name)) for stage in stages]", "[cells.get((stage, names[0])) for stage in stages]"),
        ("categoryarray=labels[::-1]", "categoryarray=labels"),
        ('(("intact", "with its signal, %"), ("floor", "as noise, %")', '(("floor", "with its signal, %"), ("intact", "as noise, %")')),
    *of("report/draw/frequency_bands.py", "report/draw/test_frequency_bands.py report/draw/test_night_figures.py",
        ("cells.get((stage, name, band), numpy.nan)", "cells.get((stage, names[0], band), numpy.nan)"),
        ('plain = plain[(plain["true"] == plain["predicted"]) | (plain["true"] == "")]', 'plain = plain[plain["share"] >= 0]'),
        ('relevance=plain["relevance"] * plain["n"]', 'relevance=plain["relevance"]'),
        ('x=here["hz"] + 0.25', 'x=here["hz"]'),
        ('(("power", "dot", "signal", palette.MUTED), ("relevance", "solid"', '(("relevance", "dot", "signal", palette.MUTED), ("power", "solid"'),
        ("values = percent.reindex(pairs)[list(bands)]", "values = percent.reindex(pairs[::-1])[list(bands)]"),
        ('values = percent.loc[epochs["epoch"], band]', 'values = percent.loc[epochs["epoch"][::-1], band]'),
        ('table["fold"] == window.fold', 'table["fold"] != window.fold')),
    *of("report/draw/forest.py", "report/draw/test_effect_figures.py report/draw/test_covariate_figures.py",
        ('{"array": _gaps(high - values, known), "arrayminus": _gaps(values - low, known)}',
         '{"array": _gaps(values - low, known), "arrayminus": _gaps(high - values, known)}'),
        ("None if value is None else -value for value in band", "None if value is None else 0 for value in band"),
        ('rows.loc[mine, "q_permutation"] < ALPHA', 'rows.loc[mine, "q_clustered"] < ALPHA'),
        ("y + LOWER", "y - LOWER"),
        ("range=[len(order) - 0.4, -0.6]", "range=[-0.6, len(order) - 0.4]"),
        ('values = rows[f"coefficient_{test}"]\n', 'values = rows["coefficient_ols"]\n')),
    *of("report/draw/heatmaps.py", "report/draw/test_effect_figures.py report/draw/test_covariate_figures.py",
        ("[[cells[stage, name] for stage in stages] for name in names]", "[[cells[stage, name] for stage in stages[::-1]] for name in names]"),
        ('seen = [[row[f"coefficient_{test}"] if row[f"q_{test}"] < ALPHA', 'seen = [[row[f"coefficient_{test}"] if row["q_ols"] < ALPHA'),
        ("range=[len(names) - 0.5, -0.5]", "range=[-0.5, len(names) - 0.5]"),
        ("zmin=-most, zmax=most", "zmin=0, zmax=most"),
        ("'more' if value > 0 else 'less'", "'less' if value > 0 else 'more'"),
        ("z=values.round(4)", "z=-values.round(4)")),
    *of("report/draw/front.py", "report/draw/test_front_figures.py",
        ('medians = 100 * mine.groupby("predicted")["share"].median()', 'medians = 100 * mine.groupby("predicted")["share"].mean()'),
        ('places = {stage: place +', 'places = {stage: len(order) - 1 - place +'),
        ('for stage, rows in floors[floors["modality"] == name]', 'for stage, rows in floors[floors["modality"] == names[0]]'),
        ('[floors["rule"].astype(str) == rule]', '[floors["rule"].astype(str) != rule]')),
    *of("report/draw/hypnodensity.py", "report/draw/test_sleeper_figures.py",
        ("UPWARDS = sorted(palette.STAGE_HEIGHTS, key=palette.STAGE_HEIGHTS.get)", "UPWARDS = sorted(palette.STAGE_HEIGHTS)"),
        ('100 * epochs[f"p_{stage}"], "row"', '100 - 100 * epochs[f"p_{stage}"], "row"'),
        ("else (window.start_s, window.stop_s)", "else (night.start_s, night.stop_s)")),
    *of("report/draw/sleepers.py", "report/draw/test_sleeper_figures.py",
        ("values = (factor * of_subject[measure])", 'values = (factor * of_subject["kappa"])'),
        ('wide.sort_values("accuracy", kind="stable", ignore_index=True)', 'wide.sort_values("accuracy", ascending=False, ignore_index=True)'),
        ('["modality", "predicted"])["share"].mean()', '["modality", "predicted"])["share"].median()'),
        ('table[table["modality"] == name].groupby("subject", sort=True)', 'table[table["modality"] == names[0]].groupby("subject", sort=True)'),
        ("x0=SCORERS[0], x1=SCORERS[1]", "x0=HUMAN - SCORERS[0], x1=SCORERS[1]")),
    *of("report/draw/joint_tests.py", "report/draw/test_effect_figures.py report/draw/test_covariate_figures.py",
        ('both = [all(row[f"q_{test}"]', 'both = [any(row[f"q_{test}"]'),
        ('[numpy.nan] * len(stages), *([row["points"] if found', '[numpy.nan] * len(stages), *([-row["points"] if found')),
    *of("report/draw/magnitudes.py", "report/draw/test_effect_figures.py",
        ("numpy.sort(decades)[::-1]", "numpy.sort(decades)"),
        ("q3=[q3 - middle]", "q3=[high - middle]"),
        ("numpy.searchsorted(running, 0.5)", "numpy.searchsorted(running, 0.05)")),
    *of("report/draw/misread_epochs.py", "report/draw/test_misread.py",
        ('_plain(of_name["high"] - of_name["difference"], 0)', '_plain(of_name["difference"] - of_name["low"], 0)'),
        ('for q in of_name["q"]', 'for q in of_name["high"]'),
        ("range=[len(rows) - 0.4, -0.6]", "range=[-0.6, len(rows) - 0.4]"),
        ('table[table["scale"] == SCALES[0]]', 'table[table["scale"] == SCALES[1]]')),
    *of("report/draw/network_pairs.py", "report/draw/test_network_pairs.py",
        ('{"own": "circle", "other": "diamond-open"}', '{"own": "diamond-open", "other": "circle"}'),
        ("categoryarray=stages[::-1]", "categoryarray=stages"),
        ("values = [100 * cells.loc[(stage, name), which] for stage in stages]", 'values = [100 * cells.loc[(stage, name), "own"] for stage in stages]')),
    *of("report/draw/night.py", "report/draw/test_night_figures.py",
        ("y=[100 * epoch[name] for epoch in epochs]", "y=[100 - 100 * epoch[name] for epoch in epochs]"),
        ("envelope(window.microvolts[:, channel])", "envelope(window.microvolts[::-1, channel])"),
        ("dx=1000 * step / window.rate", "dx=1000 / window.rate"),
        ('clocks = [stamp(window.start, epoch["onset_s"]) for epoch in epochs]', 'clocks = [stamp(window.start, epoch["onset_s"] + EPOCH_S) for epoch in epochs]'),
        ("[stretches.min(axis=1), stretches.max(axis=1)]", "[stretches.mean(axis=1), stretches.mean(axis=1)]"),
        ("range=[-1.05 * reach, 1.05 * reach]", "range=[-10.5 * reach, 10.5 * reach]"),
        ("tick = rounded(0.8 * reach)", "tick = rounded(8 * reach)"),
        ('run["onset_s"].iloc[-1] + EPOCH_S', 'run["onset_s"].iloc[-1]'),
        ('(("predicted", palette.PREDICTED, 4), ("true", palette.TEXT, 1.8))', '(("true", palette.PREDICTED, 4), ("predicted", palette.TEXT, 1.8))'),
        ('for stage in epochs["predicted"]]', 'for stage in epochs["true"]]'),
        ("palette.look(name, names), channel, row)", "palette.look(names[0], names), channel, row)"),
        ("ends = (row.onset_s, row.onset_s + EPOCH_S)", "ends = (row.onset_s, row.onset_s + EPOCH_S / 2)")),
    *of("report/draw/palette.py", "report/draw/test_night_figures.py report/draw/test_palette.py report/draw/test_effect_figures.py",
        ('{"W": 4, "REM": 3, "N1": 2, "N2": 1, "N3": 0}', '{"W": 0, "REM": 1, "N1": 2, "N2": 3, "N3": 4}'),
        ("[name for name in LOOKS if name in names] +", "[name for name in reversed(LOOKS) if name in names] +"),
        ("NEGATIVE, POSITIVE = (126, 66, 166), (20, 138, 84)", "POSITIVE, NEGATIVE = (126, 66, 166), (20, 138, 84)"),
        ("return [stage for stage in STAGES if stage in names]", "return sorted(names)")),
    *of("report/draw/night_pairs.py", "report/draw/test_effect_figures.py report/draw/test_covariate_figures.py",
        ("rows[change > 0] if way > 0 else rows[change <= 0]", "rows[change <= 0] if way > 0 else rows[change > 0]"),
        ("ticktext=levels, ", "ticktext=levels[::-1], "),
        ('ends = rows[["at_reference", "at_level"]].mean()', 'ends = rows[["at_reference", "at_level"]].median()'),
        ('(table["modality"] == name) & (table["stage"] == stage)', '(table["modality"] == name) & (table["stage"] == stages[0])')),
    *of("report/draw/recordings.py", "report/draw/test_cohort_figures.py",
        ('{"training": 0.0, "validation": 0.5, "test": 1.0}', '{"training": 1.0, "validation": 0.5, "test": 0.0}'),
        ("y=rows, x=counts[name].to_numpy()", "y=rows, x=counts[name].to_numpy()[::-1]"),
        ('for number in counts["kept"]]', 'for number in counts["kept"][::-1]]'),
        ('{"training": "·", "validation": "V", "test": "T"}', '{"training": "·", "validation": "T", "test": "V"}'),
        ("f\"{stage} {number:,} ({100 * number / max(total.sum(), 1):.1f} %)\"", "f\"{stage} {number:,} ({100 * number / max(total.max(), 1):.1f} %)\"")),
    *of("report/draw/rejections.py", "report/draw/test_rejections.py",
        ('"array": [high - middle], "arrayminus": [middle - low]', '"array": [middle - low], "arrayminus": [high - middle]'),
        ('y=100 * line["rate"]', 'y=100 * line["low"]'),
        ("[LOOKS[name][0] for name in methods][::-1]", "[LOOKS[name][0] for name in methods]"),
        ("plot.add_vline(x=100 * ALPHA", "plot.add_vline(x=10 * ALPHA")),
    *of("report/draw/simulation.py", "report/draw/test_simulation_tables.py",
        ('(("together", {"color": palette.MUTED, "width": 1}, "in its background")', '(("alone", {"color": palette.MUTED, "width": 1}, "in its background")'),
        ('(("background", {"color": palette.MUTED, "width": 1, "dash": "dot"}', '(("together", {"color": palette.MUTED, "width": 1, "dash": "dot"}')),
    *of("report/draw/specifications.py", "report/draw/test_figures.py::test_a_specification_curve_sorts_combinations_by_value_and_marks_the_choices",
        ("own=numpy.arange(len(table)) == 0", "own=numpy.arange(len(table)) == 1"),
        ('{"up": (rows["high"] - rows["value"]).fillna(0)', '{"up": (rows["value"] - rows["low"]).fillna(0)'),
        ('"holds": (palette.PREDICTED, "circle"), "fails": (palette.LOOKS["EMG"].line, "x")',
         '"fails": (palette.PREDICTED, "circle"), "holds": (palette.LOOKS["EMG"].line, "x")'),
        ("range=[len(dots) - 0.5, -0.5]", "range=[-0.5, len(dots) - 0.5]")),
    *of("report/draw/tables.py", "report/draw/test_figures.py::test_signed_parts_have_the_shares_of_figure_1 "
        "report/draw/test_figures.py::test_wrong_and_right_groups_are_compared_as_they_are_and_at_equal_numbers",
        ('[["share", "positive", "negative"]].median()', '[["share", "positive", "negative"]].mean()'),
        ('table["sd"] > table["sd_correct_equal"]', 'table["sd"] < table["sd_correct_equal"]')),
    *of("report/draw/trials.py", "report/draw/test_trials.py",
        ('"array": mine["high"] - mine["value"]', '"array": mine["value"] - mine["low"]'),
        ('((False, "circle"), (True, "x"))', '((True, "circle"), (False, "x"))'),
        ("categoryarray=line[::-1]", "categoryarray=line"),
        ('((rows["nothing"].iloc[0], "dot"), (rows["best"].iloc[0], "solid"))', '((rows["best"].iloc[0], "dot"), (rows["nothing"].iloc[0], "solid"))')),
    *of("report/draw/verdict_marks.py", "report/draw/test_verdict_marks.py",
        ("parts = 100 * asked[verdict] / asked", 'parts = 100 * asked["holds"] / asked'),
        ("categoryarray=names[::-1]", "categoryarray=names"),
        ('rows[rows["verdict"] == verdict]', 'rows[rows["verdict"] != verdict]')),
    *of("report/draw/speed_ratios.py", "report/draw/test_verdict_marks.py",
        ('"array": [row["high"] - row["ratio"]], "arrayminus": [row["ratio"] - row["low"]]', '"array": [row["ratio"] - row["low"]], "arrayminus": [row["high"] - row["ratio"]]'),
        ('"arrow-bar-right-open" if row["better"] == "higher"', '"arrow-bar-right-open" if row["better"] == "lower"'),
        ("range=[len(rows) - 0.4, -0.9]", "range=[-0.9, len(rows) - 0.4]")),
    # ----------------------------------------------------------------------------------------------------------- statistics
    *of("analysis/linear_model.py", "analysis/test_linear_model.py",
        ("return (subjects - 1) / subjects * of_term.T @ of_term", "return of_term.T @ of_term"),
        ("numpy.sqrt((subjects - 1) / subjects * (self.deviations**2).sum(axis=0))", "numpy.sqrt((self.deviations**2).sum(axis=0))"),
        ("freedom = sums.rows - design.shape[1]", "freedom = sums.rows - 1"),
        ("reach = stats.t.isf(ALPHA / 2, freedom)", "reach = stats.t.isf(ALPHA, freedom)"),
        ("p = 2 * stats.t.sf(", "p = stats.t.sf("),
        ("stats.t.isf(1 - POWER, freedom)", "stats.t.isf(POWER, freedom)"),
        ("float(q), float(freedom - q + 1)", "float(q), float(freedom - q)"),
        ("1 / numpy.sqrt(numpy.maximum(values, TINY))", "1 / numpy.maximum(values, TINY)")),
    *of("analysis/permutation.py", "analysis/test_permutation.py",
        ("(1 + as_large) / (1 + len(squares))", "as_large / len(squares)"),
        ("(~(squares < observed * (1 - TIE)))", "(squares > observed * (1 + TIE))"),
        ("residuals = values - others @", "residuals = values + 0 * others @")),
    *of("analysis/permutation.py", "analysis/test_verdicts.py::test_intervals_by_permutation_end_where_a_permutation_test_of_a_shifted_effect_turns",
        ("[0.95, 0.90], axis=0", "[0.90, 0.95], axis=0")),
    *of("analysis/responses.py", "analysis/test_log_ratios.py analysis/test_misread.py",
        ("return centred * numpy.sqrt(modalities / max(modalities - 1, 1))", "return centred"),
        ("REPLACED_BY = 0.65", "REPLACED_BY = 1.0"),
        ('== (selection == "correct")', '!= (selection == "correct")')),
    *of("analysis/p_values.py", "analysis/test_regression.py::test_benjamini_and_hochberg_s_own_example",
        ('method="fdr_bh")[1]', 'method="bonferroni")[1]'),
        ('q[tested] = multipletests(p[tested], method="fdr_bh")[1]', 'q[tested] = multipletests(p[tested], method="fdr_bh")[1][::-1]')),
    *of("analysis/regression.py", "analysis/test_regression.py::test_log_ratios_are_read_back_as_points "
        "analysis/test_regression.py::test_planted_effects_are_found_by_all_tests_and_named_with_their_reference",
        ("composition(ratios + half) - composition(ratios - half)", "composition(ratios - half) - composition(ratios + half)")),
    *of("analysis/regression.py", "analysis/test_regression.py::test_p_are_corrected_together_with_those_of_the_family_that_is_asked_for",
        ('if family == "all":\n', 'if family == "rule":\n')),
    *of("analysis/night_means.py", "analysis/test_paired_nights.py analysis/test_regression.py::test_medians_of_nights_stand_beside_their_means",
        ("LEAST_EPOCHS = 5", "LEAST_EPOCHS = 1"),
        ("[here].to_numpy()).median()", "[here].to_numpy()).mean()")),
    *of("analysis/covariate_design.py", "analysis/test_paired_nights.py analysis/test_regression.py::test_in_pairs_of_nights_permutation_tests_their_differences",
        ("change = (one - other).dropna()", "change = (other - one).dropna()")),
    *of("analysis/paired_nights.py", "analysis/test_paired_nights.py",
        ("columns=[term.reference, term.level]", "columns=[term.level, term.reference]")),
    *of("analysis/bootstrap.py", "analysis/test_little_evidence.py::test_bootstrap_intervals_cover_what_subjects_share analysis/test_verdicts.py",
        (".multinomial(n, numpy.full(n, 1 / n), size=draws)", ".multinomial(60 * n, numpy.full(n, 1 / n), size=draws)"),
        ('{"correct": [1], "wrong": [0]}', '{"correct": [0], "wrong": [1]}'),
        ('("pooled", pool_weights(totals))', '("pooled", numpy.ones(len(wide)))')),
    *of("analysis/groups.py", "analysis/test_groups.py::test_pooled_stays_right_where_relevance_itself_would_underflow "
        "analysis/test_groups.py::test_epochs_without_relevance_are_left_out_and_counted "
        "analysis/test_groups.py::test_the_spread_is_the_standard_deviation_of_fold_means",
        ("weights = within.transform(pool_weights)", 'weights = within.transform("rank")'),
        ("freedom = known.sum(0) - 1", "freedom = known.sum(0)"),
        ('counts["size"] - counts["sum"]', 'counts["sum"]')),
    *of("analysis/variance.py", "analysis/test_variance.py::test_balanced_nights_have_the_variances_of_an_analysis_of_variance_by_hand "
        "analysis/test_variance.py::test_networks_agree_as_far_as_the_intraclass_correlation_by_hand",
        ("fit(reml=True, method=optimiser)", "fit(reml=False, method=optimiser)"),
        ("sums.squares[0] / (len(means) - len(recordings))", "sums.squares[0] / len(means)")),
    *of("analysis/serial_correlation.py", "analysis/test_error_rates.py::test_means_and_squares_of_series_are_those_of_the_matrix_of_their_correlations",
        ("- 2 * correlation * (1 - correlation**numbers)", "+ 2 * correlation * (1 - correlation**numbers)")),
    *of("analysis/error_rates.py", "analysis/test_error_rates.py::test_the_table_counts_rejections_by_stage_and_over_all_and_its_intervals_hold_the_rate",
        ("stats.beta.isf(ALPHA / 2, rejected + 1, cohorts - rejected)", "stats.beta.isf(ALPHA / 2, rejected, cohorts - rejected)")),
    *of("analysis/misread.py", "analysis/test_misread.py",
        ("misread.loc[both] - correct.loc[both]", "correct.loc[both] - misread.loc[both]")),
    *of("model/scores.py", "model/test_scores.py",
        ("_fraction(agreed - chance, n * n - chance)", "_fraction(agreed, n * n)"),
        ('("recall", hits, true, true)', '("recall", hits, predicted, true)')),
    *of("trust/agreement.py", "trust/test_shapley.py::test_distance_kappa_and_rank_of_one_epoch_each_by_hand",
        ("(agreed - chance) / (1 - chance) if chance < 1", "agreed if chance < 1")),
    *of("trust/intervals.py", "trust/test_intervals.py",
        ("[0.025, 0.975]", "[0.05, 0.95]"),
        ("numpy.where(known, values, 0), known]", "numpy.where(known, values, 0), numpy.ones_like(known)]")),
    # --------------------------------------------------------------------------------------------------------------- claims
    *of("analysis/verdicts.py", "analysis/test_verdicts.py",
        ("HOLDS if interval.low > bound else FAILS", "HOLDS if interval.value > bound else FAILS"),
        ("HOLDS if interval.low > bound", "HOLDS if interval.low >= bound"),
        ("UNDECIDED if not p < ALPHA else HOLDS if side > 0 else FAILS", "UNDECIDED if not p < ALPHA else FAILS if side > 0 else HOLDS"),
        ("UNDECIDED if not p < ALPHA", "UNDECIDED if not p <= ALPHA"),
        ("-margin < interval.inner_low and interval.inner_high < margin", "-margin < interval.low and interval.high < margin"),
        ("ORDER = (FAILS, NOT_APPLICABLE, UNDECIDED, HOLDS)", "ORDER = (HOLDS, FAILS, NOT_APPLICABLE, UNDECIDED)"),
        ("[50 * ALPHA, 100 * ALPHA,", "[100 * ALPHA, 100 * ALPHA,"),
        ("return min((part for part in comparisons", "return max((part for part in comparisons")),
    *of("analysis/conditions.py", "analysis/test_claims.py::test_three_times_as_much_is_three_times",
        ("numpy.divide, *keys), times)", "numpy.divide, *keys))")),
    *of("analysis/conditions.py", "analysis/test_claims.py::test_rules_give_a_modality_more_or_less",
        ("for rule in (more, less)]", "for rule in (less, more)]")),
    *of("analysis/conditions.py", "analysis/test_claims.py::test_effects_hold_where_every_part_is_so",
        ('directed(what, interval, p, need["effect"])', 'directed(what, interval, p, -need["effect"])')),
    *of("analysis/conditions.py", "analysis/test_claims.py::test_misread_nrem_epochs_lean_more_on_eog_and_emg",
        ('for which in ("wrong", "correct")]', 'for which in ("correct", "wrong")]')),
    *of("analysis/conditions.py", "analysis/test_claims.py::test_counts_are_judged_for_telemetry_only_and_to_the_last_digit",
        ("0.5 * 10.0 ** -digits", "5 * 10.0 ** -digits")),
    *of("analysis/conditions.py", "analysis/test_claims.py::test_effects_upon_patterns_rank_sex_medication_age",
        ("HOLDS if ahead > 0 else FAILS", "HOLDS if ahead >= 0 else FAILS")),
    *of("analysis/conditions.py", "analysis/test_claims.py::test_the_largest_effect_of_sex_counts_in_the_claimed_direction_only",
        ("first = max(sizes, key=sizes.get)", "first = min(sizes, key=sizes.get)")),
    *of("analysis/conditions.py", "analysis/test_ablation_claims.py",
        ("numpy.subtract(lost(one), lost(other))", "numpy.subtract(lost(other), lost(one))"),
        ("[modality] - parts[modality]", "[modality] + parts[modality]"),
        ("HOLDS if holding >= least else FAILS", "HOLDS if holding > 0 else FAILS")),
    *of("analysis/conditions.py", "analysis/test_fold_spread.py::test_claim_3_is_judged_as_the_nights_were_drawn",
        ("HOLDS if beyond.low > 1 else FAILS if beyond.high < 1", "HOLDS if beyond.high < 1 else FAILS if beyond.low > 1")),
    *of("analysis/contrasts.py", "analysis/test_cohorts_of_other_levels.py",
        ("Contrast(reference, level, -1.0)", "Contrast(reference, level, 1.0)"),
        ("factor=float(high - low)", "factor=1.0")),
    *of("analysis/clear_lead.py", "analysis/test_clear_lead.py",
        ("stats.t.ppf(1 - ALPHA / 2, len(wide) - 1)", "stats.t.ppf(1 - ALPHA, len(wide) - 1)"),
        ("stats.t.ppf(1 - ALPHA / 2, len(wide) - 1)", "stats.t.ppf(1 - ALPHA / 2, len(wide))"),
        ("(differences.mean(axis=0) > reach).all()", "(differences.mean(axis=0) > reach).any()")),
    *of("analysis/sleep_statistics.py", "analysis/test_people_and_epochs.py",
        ("(rem - onset if rem is not None", "(rem if rem is not None"),
        ('(stages[onset:] == "W").sum()', '(stages == "W").sum()'),
        ("100 * sleep / len(stages)", "100 * sleep / (len(stages) + 1)")),
    *of("analysis/epoch_agreement.py", "analysis/test_people_and_epochs.py",
        ("(same - chance) / (1 - chance)", "same"),
        ("(xy - x * y) / spread", "xy / spread")),
    *of("analysis/hits.py", "analysis/test_hits.py",
        ('* effect["direction"] > 0', '* effect["direction"] < 0'),
        ("len(idle & significant_pairs(plain, test, alpha))", "len(significant_pairs(plain, test, alpha))")),
    *of("analysis/expectations.py", "analysis/test_expectations.py",
        ("FAILS if lead < 0 else HOLDS if lead > 0", "HOLDS if lead < 0 else FAILS if lead > 0"),
        ('HOLDS if planted == need["effect"] else FAILS', 'FAILS if planted == need["effect"] else HOLDS')),
    # ----------------------------------------------------------------------------------------------------------------- keys
    *of("pipeline/code.py", "pipeline/test_code.py",
        ("waiting.extend(imported)", "waiting.extend(())"),
        ("and path.name in texts)", "and path.name in ())"),
        ("meaning = repr((ast.dump(_without_docstrings(tree)), values, data))", "meaning = repr((ast.dump(tree), values, data))"),
        ("(*OUTSIDE, CONSTANTS, *without)", "(*OUTSIDE, CONSTANTS)"),
        ('digest.update(f"{package}=={version(package)}\\0".encode())', 'digest.update(f"{package}\\0".encode())'),
        ("repr((ast.dump(_without_docstrings(tree)), values, data))", "repr((ast.dump(_without_docstrings(tree)), data))")),
    *of("pipeline/run.py", "pipeline/test_steps.py",
        ('"settings": settings, "facts": self.facts(step, part),', '"settings": settings, "facts": {},'),
        ("hashes[str(path)] for kind, path in paths.items()}", "0 for kind, path in paths.items()}"),
        ("{_text(other): self.digest(source, other) for other in parts}", "{_text(other): 0 for other in parts}"),
        ("row.packages, row.without(self.settings, part))}", "row.packages)}"),
        ("if all(mine.get(name, value) == value", "if any(mine.get(name, value) == value")),
    *of("pipeline/store.py", "pipeline/test_store.py",
        ("            if not resumes:\n", "            if resumes:\n"),
        ("return found[\"digest\"], changed[0] if changed else None", "return found[\"digest\"], None"),
        ("names = sorted({*record[\"files\"], *found[\"files\"]})", "names = sorted(record[\"files\"])"),
        ("entry[:2] != [state.st_size, state.st_mtime_ns]", "entry[:2] == []"),
        ('{"files": hashes, "digest": hash_of(hashes)}', '{"files": hashes, "digest": hash_of(str(folder))}'),
        ("if (step, path.name) not in named and", "if path.name not in named and"),
        ("fcntl.LOCK_EX | fcntl.LOCK_NB if alone", "fcntl.LOCK_SH | fcntl.LOCK_NB if alone"),
        ("        if not free:\n", "        if free:\n"),
        ("            if self.digest(step, key) is not None:\n                yield None", "            if self.digest(step, key) is None:\n                yield None"),
        ("if not _is_sealed(content):\n            raise", "if not content:\n            raise")),
    *of("pipeline/step.py", "pipeline/test_tasks.py",
        ('self.inputs[step][(self.part["fold"],)] / name', 'min(self.inputs[step].values()) / name'),
        ('folds["role"] == "training"', 'folds["role"] == "test"'),
        ('"seed": self.settings["training_seed"]', '"seed": 0'),
        ("read_table(path, **how) for path in paths", "read_table(path) for path in paths"),
        ("store / \"epochs\" / key for recording, key", "store / \"epochs\" / recording for recording, key")),
    # -------------------------------------------------------------------------------------------------------------- packets
    *of("report/browsing/packets.py", "report/browsing/test_made_packets.py "
        "report/browsing/test_packets.py::test_a_packet_holds_text_of_any_script_and_arrays_of_any_length",
        ("head, bytes(-len(head) % 4)]", "head]"),
        ("predicted[number, at] = rows", "predicted[0, at] = rows"),
        ('FRACTIONS * wide["share"][names].fillna(0)', 'FRACTIONS * wide["share"][names[::-1]].fillna(0)'),
        ('[f"p_{stage}" for stage in STAGES]].to_numpy()', '[f"p_{stage}" for stage in STAGES[::-1]]].to_numpy()'),
        ('of_fold = shares[shares["fold"] == fold]', 'of_fold = shares[shares["fold"] == folds[0]]'),
        ('of_fold["rule"].astype(str) == rule', 'of_fold["rule"].astype(str) == self.rules[0]'),
        ("{epoch: slot for slot, epoch in enumerate(slots[\"epoch\"])}\n        names", "{epoch: slot + 1 for slot, epoch in enumerate(slots[\"epoch\"])}\n        names"),
        ("log_total[number, rule_number, at] =", "log_total[number, 0, at] ="),
        ("(shown.min(2), shown.max(2))", "(shown.max(2), shown.min(2))"),
        ("numpy.where(reach > 0, reach, 1) / NIGHT_LEVELS", "numpy.where(reach > 0, reach, 1) / (10 * NIGHT_LEVELS)"),
        ("numpy.where(reach > 0, reach, 1) / LEVELS", "numpy.where(reach > 0, reach, 1) / (2 * LEVELS)"),
        ('"signals": rounded.transpose(0, 2, 1)', '"signals": rounded[:, ::-1].transpose(0, 2, 1)'),
        ("relevance = numpy.stack([of_rules[self._order]", "relevance = numpy.stack([of_rules"),
        ("relevance.transpose(0, 1, 3, 2)", "relevance[:, :, ::-1].transpose(0, 1, 3, 2)"),
        ('"middle": middle[:, 0].tolist()', '"middle": (0 * middle[:, 0]).tolist()'),
        ("at = round((onsets[epoch] - run) * RATE)", "at = 0"),
        ('"reason": slots["reason"].map({"": -1,', '"reason": slots["reason"].map({"": 0,'),
        ('"supports": palette.POSITIVE, "against": palette.NEGATIVE', '"supports": palette.NEGATIVE, "against": palette.POSITIVE'),
        ('fractions[at[0], at[1], rows["epoch"].map(slot_of).to_numpy(), at[2], at[3]]', 'fractions[at[0], at[1], rows["epoch"].map(slot_of).to_numpy(), at[2], 0]'),
        ("start = round((onset - first_s) * RATE / size)", "start = round(first_s * RATE / size)"),
        ("levels = numpy.where(numpy.isnan(levels), MISSING, levels)", "levels = numpy.nan_to_num(levels)")),
    # ---------------------------------------------------------------------------------------------- drawings of the browser
    *of("report/browsing/static/browser-scale.js", "report/browsing/test_scripts.py::test_pure_parts_of_the_scripts",
        ("return left + (seconds - span[0]) * scale;", "return left + width - (seconds - span[0]) * scale;"),
        ("top + height * (high - value) / (high - low)", "top + height * (value - low) / (high - low)"),
        ("length: height * value / range", "length: 10 * height * value / range"),
        ("foot -= tall;", "foot += tall;"),
        ("top: value > 0 ? zero - length : zero", "top: value > 0 ? zero : zero - length"),
        ("value > 0 ? index.supports : index.against", "value > 0 ? index.against : index.supports"),
        ("packet.arrays.relevance[at + bin] * scale", "packet.arrays.relevance[at + size - 1 - bin] * scale"),
        ("packet.relevance_scales[place][rule] / folds.length", "packet.relevance_scales[place][rule]"),
        ("x(onset + (sample + 0.5) * each)", "x(onset + (levels.length - sample - 0.5) * each)")),
    *of("report/browsing/static/browser-night.js", "report/browsing/test_scripts.py::test_pure_parts_of_the_scripts",
        ("view.probabilities[slot * stages + stage] = sum / places.length;", "view.probabilities[slot * stages + stage] = sum;"),
        ("view.shares[slot * parts + part] = sum / rows.length;", "view.shares[slot * parts + part] = sum;"),
        ("pooled ? Math.exp(view.logTotal[slot] - most) : 1", "pooled ? 1 : Math.exp(view.logTotal[slot] - most)"),
        ("night.arrays.predicted[place * view.n + slot] === view.predicted[slot]", "night.arrays.predicted[place * view.n + slot] !== view.predicted[slot]")),
    *of("report/browsing/static/browser-data.js", "report/browsing/test_scripts.py::test_pure_parts_of_the_scripts",
        ("at += Math.ceil(size * type.BYTES_PER_ELEMENT / 4) * 4;", "at += size * type.BYTES_PER_ELEMENT;")),
]


def pytest_of(tests, folder):
    """(exit status of these tests in a copy, what they said): 0 where all pass, 1 where one fails or hangs."""
    settings = {"PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", *(f"tests/{name}" for name in tests.split())]
    try:
        done = subprocess.run(command, cwd=folder, env={**os.environ, **settings}, capture_output=True, text=True, timeout=LONGEST)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired:
        return 1, f"no end within {LONGEST} s"


def survives(mutant, copies):
    """Whether its tests pass in a copy that has it, which is as it was afterwards."""
    folder = copies.get()
    path = folder / PACKAGE / mutant.file
    text = path.read_text()
    try:
        assert text.count(mutant.old) == 1, f"{mutant.file}: {mutant.old!r} occurs {text.count(mutant.old)} times"
        path.write_text(text.replace(mutant.old, mutant.new))
        return pytest_of(mutant.tests, folder)[0] != 1
    finally:
        path.write_text(text)
        copies.put(folder)


def passes(tests, copies):
    """End the program where tests fail without any fault, since they would see every one."""
    folder = copies.get()
    status, said = pytest_of(tests, folder)
    copies.put(folder)
    if status:
        sys.exit(f"{said[-3000:]}\nthese tests do not pass without any fault: {tests}")


def main(words):
    """Try the mutants of files whose names hold one of the words, or all."""
    chosen, alive = [mutant for mutant in MUTANTS if not words or any(word in mutant.file for word in words)], []
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(SIDE_BY_SIDE) as side_by_side:
        copies = queue.Queue()
        for number in range(SIDE_BY_SIDE):
            copies.put(folder := Path(temporary, str(number)))
            folder.mkdir()
            for name in COPIED:
                (shutil.copytree if (ROOT / name).is_dir() else shutil.copy2)(ROOT / name, folder / name)
        all_tests = list(dict.fromkeys(mutant.tests for mutant in chosen))
        for number, _ in enumerate(side_by_side.map(lambda tests: passes(tests, copies), all_tests), start=1):
            print(f"\r{number} of {len(all_tests)} sets of tests pass", end="", flush=True)
        print()
        for number, (mutant, lives) in enumerate(zip(chosen, side_by_side.map(lambda one: survives(one, copies), chosen)), start=1):
            if lives:
                alive.append(mutant)
                print(f"\nSURVIVES {mutant.file}\n  - {mutant.old}\n  + {mutant.new}\n    {mutant.tests}")
            print(f"\r{number} of {len(chosen)} tried, {len(alive)} alive", end="", flush=True)
    dead = len(chosen) - len(alive)
    print(f"\n{dead} of {len(chosen)} mutants died, {100 * dead / len(chosen):.1f} %; at least {100 * WANTED:.0f} % have to")
    return dead < WANTED * len(chosen)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
