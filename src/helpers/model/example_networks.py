"""Networks of the literature in small, each in a few lines: functions of (time, channels, classes), as the setting `network` takes them."""


def eegnet(time, channels, classes):
    """A filter for each rhythm, weights over channels, then slower filters.

    After Lawhern et al. 2018, doi 10.1088/1741-2552/aace8c.
    """
    from keras import Sequential, layers

    return Sequential([
        layers.Input((time, channels)),
        layers.Reshape((time, channels, 1)),
        layers.Conv2D(8, (50, 1), strides=(2, 1), padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.DepthwiseConv2D((1, channels), depth_multiplier=2, use_bias=False),
        layers.BatchNormalization(), layers.Activation("elu"),
        layers.AveragePooling2D((10, 1)), layers.Dropout(0.25),
        layers.SeparableConv2D(16, (16, 1), padding="same", use_bias=False),
        layers.BatchNormalization(), layers.Activation("elu"),
        layers.AveragePooling2D((10, 1)), layers.Dropout(0.25),
        layers.Flatten(), layers.Dense(classes, activation="softmax")])


def cnn_lstm(time, channels, classes):
    """Features of half seconds, then an LSTM over the epoch.

    After TinySleepNet, Supratak and Guo 2020, doi 10.1109/EMBC44109.2020.9176741.
    """
    from keras import Sequential, layers

    return Sequential([
        layers.Input((time, channels)),
        layers.Conv1D(32, 50, strides=6, activation="relu"),
        layers.MaxPooling1D(8), layers.Dropout(0.25),
        layers.Conv1D(64, 8, padding="same", activation="relu"),
        layers.MaxPooling1D(4),
        layers.LSTM(32), layers.Dropout(0.25),
        layers.Dense(classes, activation="softmax")])


def u_time(time, channels, classes, epochs=8):
    """Down to a value in 2 s and up again, each step beside what it came from.

    It stages `epochs` in a row at once. After Perslev et al. 2019, arXiv 1910.11162.
    """
    from keras import Model, layers

    def convolved(x, filters):
        x = layers.Conv1D(filters, 5, padding="same", activation="elu")(x)
        return layers.BatchNormalization()(x)

    def widened(x, filters, beside):
        x = layers.Conv1DTranspose(filters, 10, strides=10)(x)
        return convolved(layers.Concatenate()([beside, x]), filters)

    inputs = layers.Input((epochs * time, channels))
    first = convolved(layers.AveragePooling1D(2)(inputs), 16)
    second = convolved(layers.MaxPooling1D(10)(first), 32)
    third = convolved(layers.MaxPooling1D(10)(second), 64)
    last = widened(widened(third, 32, second), 16, first)
    of_epochs = layers.AveragePooling1D(time // 2)(last)
    return Model(inputs, layers.Conv1D(classes, 1, activation="softmax")(of_epochs))
