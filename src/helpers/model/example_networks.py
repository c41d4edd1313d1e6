"""Networks of the literature in small, each in a few lines: functions of (time, channels, classes), as the setting `network` takes them."""


def eegnet(time, channels, classes):
    """A filter for each rhythm, weights over channels, then slower filters. Lawhern et al. 2018, doi 10.1088/1741-2552/aace8c."""
    from keras import Sequential, layers

    return Sequential([
        layers.Input((time, channels)), layers.Reshape((time, channels, 1)),
        layers.Conv2D(8, (50, 1), strides=(2, 1), padding="same", use_bias=False), layers.BatchNormalization(),
        layers.DepthwiseConv2D((1, channels), depth_multiplier=2, use_bias=False), layers.BatchNormalization(),
        layers.Activation("elu"), layers.AveragePooling2D((10, 1)), layers.Dropout(0.25),
        layers.SeparableConv2D(16, (16, 1), padding="same", use_bias=False), layers.BatchNormalization(),
        layers.Activation("elu"), layers.AveragePooling2D((10, 1)), layers.Dropout(0.25),
        layers.Flatten(), layers.Dense(classes, activation="softmax")])


def cnn_lstm(time, channels, classes):
    """Features of half seconds, then an LSTM over the epoch; after TinySleepNet, Supratak and Guo 2020, doi 10.1109/EMBC44109.2020.9176741."""
    from keras import Sequential, layers

    return Sequential([
        layers.Input((time, channels)),
        layers.Conv1D(32, 50, strides=6, activation="relu"), layers.MaxPooling1D(8), layers.Dropout(0.25),
        layers.Conv1D(64, 8, padding="same", activation="relu"), layers.MaxPooling1D(4),
        layers.LSTM(32), layers.Dropout(0.25), layers.Dense(classes, activation="softmax")])


def u_time(time, channels, classes, epochs=8):
    """Down to one value in 2 s and up again, each step beside what it came from; it stages `epochs` in a row, of `time` samples each, at
    once. Perslev et al. 2019, arXiv 1910.11162."""
    from keras import Model, layers

    def convolved(x, filters):
        return layers.BatchNormalization()(layers.Conv1D(filters, 5, padding="same", activation="elu")(x))

    inputs = layers.Input((epochs * time, channels))
    first = convolved(layers.AveragePooling1D(2)(inputs), 16)
    second = convolved(layers.MaxPooling1D(10)(first), 32)
    third = convolved(layers.MaxPooling1D(10)(second), 64)
    second = convolved(layers.Concatenate()([second, layers.Conv1DTranspose(32, 10, strides=10)(third)]), 32)
    first = convolved(layers.Concatenate()([first, layers.Conv1DTranspose(16, 10, strides=10)(second)]), 16)
    return Model(inputs, layers.Conv1D(classes, 1, activation="softmax")(layers.AveragePooling1D(time // 2)(first)))
