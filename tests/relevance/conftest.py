"""What the tests of relevance share."""

import pytest


@pytest.fixture(scope="module")
def uncompiled():
    """TensorFlow runs functions as they stand: compiling takes most of the time of a small network."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
