"""Makes the Keras fixtures: tiny networks with what Keras itself answers. Run with Keras 3, and again with tf_keras
(Keras 2): python make.py v3; python make.py v2. Needs tensorflow-cpu, tf_keras. Names behind the version: just these."""

import json
import sys

import numpy as np

version = sys.argv[1]
if version == "v3":
    import keras
else:
    import tf_keras as keras
layers = keras.layers


def probe(shape):
    count = int(np.prod(shape))
    i = np.arange(count)
    return (np.sin(i * 0.37) * 2 + np.cos(i * 0.011)).astype("float32").reshape(shape)


def shake(model):
    """Weights that repeat nowhere, variances positive."""
    random = np.random.default_rng(7)
    for weight in model.weights:
        path = getattr(weight, "path", weight.name)
        value = random.normal(0, 0.3, weight.shape)
        weight.assign(np.abs(value) + 0.5 if "variance" in path else value)


def cnn():
    x = inputs = keras.Input((11, 9, 3), name="image")
    x = layers.Conv2D(6, 3, strides=2, padding="same", use_bias=False, name="stem")(x)
    x = layers.BatchNormalization(name="stem_bn")(x)
    x = layers.ReLU(max_value=6.0, name="stem_relu")(x)
    y = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=1, name="dw")(x)
    y = layers.Conv2D(6, 1, activation="swish", name="pw")(y)
    x = layers.Add(name="add")([x, y])
    z = layers.SeparableConv2D(5, 3, padding="same", activation="relu", name="sep")(x)
    p = layers.AveragePooling2D(3, 1, padding="same", name="avg")(x)
    x = layers.Concatenate(name="cat")([z, p])
    x = layers.MaxPooling2D(2, name="max")(x)
    x = layers.ZeroPadding2D(((1, 0), (2, 1)), name="pad")(x)
    x = layers.Conv2D(5, (2, 3), name="padded")(x)
    x = layers.LeakyReLU(name="leaky")(x)
    x = layers.Flatten(name="flat")(x)
    x = layers.Dropout(0.5, name="drop")(x)
    x = layers.Dense(7, activation="gelu", name="fc")(x)
    return keras.Model(inputs, layers.Dense(4, activation="softmax", name="prob")(x), name="cnn")


def dense_output():
    x = inputs = keras.Input((6, 8, 2), name="image")
    x = skip = layers.Conv2D(4, 3, padding="same", activation="elu", name="down")(x)
    x = layers.MaxPooling2D(2, name="pool")(x)
    x = layers.Conv2D(5, 3, dilation_rate=2, padding="same", activation="tanh", name="middle")(x)
    x = layers.Conv2DTranspose(4, 3, strides=2, padding="same", name="up")(x)
    x = layers.Multiply(name="gate")([x, skip])
    y = layers.UpSampling2D(2, interpolation="bilinear", name="bigger")(x)
    y = layers.Cropping2D(((1, 2), (0, 3)), name="crop")(y)
    return keras.Model(inputs, [layers.Conv2D(3, 1, activation="softmax", name="mask")(x), y], name="dense_output")


def sequential():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, padding="valid", activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(6, activation="hard_sigmoid"),
            layers.Reshape((3, 2)),
            layers.Permute((2, 1)),
            layers.Dense(2),
        ],
        name="sequential",
    )


def recurrent():
    inputs = keras.Input((7,), name="ids", dtype="int32")
    x = layers.Embedding(11, 5, name="embed")(inputs)
    x = layers.Bidirectional(layers.LSTM(4, return_sequences=True), name="both")(x)
    x = layers.GRU(6, return_sequences=True, name="gru")(x)
    x = layers.Conv1D(5, 3, padding="causal", activation="relu", name="conv")(x)
    x = layers.SimpleRNN(4, name="rnn")(x)
    return keras.Model(inputs, layers.Dense(3, name="logits")(x), name="recurrent")


def attention():
    inputs = keras.Input((6,), name="ids", dtype="int32")
    x = layers.Embedding(13, 8, name="embed")(inputs)
    y = layers.LayerNormalization(name="norm")(x)
    y = layers.MultiHeadAttention(2, 4, name="mha")(y, y)
    x = layers.Add(name="residual")([x, y])
    y = layers.Dense(12, activation="gelu", name="wide")(layers.LayerNormalization(name="norm2")(x))
    x = layers.Add(name="residual2")([x, layers.Dense(8, name="narrow")(y)])
    x = layers.GlobalAveragePooling1D(name="mean")(x)
    return keras.Model(inputs, layers.Dense(3, name="logits")(x), name="attention")


def nested():
    inner_input = keras.Input((5, 5, 3))
    inner = keras.Model(inner_input, layers.BatchNormalization(name="inner_bn")(layers.Conv2D(3, 3, padding="same", name="inner_conv")(inner_input)), name="inner")
    block = keras.Sequential([keras.Input((5, 5, 3)), layers.Conv2D(3, 1, name="block_conv"), layers.Activation("relu")], name="block")
    inputs = keras.Input((5, 5, 3), name="image")
    shared = layers.Conv2D(3, 3, padding="same", name="shared")
    x = shared(block(inner(inputs)))
    x = shared(x)
    x = layers.Average(name="mean")([x, inputs])
    return keras.Model(inputs, layers.GlobalMaxPooling2D(name="top")(x), name="nested")


def repeated():
    x = inputs = keras.Input((6, 8), name="steps")
    x = layers.Reshape((3, 4, 2, 2), name="frames")(x)
    x = layers.TimeDistributed(layers.Conv2D(5, 2, padding="same", activation="relu"), name="conv")(x)
    x = layers.TimeDistributed(layers.BatchNormalization(), name="bn")(x)
    x = layers.TimeDistributed(layers.MaxPooling2D((2, 1)), name="pool")(x)
    x = layers.TimeDistributed(layers.Flatten(), name="flat")(x)
    x = layers.TimeDistributed(layers.Dense(6), name="fc")(x)
    y = layers.Attention(use_scale=True, name="look")([x, layers.Dense(6, name="value")(x), x])
    x = layers.Concatenate(name="cat")([x, layers.Attention(name="plain")([x, y])])
    return keras.Model(inputs, layers.Dense(3, name="logits")(layers.GlobalAveragePooling1D(name="mean")(x)), name="repeated")


def masked():
    inputs = keras.Input((11,), name="ids", dtype="int32")
    x = layers.Embedding(11, 5, mask_zero=True, name="embed")(inputs)
    y = layers.Bidirectional(layers.LSTM(4, return_sequences=True), name="both")(x)
    z = layers.GRU(8, return_sequences=True, name="gru")(layers.LayerNormalization(name="norm")(x))
    y = layers.Concatenate(name="cat")([layers.Add(name="add")([y, z]), x])
    return keras.Model(inputs, [layers.GlobalAveragePooling1D(name="mean")(y), layers.LSTM(3, go_backwards=True, name="last")(y)], name="masked")


def masked_chain():
    rows = [keras.Input((11,), dtype="int32"), layers.Embedding(11, 5, mask_zero=True, name="embed"), layers.Dropout(0.2)]
    rows += [layers.SimpleRNN(6, return_sequences=True, name="rnn"), layers.Bidirectional(layers.GRU(4), name="both"), layers.Dense(3)]
    return keras.Sequential(rows, name="masked_chain")


def operations():
    ops = keras.ops
    x = inputs = keras.Input((6, 5, 4), name="image")
    x = layers.Conv2D(6, 3, padding="same", name="conv")(x)
    x = (2 - (x + layers.Conv2D(6, 1, name="more")(x)) * 0.5) / 4.0
    x = ops.maximum(ops.leaky_relu(x), -0.2) ** 2 + ops.gelu(x)
    rows, last = x[:, 1:6:2, ...], x[:, -1, :, 3]
    means = ops.stack([ops.mean(x, axis=(1, 2)), ops.max(x, axis=(1, 2))], 1)
    products = ops.matmul(means, ops.transpose(means, (0, 2, 1)))
    x = ops.concatenate([ops.reshape(products, (-1, 4)), last, layers.Flatten(name="flat")(rows)], -1)
    return keras.Model(inputs, layers.Dense(3, name="out")(ops.clip(x, -1, 2)), name="operations")


def more_operations():
    ops = keras.ops
    inputs = keras.Input((6, 8, 7), name="image")
    x = layers.Conv2D(6, 3, padding="same", activation="tanh", name="conv")(layers.CenterCrop(4, 6, name="middle")(inputs))
    rows = ops.reshape(x, (-1, 24, 6))
    look = ops.einsum("btd,bsd->bts", rows, ops.roll(rows, 5, axis=1))
    mixed = ops.einsum("...ts,...sd->...td", ops.exp(ops.log_softmax(ops.tril(look), axis=-1)), ops.flip(rows, axis=1))
    mixed = ops.normalize(mixed, axis=-1) + ops.swapaxes(ops.cumsum(ops.moveaxis(mixed, 1, 2), axis=-1), 1, 2)
    first, rest = ops.split(mixed, [4], axis=-1)
    a, b, c = ops.split(ops.pad(first, [[0, 0], [1, 2], [0, 0]]), 3, axis=1)
    heads = ops.reshape(ops.tile(rest, (1, 1, 4)), (-1, 24, 2, 4))
    heads = ops.reshape(ops.dot_product_attention(heads, heads, ops.sin(heads)), (-1, 24, 8))
    some = ops.take(ops.glu(heads, axis=-1), [0, 5, 2], axis=1)
    where = ops.one_hot(ops.argmax(a, axis=-1), 4)
    pools = ops.max_pool(ops.average_pool(x, 2, 1, padding="same"), 2)
    spread = [ops.std(b, axis=1), ops.var(c, axis=1), ops.logsumexp(b, axis=1), ops.norm(c, axis=1), ops.prod(some, axis=1), ops.erf(ops.log1p(ops.square(some[:, 0])))]
    steps = ops.stack(ops.unstack(ops.repeat(some, 2, axis=1), 6, axis=1)[::-1], axis=1)
    flat = [layers.Flatten(name=f"flat_{i}")(each) for i, each in enumerate([where, pools, steps])]
    y = ops.concatenate([ops.tensordot(steps, np.linspace(-1, 1, 8, dtype="float32").reshape(4, 2), 1)[:, 0], *spread, *flat], -1)
    return keras.Model(inputs, layers.Dense(3, name="out")(y), name="more_operations")


def states():
    inputs = keras.Input((5, 4), name="steps")
    y, h, c = layers.LSTM(6, return_sequences=True, return_state=True, name="encoder")(inputs)
    z = layers.RepeatVector(3, name="repeat")(layers.Dense(4, activation="tanh", name="code")(h))
    z = layers.LSTM(6, return_sequences=True, name="decoder")(z, initial_state=[h, c])
    look = layers.Dot((2, 2), name="look")([z, y])
    z = layers.Concatenate(name="cat")([z, layers.Dot((2, 1), name="mixed")([layers.Softmax(name="shares")(look), y])])
    z = layers.RNN(layers.GRUCell(5), return_sequences=True, name="cell")(z)
    near = layers.Dot(1, normalize=True, name="near")([layers.Flatten(name="a")(z), layers.Dense(15, name="b")(h)])
    return keras.Model(inputs, [layers.TimeDistributed(layers.Dense(2), name="out")(z), near], name="states")


def shapes():
    x = inputs = keras.Input((6, 8), name="steps")
    x = layers.UpSampling1D(2, name="longer")(layers.RMSNormalization(name="rms")(x))
    x = layers.EinsumDense("abc,cd->abd", output_shape=(None, 6), bias_axes="d", activation="relu", name="einsum")(x)
    x = layers.Reshape((4, 3, 6), name="image")(x)
    x = layers.Conv2DTranspose(5, 3, strides=2, padding="same", output_padding=1, name="up")(x)
    x = layers.LayerNormalization(axis=[1, 2, 3], name="norm")(layers.Resizing(6, 7, name="size")(x))
    x = layers.SpectralNormalization(layers.Conv2D(4, 3, name="inner"), name="spectral")(x)
    return keras.Model(inputs, layers.GlobalAveragePooling2D(name="mean")(x), name="shapes")


def films():
    x = inputs = keras.Input((4, 7, 6, 2), name="film")
    x = layers.ConvLSTM2D(5, 3, strides=(2, 1), padding="same", return_sequences=True, name="first")(x)
    x = layers.BatchNormalization(name="norm")(x)
    y, h, c = layers.ConvLSTM2D(4, (3, 2), activation="relu", recurrent_activation="hard_sigmoid", return_state=True, go_backwards=True, name="second")(x)
    lines = layers.Reshape((4, 24, 5), name="lines")(x)
    z = layers.ConvLSTM1D(3, 3, dilation_rate=2, use_bias=False, return_sequences=True, go_backwards=True, name="third")(lines)
    joined = layers.Concatenate(name="joined")([y, h, c])
    return keras.Model(inputs, [layers.GlobalAveragePooling2D(name="mean")(joined), layers.Dense(2, name="out")(z)], name="films")


def cells():
    inputs = keras.Input((6, 4), name="steps")
    x = layers.RNN([layers.LSTMCell(5), layers.GRUCell(4, reset_after=False)], return_sequences=True, name="stacked")(inputs)
    x = layers.LSTM(5, activation="relu", recurrent_activation="hard_sigmoid", return_sequences=True, name="bent")(x)
    both = layers.Bidirectional(layers.LSTM(3, return_sequences=True, return_state=True), name="both")
    x, forward_h, forward_c, backward_h, backward_c = both(x)
    h, c = layers.Concatenate(name="h")([forward_h, backward_h]), layers.Concatenate(name="c")([forward_c, backward_c])
    x = layers.LSTM(6, activation="softsign", name="last")(x, initial_state=[h, c])
    y = layers.Bidirectional(layers.SimpleRNN(4, activation="elu"), merge_mode="mul", name="product")(inputs)
    y = layers.GRU(4, activation=None, recurrent_activation="hard_sigmoid", name="straight")(layers.RepeatVector(2, name="twice")(y))
    return keras.Model(inputs, [layers.Dense(3, name="out")(x), y], name="cells")


def repeated_network():
    frame = keras.Sequential([keras.Input((4, 3, 2)), layers.Conv2D(4, 2, activation="relu"), layers.Flatten(), layers.Dense(5)], name="frame")
    inputs = keras.Input((3, 4, 3, 2), name="film")
    x = layers.TimeDistributed(frame, name="frames")(inputs)
    x = layers.TimeDistributed(layers.LSTM(4), name="parts")(layers.Reshape((3, 5, 1), name="columns")(x))
    return keras.Model(inputs, layers.GRU(3, name="out")(x), name="repeated_network")


def attending():
    inputs = keras.Input((8,), name="ids", dtype="int32")
    x = layers.Embedding(11, 8, mask_zero=True, name="embed")(inputs)
    y = layers.MultiHeadAttention(2, 4, name="own")(x, x)
    x = layers.LayerNormalization(name="norm")(layers.Add(name="first")([x, y]))
    y = layers.MultiHeadAttention(2, 3, name="causal")(x, x, use_causal_mask=True)
    x = layers.Add(name="second")([x, y])
    y = layers.AdditiveAttention(name="sums")([x, layers.Dense(8, name="value")(x)])
    z = layers.Attention(name="products")([y, x])
    return keras.Model(inputs, [layers.GlobalAveragePooling1D(name="mean")(layers.Concatenate(name="cat")([y, z]))], name="attending")


def shared_heads():
    ops = keras.ops
    inputs = keras.Input((8,), name="ids", dtype="int32")
    x = layers.Embedding(11, 8, name="embed")(inputs) + layers.Embedding(8, 8, name="place")(ops.arange(8))
    mask = ops.expand_dims(ops.not_equal(inputs, 0), 1)
    x = x + layers.GroupQueryAttention(3, 4, 2, name="grouped")(x, x, attention_mask=mask)
    allowed = ops.greater(x[:, None, :, 0], 0.0)
    x = x + layers.MultiHeadAttention(2, 4, name="masked")(x, value=x[:, 1:], key=x[:, :-1], attention_mask=ops.logical_or(allowed, mask)[:, :, 1:])
    classes = layers.CategoryEncoding(num_tokens=11, output_mode="count", name="classes")(inputs)
    return keras.Model(inputs, layers.Dense(3, name="out")(ops.concatenate([ops.rsqrt(ops.square(x[:, 0]) + 1.0), classes], -1)), name="shared_heads")


def between():
    """Operations of TensorFlow between the layers of Keras 2."""
    import tensorflow as tf

    x = inputs = keras.Input((6, 5, 4), name="image")
    x = layers.Conv2D(6, 3, padding="same", name="conv")(x / 2.0 - 0.5)
    x = tf.nn.bias_add(1.0 - x, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    x = tf.nn.relu(x) * tf.math.sigmoid(layers.Conv2D(6, 1, name="more")(x))
    rows, last = x[:, 1:6:2], x[:, tf.newaxis, -1, :, 3]
    means = tf.stack([tf.reduce_mean(x, axis=[1, 2]), tf.reduce_max(x, axis=[1, 2])], 1)
    products = tf.matmul(means, tf.transpose(means, [0, 2, 1]))
    parts = [tf.reshape(products, [-1, 4]), tf.squeeze(last, 1), layers.Flatten(name="flat")(rows[:, :, :, ::-1])]
    return keras.Model(inputs, layers.Dense(3, name="out")(tf.clip_by_value(tf.concat(parts, -1), -1.0, 2.0)), name="between")


wanted = sys.argv[2:]
newer = (repeated, masked, masked_chain, operations, more_operations, states, shapes, films, shared_heads)
expected = json.load(open(f"expected.{version}.json"))["networks"] if wanted else {}
for make in [cnn, dense_output, sequential, recurrent, attention, nested, repeated, masked, masked_chain, operations, more_operations, states, shapes, films, cells, repeated_network, attending, shared_heads, between]:
    if (wanted and make.__name__ not in wanted) or make in (newer if version == "v2" else (between,)):
        continue
    keras.backend.clear_session()
    model = make()
    shake(model)
    shape = (2, *model.inputs[0].shape[1:])
    ids = len(shape) == 2
    fed = (np.arange(np.prod(shape)) * 7 % 11).reshape(shape).astype("int32") if ids else probe(shape)
    answer = model.predict(fed, verbose=0)
    answers = answer if isinstance(answer, list) else [answer]
    name = model.name
    for ending in ["keras", "h5"]:
        model.save(f"{name}.{version}.{ending}", **({"save_format": ending} if version == "v2" else {}))
    expected[name] = {
        "input": list(shape),
        "ids": ids,
        "outputs": [{"dims": list(a.shape), "data": [round(float(v), 7) for v in a.ravel()]} for a in answers],
        "names": list(getattr(model, "output_names", [])),
    }
with open(f"expected.{version}.json", "w") as file:
    json.dump({"keras": keras.__version__, "networks": expected}, file)
