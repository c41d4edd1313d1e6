"""What a page says under its question, on tables small enough to be read by eye; names from files stay text in it."""

import numpy
import pandas
import pytest
from IPython.core.formatters import DisplayFormatter
from made_tables import LEVEL, MODALITIES, TRUTH, by_fold, compared, ledger, regression, window
from markdown_it import MarkdownIt

from helpers.constants import STAGES
from helpers.report.words import ablating, answers, benchmark, citation, sentences
from helpers.report.words.markdown import joined, plain, small

NAMES = ("<img src=x onerror=alert(1)>", "</script>", "$x$", "**bold**", "[a](javascript:alert(1))", "{term}`fold`",
         "# title", "www.example.org", "a | b", "~~gone~~", "&amp; <!-- -->", "C4\\M1", "two\nlines")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_markdown_reads_as_it_is_written(name):
    [paragraph] = [token for token in MarkdownIt("gfm-like", {"linkify": False}).parse(f"{plain(name)} slept") if token.children]
    assert {child.type for child in paragraph.children} == {"text"}
    assert "".join(child.content for child in paragraph.children) == f"{' '.join(name.split())} slept"


def test_lists_of_words_and_small_numbers_are_said_as_people_say_them():
    assert [joined(parts) for parts in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
    assert [small(value) for value in (0.934, -0.5, 0, 2.4e-21)] == ["0.93", "−0.50", "0.00", "2·10⁻²¹"]


def test_the_nights_are_counted_and_the_most_frequent_reason_is_named():
    table = pandas.DataFrame({"recording": ["a", "b", "c"], "subject": ["1", "1", "2"]})
    epochs = pandas.DataFrame({"stage": ["N2"] * 6 + ["N1"] * 2})
    ledger = pandas.DataFrame({"kept": [True] * 8 + [False] * 2, "reason": [""] * 8 + ["movement"] * 2})
    said = answers.nights(table, epochs, ledger).data
    assert said.startswith("**Answer.** 2 subjects gave 3 nights and 8 sleep epochs")
    assert "75 % of them N2 and 25 % N1" in said and "2 of 10 slots (20.0 %), most of them for *movement* (2)" in said
    ledger["reason"] = [""] * 7 + ["movement", "unscored", "partial"]
    said = answers.nights(table, epochs, ledger.assign(kept=ledger["reason"] == "")).data
    assert "most" not in said and "3 of 10 slots (30.0 %), more of them for *movement* (1) than for any other reason" in said


def test_the_network_is_told_by_its_accuracy_and_its_worst_stage():
    rows = [("accuracy", "all", 0.8), ("kappa", "all", 0.7), ("f1", "N1", 0.3), ("f1", "N2", 0.9)]
    overall = pandas.DataFrame(rows, columns=["measure", "stage", "value"])
    folds = pandas.DataFrame({"measure": "accuracy", "fold": [0, 1], "value": [0.75, 0.85]})
    said = answers.network(overall, folds).data
    assert "in 80.0 % of epochs (folds: 75 to 85 %), least in N1. Cohen's kappa is 0.70; of two human scorers it is 0.76 [0.71, 0.81]." in said
    assert said.count("scorer") == 2 and "planted stages are no scorer" in answers.network(overall, folds, "Simulated nights: a test.").data


def test_what_costs_most_is_told_by_every_replacement():
    """EEG by zeros: (60 + 60 + 60 + 70 + 60) / 5 = 62 points, most in N3; by exchange EOG."""
    rows = [(by, fold, stage, name, 9, LEVEL[{"EEG": "EOG", "EOG": "EEG"}.get(name, name) if by == "exchange" else name]
             + 0.1 * (stage == "N3")) for by in ("exchange", "zeros") for fold in range(3) for stage in STAGES for name in MODALITIES]
    lost = pandas.DataFrame(rows, columns=["replacement", "fold", "stage", "modality", "n", "lost"])
    said = ablating.without(lost).data
    assert "Replaced by zeros, EEG costs most: 62 points of recall as a mean over stages of the median over folds, and 70 [70, 70] in N3" in said
    assert "Replaced by another epoch it is EOG." in said
    assert "By every replacement it is the same one." not in said
    agreed = pandas.DataFrame([("eps=1", "all", "leading", .2, .1, .3), ("shapley", "N1", "leading", .9, .8, 1),
                               ("deeplift", "all", "leading", -.5, -.6, .7), ("eps=1", "all", "rank", 1, 1, 1)],
                              columns=["rule", "stage", "measure", "value", "low", "high"])
    assert "agrees with exact Shapley values most by ε = 1 (kappa 0.20 [0.10, 0.30]) and least by DeepLIFT (kappa −0.50 [−0.60, 0.70])" in ablating.without(lost, agreed).data


def test_the_lead_is_given_with_its_spread_by_rule_and_by_stage():
    right = by_fold([(("true", "N2"), ("predicted", "N2")), (("true", "REM"), ("predicted", "REM"))])
    wrong = by_fold([(("true", "N2"), ("predicted", "N1")), (("true", "REM"), ("predicted", "N1"))])
    swapped = wrong.astype({"modality": str})
    n2 = swapped["true"] == "N2"
    swapped.loc[n2, "modality"] = swapped.loc[n2, "modality"].replace({"EEG": "EOG", "EOG": "EEG"})
    said = answers.global_relevance(by_fold(), by_fold(), pandas.concat([right, swapped])).data
    assert "EEG 61 % [60, 62] under ε = 0.01, EEG 61 % [60, 62] under ε = 100 and" in said
    assert "Where the network is right, under ε = 0.01 EEG leads in N2 and REM; where it is wrong" in said
    same = answers.global_relevance(by_fold(), by_fold(), pandas.concat([right, wrong])).data
    assert "where it is wrong the same ones lead in all 2 stages that can be compared" in same
    assert "where it is wrong another leads in 1 of 2 stages that can be compared. When relevance is pooled, the same modality leads under " in said
    assert "Most" not in said and "The largest share of relevance falls on EEG" in said


def test_a_modality_leads_only_where_the_interval_of_its_difference_excludes_zero():
    """EOG has more in one fold of many epochs; EEG in two of three folds, so that its median is the larger: 0.3, 0.3 and −0.28."""
    table = by_fold([(("true", "N2"), ("predicted", "N2"))]).astype({"modality": str, "rule": str})
    assert "**N2**: EEG leads with 61 % (ε = 0.01), 61 % (ε = 100) and 61 % (α1β0)." in sentences.groups(table).data
    table.loc[(table["fold"] == 2) & (table["modality"] == "EOG"), ["share", "n"]] = 0.9, 1000
    assert "under ε = 0.01 no modality leads clearly in N2" in answers.global_relevance(by_fold(), by_fold(), table).data
    wrong = pandas.concat([by_fold([(("true", "N2"), ("predicted", "N2"))]), table.assign(predicted="N1")])
    assert "where it is wrong no stage can be compared" in answers.global_relevance(by_fold(), by_fold(), wrong).data, "what is wrong has no clear lead"
    assert "**N2**: EEG has 61 % (ε = 0.01)" in sentences.groups(table).data and "median over folds" in sentences.groups(table).data


def test_a_lead_that_moves_when_relevance_is_pooled_is_said_to_move():
    pooled = by_fold().astype({"modality": str}).replace({"modality": {"EEG": "EOG", "EOG": "EEG"}})
    right = by_fold([(("true", "N2"), ("predicted", "N2"))])
    said = answers.global_relevance(by_fold(), pooled, right).data
    assert "When relevance is pooled, EOG leads instead of EEG under ε = 0.01, ε = 100 and α1β0." in said and "where it is wrong no stage can be compared" in said
    unsure = by_fold().assign(share=0.3)
    assert "When relevance is pooled, no modality leads clearly under" in answers.global_relevance(by_fold(), unsure, right).data
    assert "pooled, EEG leads, where by the mean of shares none does clearly, under" in answers.global_relevance(unsure, by_fold(), right).data


def test_a_night_is_told_by_what_changes_where_the_network_is_wrong():
    night = window()
    night.table.loc[1, "EOG"] = 0.63
    said = answers.timeline(night).data
    assert "agrees with the scorer in 2 of 3 epochs of recording ST7011 and leans mostly on EOG, with 51 % of" in said
    assert "EOG changes most: 63 % there, 45 % where it is right" in said
    night.table[["EEG", "EOG"]] = [0.3, 0.45]
    assert "leans more on EOG than on any other modality, with 45 % of" in answers.timeline(night).data, "45 % is not most"


def test_a_night_without_mistakes_has_nothing_to_compare():
    night = window()
    night.table["predicted"] = night.table["true"]
    assert "never wrong" in answers.timeline(night).data


def test_effects_are_counted_for_each_test_under_a_rule_and_an_average_and_the_largest_that_remains_is_named():
    said = answers.covariates(regression()).data
    assert said.startswith("**Answer.** Under ε = 100, mean of shares, of 45 tests OLS")
    assert "calls 2 significant, errors clustered by subject 1, permutation over subjects 1, and all three agree on 1" in said
    assert "EEG in N2, +4.25 points [−1.00, 1.50] (medication: temazepam against placebo)" in said and "simulated" not in said
    assert "under α1β0, pooled" in answers.covariates(regression("alpha1beta0", "pooled")).data.replace("Under", "under")
    assert answers.covariates(regression().assign(q_clustered=0.9)).data.endswith("clustered by subject 0, permutation over "
                                                                                 "subjects 1, and all three agree on 0.")
    assert "None of 45 tests could be made" in answers.covariates(regression().assign(p_ols=numpy.nan)).data


def test_the_largest_effect_is_that_on_which_all_agree():
    table = regression()
    table.loc[(table["stage"] == "W") & (table["covariate"] == "sex"), ["coefficient_clustered", "q_clustered"]] = -9.0, 0.001
    assert "EEG in N2, +4.25" in answers.covariates(table).data
    table.loc[(table["stage"] == "W") & (table["covariate"] == "sex"), ["q_ols", "q_permutation"]] = 0.001
    assert "EMG in W, −9.00" in answers.covariates(table).data, "the first of three alike"


def test_hits_stand_beside_false_alarms_on_simulated_nights():
    said = answers.covariates(regression(), TRUTH).data
    assert said.endswith("In these simulated nights (OLS, clustered and permutation) hits are 1, 1 and 1 of 2 planted effects, "
                         "false alarms 1, 0 and 0 of 2 pairs of stage and covariate without one.")


def test_engines_are_said_to_agree_within_the_limit_or_beyond_it():
    assert "shares agree to 2·10⁻⁶, within the limit" in answers.reference(compared(**{"eps=0.01": 2e-6}), ledger()).data
    assert "**beyond**" in answers.reference(compared(**{"eps=0.01": 2e-3}), ledger()).data
    said = answers.reference(compared(**{"eps=0.01": 0}).iloc[:0], ledger()).data
    assert "not installed" in said and "0.40 under ε = 0.01 reaches the signals" in said


def test_a_measurement_is_told_by_its_first_figures_and_how_many_are_within_what_is_asked():
    row = {"what": "three rules", "against": "iNNvestigate", "ratio": 4.2, "low": 4, "high": 5, "limit": 4, "better": "higher"}
    said = benchmark.words({"machine": "2 cores", "rows": [row, {**row, "limit": 5}, {**row, "limit": None}]}).data
    assert "three rules against iNNvestigate: **4.20** [4.00, 5.00]" in said and "**1 of 2 figures are within" in said
    assert "Nothing was measured yet" in benchmark.words(None).data


@pytest.mark.parametrize("tell", [
    lambda table: sentences.overall(table, table), lambda table: sentences.groups(table.assign(true="N2", predicted="N2")),
    lambda table: answers.global_relevance(table, table, table.assign(true="N2", predicted="N2")),
    lambda table: ablating.recall(table.assign(stage="N2", lost=table["share"], replacement="zeros")),
    lambda table: ablating.without(table.assign(stage="N2", lost=table["share"], replacement="zeros"))])
def test_the_name_of_a_modality_is_text_in_every_sentence(tell):
    table = by_fold().astype({"modality": str}).replace({"modality": {"EEG": NAMES[0] + NAMES[3]}})
    said = tell(table).data
    assert plain(NAMES[0] + NAMES[3]) in said and "<img" not in said


def test_names_of_subjects_covariates_and_reasons_are_text_too():
    name = NAMES[4]
    folds = pandas.DataFrame({"fold": 0, "subject": [name, "2"], "role": ["training", "test"]})
    nights = pandas.DataFrame({"subject": [name, "2", "2"], "recording": ["1", "2", "3"]})
    epochs = pandas.DataFrame({"stage": ["W"]})
    ledger = pandas.DataFrame({"kept": [True, False], "reason": ["", name]})
    effects = regression().replace({"temazepam": name})
    for said in (sentences.folds(folds), sentences.cohort(nights, epochs, ledger), answers.nights(nights, epochs, ledger),
                 answers.covariates(effects), answers.timeline(window(name))):
        assert plain(name) in said.data and name not in said.data


def test_the_entries_to_cite_carry_the_words_of_the_citation_file():
    text = citation.entries()
    assert text.count("```bibtex") == 4 and text.count("```") == 8
    assert "@software{sleeprelevance,\n  author = {{The sleep-relevance authors}},\n" in text
    assert "doi = {10.1109/BIBE52308.2021.9635460}" in text and "doi = {10.1109/10.867928}" in text
    assert text.count("{") == text.count("}")


def test_an_answer_without_any_relevance_says_so():
    night = window()
    night.table[["EEG", "EOG", "EMG"]] = numpy.nan
    said = answers.timeline(night).data
    assert "2 of 3 epochs" in said and said.endswith("No relevance reached the input in any of them.")


def test_nights_that_nobody_scored_are_told_by_what_the_network_says():
    epochs, ledger = pandas.DataFrame({"stage": ["", ""]}), pandas.DataFrame({"kept": [True, True], "reason": ["", ""]})
    table = pandas.DataFrame({"recording": ["a"], "subject": ["1"]})
    assert "2 sleep epochs of 30 s, which nobody scored. Left out were 0 of 2" in answers.nights(table, epochs, ledger).data
    said = answers.global_relevance(by_fold(), by_fold(), by_fold([(("true", ""), ("predicted", "N2"))])).data
    assert "By the stage that the network says, under ε = 0.01 EEG leads in N2. When relevance is pooled" in said
    night = window()
    night.table["true"] = ""
    said = answers.timeline(night).data
    assert "stages 3 epochs, which nobody scored, of recording ST7011 and leans more on EOG than on any other" in said and "wrong" not in said


def test_no_words_leave_no_trace_on_a_page():
    """IPython would show the name of the class of an empty text."""
    said = sentences.family(pandas.DataFrame())
    assert said.data == "" and DisplayFormatter().format(said) == ({}, {})
    assert "text/markdown" in DisplayFormatter().format(sentences.notice("Simulated nights: a test."))[0]
