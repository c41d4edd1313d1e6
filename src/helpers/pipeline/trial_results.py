"""Names of the results of the trial of explanations, as a study has them."""

from .results import table


class TrialResults:
    """What `helpers.study.Study` has of the trial; asked for where the trial is off, each says so."""

    sets = table("coalitions", "What the network gives some test epochs for every set of modalities.", "sets")
    shapley = table("coalitions", "Shapley value of each modality in these epochs, with its error.", "shapley")
    attributions = table("attributions", "Shares of these epochs by other rules and by methods that are no rules.")
    windows_lost = table("attributions", "What replacing windows in the order of each map costs, and in that of references.", "perturbation")
    planted = table("attributions", "How much relevance falls on planted signs, epoch by epoch.", "planted")
    method_agreement = table("method_agreement", "How far each rule and method agrees with Shapley values.")
    floors = table("floors", "What each rule and method gives a modality with its signal, and with noise in its place.")
    noise_shares = table("floor", "Shares of some test epochs, intact and with each modality as noise.", "floor")
    floor_regression = table("floor_regression", "Regression of shares above their floor on covariates, of means of nights.")
    randomisation = table("randomisation", "How alike maps are when weights are drawn anew.")
    stability = table("stability", "Intraclass correlation of shares when what should not matter changes.")
    other_scores = table("other_networks", "What other networks score on the test epochs of a fold.", "scores")
    other_shares = table("other_networks", "Shares of some test epochs by other networks.", "other_shares")
    second_predictions = table("second_network", "What another network reads on some folds.", "predictions")
    second_shares = table("second_network", "Its shares: one row per fold, epoch, rule and modality.", "shares")
    second_recall = table("second_network", "What it loses when a modality is exchanged.", "recall")
    second_floor = table("second_network", "Shares of some test epochs by it, intact and with each modality as noise.", "floor")
    second_claims = table("second_claims", "Claims judged by either network on the folds that both tested.")
    second_specifications = table("second_claims", "The same under every combination of choices.", "second_specifications")
    examples = table("examples", "Networks of other shapes, trained for a moment: accuracy and mean shares.")
    example_maps = table("examples", "Relevance of one epoch along its seconds by each of them.", "example_maps")
    measures = table("measures", "Each measure of each rule and method, with what knows nothing and what is perfect.")
    known_answers = table("known_answers", "What every method says of functions whose explanation is known.")
    bands = table("bands", "Parts of frequency bands in each modality's share: every test epoch and rule.")
    spectra = table("bands", "Spectra of relevance and of the signals by rule, stage and modality.", "spectra")
    band_removal = table("band_removal", "What the logit loses when a band comes from another epoch of the night.")
    band_regression = table("band_regression", "Regression of bands on covariates, of means of nights.")
