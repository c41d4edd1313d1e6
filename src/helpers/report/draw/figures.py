"""Every figure and table of the report under a single name, for notebooks."""

from . import (
    ablations,
    boxes,
    classifier,
    coefficients,
    example_maps,
    forest,
    frequency_bands,
    front,
    heatmaps,
    joint_tests,
    magnitudes,
    misread_epochs,
    network_pairs,
    night,
    night_pairs,
    recordings,
    rejections,
    simulation,
    sleepers,
    speed_ratios,
    tables,
    trials,
    verdict_marks,
)
from . import engines as engines
from . import floors as noise
from . import hypnodensity as densities
from . import specifications as curves

stages = recordings.stages
dropped = recordings.dropped
membership = recordings.membership
covariates = recordings.covariates
sleep = sleepers.nights
sleep_by_condition = sleepers.by_condition
accuracy_by_subject = sleepers.accuracy
shares_by_subject = sleepers.shares
hypnodensity = densities.hypnodensity

confusion = classifier.confusion
history = classifier.history

lost = ablations.recall
score_changes = ablations.scores
beside = ablations.beside
terms = ablations.terms
losses = ablations.losses
method_agreement = ablations.agreement
floors = noise.floors
told = noise.told
above_floor = noise.above
floor_seeds = noise.seeds

measures = trials.measures
planted_signs = trials.signs
planted_hits = trials.hits
random_weights = trials.random_weights
stability = trials.stability
other_networks = trials.other_networks
known_answers = trials.known_answers

both_scores = network_pairs.scores
both_read = network_pairs.agreement
both_shares = network_pairs.shares
both_costs = network_pairs.costs
both_floors = network_pairs.floors
both_verdicts = network_pairs.verdicts
both_specifications = curves.both

example_networks = example_maps.networks
example_relevance = example_maps.maps

bands = frequency_bands.shares
spectra = frequency_bands.spectra
part_effects = frequency_bands.effects
band_removal = frequency_bands.removal
band_groups = frequency_bands.groups
band_timeline = frequency_bands.timeline

magnitude = magnitudes.magnitudes
timeline = night.timeline
front_night = front.night
front_stages = front.stages
versions = coefficients.versions
effects = heatmaps.effects
intervals = forest.intervals
joints = joint_tests.joints
pairs = night_pairs.nights

misread = misread_epochs.differences
rates = misread_epochs.rates

false_positives = rejections.false_positives
detection = rejections.detection
variances = rejections.variances

agreement = engines.agreement
bias_error = engines.bias_error
relevance_kept = engines.relevance_kept
where_it_went = engines.where_it_went

scores = tables.scores
signed_parts = tables.signed_parts
neighbours = tables.neighbours
spread = tables.spread
epoch_agreement = tables.epoch_agreement
claims = tables.claims
verdicts = verdict_marks.verdicts
ratios = speed_ratios.ratios
specifications = curves.curves
truth = tables.truth
regression = tables.regression

signs = simulation.signs
backgrounds = simulation.backgrounds
cycle = simulation.cycle
planted = simulation.planted
traps = simulation.traps
likeness = simulation.likeness
examples = simulation.examples


def overall(mean, pooled, first="mean", floors=None):
    """Figure 1 with its switch between mean of shares and pooled, `first` shown first; floors : both ways → tables of floors, or None."""
    return boxes.switched(boxes.overall, {"mean": mean, "pooled": pooled}, first, floors)


def predicted(mean, pooled, first="mean", floors=None):
    """Shares by predicted stage with the same switch."""
    return boxes.switched(boxes.by_predicted, {"mean": mean, "pooled": pooled}, first, floors)


def groups(mean, pooled, first="mean", floors=None):
    """Figure 2 with its switch between mean of shares and pooled, `first` shown first."""
    return boxes.switched(boxes.grid, {"mean": mean, "pooled": pooled}, first, floors)
