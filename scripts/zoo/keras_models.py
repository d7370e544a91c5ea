"""Saves Keras networks with random weights as .keras and .h5, in a throwaway Python environment.

usage: python keras_models.py OUT_DIR [NAME ...]
needs: keras and one of its backends (KERAS_BACKEND=torch does). Nothing is downloaded.
"""
import pathlib
import sys

import keras
import numpy as np
from keras import Input, Model, Sequential
from keras import layers as L

applications = {
    "inception_resnet_v2": ("InceptionResNetV2", 96), "resnet50": ("ResNet50", 64), "resnet101v2": ("ResNet101V2", 64), "efficientnetb1": ("EfficientNetB1", 64),
    "efficientnetv2s": ("EfficientNetV2S", 64), "densenet169": ("DenseNet169", 64), "vgg19": ("VGG19", 32), "mobilenetv3l": ("MobileNetV3Large", 64),
    "convnext_small": ("ConvNeXtSmall", 64), "xception": ("Xception", 96),
}


def application(name, size):
    return getattr(keras.applications, name)(weights=None, include_top=True, classes=10, input_shape=(size, size, 3))


def unet():
    x = inputs = Input((32, 32, 3))
    skips = []
    for c in (8, 16):
        x = L.ReLU()(L.BatchNormalization()(L.Conv2D(c, 3, padding="same")(x)))
        skips.append(x)
        x = L.MaxPooling2D()(x)
    x = L.Conv2D(32, 3, padding="same", activation="relu")(x)
    for c, skip in ((16, skips[1]), (8, skips[0])):
        x = L.Concatenate()([L.Conv2DTranspose(c, 2, 2)(x), skip])
        x = L.Conv2D(c, 3, padding="same", activation="relu")(x)
    return Model(inputs, L.Conv2D(2, 1, activation="softmax")(x))


def text_gru():
    return Sequential([Input((20,), dtype="int32"), L.Embedding(100, 16), L.Bidirectional(L.GRU(24, return_sequences=True)), L.GlobalMaxPooling1D(), L.Dense(16, activation="relu"), L.Dropout(0.3), L.Dense(1, activation="sigmoid")])


def text_mask_lstm():
    return Sequential([Input((20,), dtype="int32"), L.Embedding(100, 16, mask_zero=True), L.LSTM(24), L.Dense(4, activation="softmax")])


def vit():
    inputs = Input((32, 32, 3))
    x = L.Reshape((16, 48))(L.Conv2D(48, 8, 8)(L.Rescaling(1 / 255.0)(inputs)))
    for _ in range(2):
        y = L.LayerNormalization()(x)
        x = L.Add()([x, L.MultiHeadAttention(4, 12)(y, y)])
        y = L.Dense(96, activation="gelu")(L.LayerNormalization()(x))
        x = L.Add()([x, L.Dense(48)(y)])
    return Model(inputs, L.Dense(10, activation="softmax")(L.GlobalAveragePooling1D()(L.LayerNormalization()(x))))


def se_net():
    inputs = Input((32, 32, 3))
    x = L.Activation("swish")(L.BatchNormalization()(L.Conv2D(32, 3, padding="same", use_bias=False)(inputs)))
    s = L.Conv2D(8, 1, activation="relu")(L.GlobalAveragePooling2D(keepdims=True)(x))
    x = L.Multiply()([x, L.Conv2D(32, 1, activation="sigmoid")(s)])
    x = L.PReLU(shared_axes=[1, 2])(L.SeparableConv2D(48, 3, padding="same")(x))
    x = L.SpatialDropout2D(0.1)(L.DepthwiseConv2D(3, 2, padding="same")(x))
    return Model(inputs, L.Dense(10)(L.GlobalAveragePooling2D()(x)))


def time_distributed():
    inputs = Input((6, 16, 16, 3))
    x = inputs
    for layer in (L.Conv2D(12, 3, activation="relu"), L.MaxPooling2D(), L.Flatten()):
        x = L.TimeDistributed(layer)(x)
    return Model(inputs, L.Dense(5)(L.LSTM(20)(x)))


def conv1d():
    return Sequential([Input((64, 4)), L.Conv1D(16, 5, padding="causal", dilation_rate=2, activation="relu"), L.MaxPooling1D(), L.Conv1D(24, 3, activation="relu"), L.BatchNormalization(), L.GlobalAveragePooling1D(), L.Dense(3, activation="softmax")])


def conv3d():
    return Sequential([Input((8, 16, 16, 1)), L.Conv3D(8, 3, activation="relu"), L.MaxPooling3D(), L.Conv3D(12, 2, activation="relu"), L.GlobalAveragePooling3D(), L.Dense(4)])


def convlstm():
    return Sequential([Input((4, 16, 16, 1)), L.ConvLSTM2D(8, 3, padding="same"), L.GlobalAveragePooling2D(), L.Dense(3)])


def autoencoder():
    return Sequential([Input((28, 28, 1)), L.Flatten(), L.Dense(128, activation="relu"), L.Dense(32, activation="relu"), L.Dense(128, activation="relu"), L.Dense(784, activation="sigmoid"), L.Reshape((28, 28, 1))])


def two_inputs():
    a, b = Input((16,)), Input((8,))
    x = L.Concatenate()([L.Dense(24, activation="relu")(a), L.Dense(12, activation="tanh")(b)])
    x = L.Dense(16, activation="elu")(x)
    return Model([a, b], [L.Dense(3, activation="softmax", name="cls")(x), L.Dense(1, name="reg")(x)])


def nested():
    base = Sequential([Input((32, 32, 3)), L.Conv2D(16, 3, activation="relu"), L.Conv2D(24, 3, strides=2, activation="relu")])
    inputs = Input((32, 32, 3))
    return Model(inputs, L.Dense(5, activation="softmax")(L.GlobalMaxPooling2D()(base(inputs))))


def siamese():
    encoder = Sequential([Input((20,)), L.Dense(32, activation="relu"), L.Dense(16)])
    a, b = Input((20,)), Input((20,))
    return Model([a, b], L.Dense(1, activation="sigmoid")(L.Subtract()([encoder(a), encoder(b)])))


def attention():
    inputs = Input((12,), dtype="int32")
    x = L.Embedding(100, 32)(inputs)
    y = L.GlobalAveragePooling1D()(L.Attention()([L.Dense(32)(x), x, L.Dense(32)(x)]))
    return Model(inputs, L.Dense(3)(y))


def groupnorm():
    inputs = Input((32, 32, 3))
    x = L.Conv2D(48, 3, padding="same")(inputs)
    for _ in range(2):
        y = L.LeakyReLU()(L.GroupNormalization(4)(x))
        x = L.Add()([x, L.Conv2D(48, 3, padding="same")(y)])
    x = L.ZeroPadding2D(1)(L.Cropping2D(2)(L.UpSampling2D(interpolation="bilinear")(x)))
    return Model(inputs, L.Dense(4)(L.Flatten()(L.AveragePooling2D(2)(x))))


ZOO = {
    **{name: (lambda each: lambda: application(*each))(each) for name, each in applications.items()},
    **{make.__name__: make for make in (unet, text_gru, text_mask_lstm, vit, se_net, time_distributed, conv1d, conv3d, convlstm, autoencoder, two_inputs, nested, siamese, attention, groupnorm)},
}

if __name__ == "__main__":
    out, wanted = pathlib.Path(sys.argv[1]), sys.argv[2:]
    out.mkdir(parents=True, exist_ok=True)
    for name, make in ZOO.items():
        if wanted and name not in wanted:
            continue
        keras.utils.set_random_seed(1)
        model = make()
        # Fresh shifts are zero and norms are one: moved off, so that a comparison sees them.
        noise = np.random.default_rng(0)
        model.set_weights([w if w.dtype.kind != "f" or (w.size > 64 and w.std() > 0) else w + np.abs(noise.normal(0, 0.05, w.shape)).astype(w.dtype) for w in model.get_weights()])
        for ending in ("keras", "h5"):
            model.save(out / f"{name}.{ending}")
        print(name, flush=True)
