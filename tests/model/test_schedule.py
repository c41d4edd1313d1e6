"""Learning rate and stopping against Keras's own callbacks, fed with the same validation accuracies."""

import numpy
import pytest

from helpers.model.schedule import Schedule


def keras_says(accuracies, plateau_patience, stop_patience):
    """Learning rate of each training epoch, training epochs done and the best one, by Keras's callbacks."""
    import keras

    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.5), "mse")
    plateau = keras.callbacks.ReduceLROnPlateau("val_accuracy", mode="max", patience=plateau_patience)
    stopping = keras.callbacks.EarlyStopping("val_accuracy", mode="max", patience=stop_patience)
    model.stop_training = False
    for callback in (plateau, stopping):
        callback.set_model(model)
        callback.on_train_begin()
    rates = []
    for number, accuracy in enumerate(accuracies):
        rates.append(float(model.optimizer.learning_rate))
        for callback in (plateau, stopping):
            callback.on_epoch_end(number, {"val_accuracy": accuracy})
        if model.stop_training:
            break
    return rates, stopping.best_epoch


@pytest.mark.parametrize("seed", range(6))
def test_the_rate_falls_and_training_stops_when_keras_does_so(seed):
    random = numpy.random.default_rng(seed)
    steps = random.choice([0, 5e-5, 2e-4, -0.01, 0.02], 60, p=(0.4, 0.25, 0.1, 0.2, 0.05))
    accuracies, plateau_patience, stop_patience = 0.5 + steps.cumsum(), 2 + seed % 3, 5 + seed
    schedule, rates, best = Schedule(0.5, plateau_patience, stop_patience), [], None
    for number, accuracy in enumerate(accuracies):
        rates.append(schedule.learning_rate)
        best = number if schedule.update(accuracy) else best
        if schedule.stopped:
            break
    expected, expected_best = keras_says(accuracies, plateau_patience, stop_patience)
    assert best == expected_best
    numpy.testing.assert_allclose(rates, expected, rtol=1e-5)
    assert len(set(rates)) > 1


def test_equal_accuracy_is_no_improvement():
    schedule = Schedule(1e-3, 5, 2)
    assert [schedule.update(0.8), schedule.update(0.8)] == [True, False]
    assert not schedule.stopped
    schedule.update(0.8)
    assert schedule.stopped
