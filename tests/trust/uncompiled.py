"""Small networks explained without compiling them, which takes most of their time."""

from contextlib import contextmanager


@contextmanager
def uncompiled():
    """TensorFlow runs functions as they stand; what networks are asked with is a tensor, as where they are compiled."""
    import tensorflow as tf

    from helpers.relevance.logits import Logits

    batched = Logits._batched
    Logits._batched = lambda self, name, *arrays: batched(self, name, *map(tf.constant, arrays))
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)
        Logits._batched = batched
