"""Learning rate and early stopping, decided after each training epoch from its validation accuracy.

Their state is plain numbers, which a checkpoint holds; they follow Keras's ReduceLROnPlateau and EarlyStopping.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

FACTOR = 0.1
MIN_DELTA = 1e-4


@dataclass
class Schedule:
    """State of the learning rate and of stopping, fed with one validation accuracy per training epoch.

    Improvement for stopping (and for the best weights) is any gain, for the learning rate one of more than 1e-4.
    """

    learning_rate: float
    plateau_patience: int
    stop_patience: int
    best: float = -math.inf
    since_best: int = 0
    plateau_best: float = -math.inf
    since_plateau_best: int = 0

    def update(self, accuracy):
        """Take in the accuracy of the training epoch just finished; return whether it is the best so far."""
        improved = accuracy > self.best
        self.since_best = 0 if improved else self.since_best + 1
        self.best = max(self.best, accuracy)
        if accuracy > self.plateau_best + MIN_DELTA:
            self.plateau_best, self.since_plateau_best = accuracy, 0
        else:
            self.since_plateau_best += 1
        if self.since_plateau_best >= self.plateau_patience:
            self.learning_rate, self.since_plateau_best = self.learning_rate * FACTOR, 0
        return improved

    @property
    def stopped(self):
        """Whether the validation accuracy has not risen for `stop_patience` training epochs."""
        return self.since_best >= self.stop_patience
