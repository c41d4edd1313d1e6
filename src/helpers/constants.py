"""Numbers and names that several floors share, each written once."""

#: Length of a sleep epoch in seconds (AASM; Rechtschaffen and Kales 1968).
EPOCH_S = 30
#: Sampling rate in Hz at which the network reads signals.
RATE = 100
#: Samples of an epoch at that rate.
SAMPLES = EPOCH_S * RATE

#: The five stages in the field's order, awake to deep sleep, then REM.
STAGES = ("W", "N1", "N2", "N3", "REM")

#: Reasons for dropping a 30-s slot; the first that applies counts.
REASONS = ("partial", "outside hypnogram", "unscored", "movement", "marker error", "flat")

#: What a subject can be in a fold.
ROLES = ("training", "validation", "test")

#: The paper's modalities in its order; a cohort may have others.
MODALITIES = ("EEG", "EOG", "EMG")

#: Level of significance of every test.
ALPHA = 0.05

#: Columns that name a test epoch of a fold and say what it is.
KEYS = ("fold", "recording", "subject", "epoch", "true", "predicted")
