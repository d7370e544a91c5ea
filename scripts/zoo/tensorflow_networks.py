"""Networks of tensorflow_models.py, as tutorials and users of Keras write them: which is made of what data."""


def zoo(keras, tf, older):
    """NAME -> (make a network for x, name of the data, its arguments, steps an epoch)."""
    L, Input, Model, Sequential = keras.layers, keras.Input, keras.Model, keras.Sequential
    found = {}

    def network(data, *arguments, steps=24, only=None):
        def add(make):
            if only is None or only == older:
                found[make.__name__] = (make, data, arguments, steps)
            return make

        return add

    def application(name, size, steps=3, **more):
        """As the guide on transfer learning has it: the base as a layer, preprocessing before it."""

        def make(x):
            module, cls = name.split(".")
            base = getattr(keras.applications, cls)(include_top=False, weights=None, input_shape=(size, size, 3), **more)
            inputs = Input((size, size, 3))
            y = getattr(keras.applications, module).preprocess_input(inputs * 255.0)
            y = L.GlobalAveragePooling2D()(base(y))
            return Model(inputs, L.Dense(10, activation="softmax")(L.Dropout(0.2)(y)))

        found[f"app_{name.split('.')[1].lower()}"] = (make, "pictures", (size, 3), steps)

    for name, size in (
        ("mobilenet.MobileNet", 48), ("mobilenet_v2.MobileNetV2", 48), ("mobilenet_v3.MobileNetV3Small", 48), ("efficientnet.EfficientNetB0", 48),
        ("efficientnet_v2.EfficientNetV2B0", 48), ("nasnet.NASNetMobile", 64), ("densenet.DenseNet121", 48), ("resnet_v2.ResNet50V2", 48), ("resnet.ResNet50", 48),
        ("convnext.ConvNeXtTiny", 48), ("xception.Xception", 72), ("inception_v3.InceptionV3", 76), ("inception_resnet_v2.InceptionResNetV2", 76), ("vgg16.VGG16", 32),
    ):
        application(name, size)

    @network("pictures")
    def tutorial_cnn(x):
        return Sequential([
            Input((28, 28, 1)), L.RandomFlip("horizontal"), L.RandomRotation(0.1), L.Rescaling(2.0, -1.0), L.Conv2D(16, 3, padding="same", activation="relu"), L.MaxPooling2D(),
            L.Conv2D(32, 3, padding="same", activation="relu"), L.MaxPooling2D(), L.Dropout(0.2), L.Flatten(), L.Dense(64, activation="relu"), L.Dense(10),
            L.Softmax(),
        ])

    @network("pictures", 28, 1, False)
    def normalised_cnn(x):
        norm = L.Normalization(axis=None)
        norm.adapt(x[""])
        inputs = Input((28, 28, 1), name="image")
        y = norm(inputs)
        for width in (16, 24, 32):
            y = L.Conv2D(width, 3, strides=2, padding="same", use_bias=False)(y)
            y = L.LeakyReLU(0.1)(L.BatchNormalization(momentum=0.9)(y))
        return Model(inputs, L.Dense(10, activation="softmax", name="probabilities")(L.GlobalMaxPooling2D()(y)))

    @network("pictures", 32, 3)
    def small_resnet(x):
        inputs = Input((32, 32, 3))
        y = L.Conv2D(16, 3, padding="same")(inputs)
        for width, stride in ((16, 1), (32, 2), (32, 1), (48, 2)):
            z = L.Conv2D(width, 3, strides=stride, padding="same", activation="relu")(L.Activation("relu")(L.BatchNormalization()(y)))
            z = L.Conv2D(width, 3, padding="same")(L.BatchNormalization()(z))
            y = L.add([L.Conv2D(width, 1, strides=stride)(y) if stride > 1 or y.shape[-1] != width else y, z])
        return Model(inputs, L.Dense(10, activation="softmax")(L.GlobalAveragePooling2D()(y)))

    @network("pictures", 32, 3)
    def squeeze_excite(x):
        inputs = Input((32, 32, 3))
        y = L.Conv2D(24, 3, strides=2, padding="same", activation="swish")(inputs)
        for width in (32, 48):
            y = L.Activation("hard_sigmoid" if older else "hard_swish")(L.BatchNormalization()(L.Conv2D(width, 1, use_bias=False)(y)))
            y = L.BatchNormalization()(L.DepthwiseConv2D(5, 1 if width == 32 else 2, padding="same", use_bias=False)(y))
            s = L.Reshape((1, 1, width))(L.GlobalAveragePooling2D()(y))
            s = L.Dense(width, activation="sigmoid", use_bias=False)(L.Dense(width // 4, activation="relu", use_bias=False)(s))
            y = L.multiply([y, s])
        return Model(inputs, L.Dense(10)(L.Flatten()(L.AveragePooling2D(4)(y))))

    @network("pictures", 32, 3)
    def grouped_resnext(x):
        inputs = Input((32, 32, 3))
        y = L.ReLU(6.0)(L.GroupNormalization(4)(L.Conv2D(32, 3, 2, padding="same")(inputs)))
        for _ in range(2):
            z = L.PReLU(shared_axes=[1, 2])(L.Conv2D(32, 3, padding="same", groups=8)(L.Conv2D(32, 1)(y)))
            y = L.Average()([y, L.Conv2D(32, 1)(z)])
        y = L.Maximum()([L.MaxPooling2D(2)(y), L.AveragePooling2D(2)(y)])
        y = L.SpatialDropout2D(0.1)(L.SeparableConv2D(48, 3, depth_multiplier=2, activation="elu")(y))
        return Model(inputs, L.Dense(10, activation="softmax")(L.GlobalAveragePooling2D()(y)))

    @network("pictures")
    def maxout_mlp(x):
        inputs = Input((28, 28, 1))
        y = L.Flatten()(inputs)
        for width in (48, 32):
            y = L.BatchNormalization()(L.Maximum()([L.Dense(width)(y) for _ in range(3)]))
        y = L.UnitNormalization()(y) if hasattr(L, "UnitNormalization") else y
        return Model(inputs, L.Dense(10, activation="softmax")(L.GaussianNoise(0.1)(y)))

    @network("segments")
    def unet_transpose(x):
        y = inputs = Input((32, 32, 1))
        skips = []
        for width in (12, 24):
            for _ in range(2):
                y = L.Activation("relu")(L.BatchNormalization()(L.Conv2D(width, 3, padding="same", kernel_initializer="he_normal")(y)))
            skips.append(y)
            y = L.MaxPool2D()(y)
        y = L.Dropout(0.3)(L.Conv2D(32, 3, padding="same", activation="relu")(y))
        for width, skip in zip((24, 12), skips[::-1]):
            y = L.Conv2DTranspose(width, 3, strides=2, padding="same")(y)
            y = L.Conv2D(width, 3, padding="same", activation="relu")(L.concatenate([y, skip], axis=3))
        return Model(inputs, L.Conv2D(3, 1, activation="softmax")(y))

    @network("segments")
    def attention_unet(x):
        y = inputs = Input((32, 32, 1))
        skip = L.Conv2D(16, 3, padding="same", activation="relu")(y)
        y = L.Conv2D(24, 3, strides=2, padding="same", activation="relu")(skip)
        up = L.UpSampling2D(interpolation="bilinear")(y)
        gate = L.Activation("relu")(L.Add()([L.Conv2D(8, 1)(up), L.Conv2D(8, 1)(skip)]))
        y = L.Concatenate()([up, L.Multiply()([skip, L.Conv2D(1, 1, activation="sigmoid")(gate)])])
        y = L.Cropping2D(2)(L.ZeroPadding2D(2)(L.DepthwiseConv2D(3, padding="same", dilation_rate=2)(y)))
        return Model(inputs, L.Softmax(axis=-1)(L.Conv2D(3, 3, padding="same")(y)))

    @network("pictures")
    def residual_autoencoder_head(x):
        """An encoder trained with a decoder, both answers asked for."""
        inputs = Input((28, 28, 1))
        y = L.Conv2D(16, 3, strides=2, padding="same", activation="relu")(inputs)
        y = L.Conv2D(24, 3, strides=2, padding="same", activation="relu")(y)
        code = L.Dense(32, activation="relu", name="code")(L.Flatten()(y))
        classes = L.Dense(10, activation="softmax", name="classes")(code)
        more = L.Dense(10, activation="softmax", name="more")(L.Dense(24, activation="tanh")(code))
        return Model(inputs, {"classes": classes, "more": more} if not older else [classes, more])

    @network("films")
    def convlstm_film(x):
        inputs = Input((4, 14, 14, 1))
        y = L.ConvLSTM2D(8, 3, padding="same", return_sequences=True)(inputs)
        y = L.ConvLSTM2D(12, 3, strides=2, padding="same")(L.BatchNormalization()(y))
        return Model(inputs, L.Dense(10, activation="softmax")(L.Flatten()(y)))

    @network("films")
    def cnn_lstm_film(x):
        cnn = Sequential([Input((14, 14, 1)), L.Conv2D(12, 3, activation="relu"), L.MaxPooling2D(), L.Conv2D(16, 3, activation="relu"), L.GlobalAveragePooling2D()])
        return Sequential([Input((4, 14, 14, 1)), L.TimeDistributed(cnn), L.LSTM(24, return_sequences=True), L.LSTM(16), L.Dense(10, activation="softmax")])

    @network("films")
    def repeated_film(x):
        y = inputs = Input((4, 14, 14, 1))
        for layer in (L.Conv2D(12, 3, activation="relu"), L.BatchNormalization(), L.Dropout(0.1), L.AveragePooling2D(2), L.Flatten(), L.Dense(24, activation="relu")):
            y = L.TimeDistributed(layer)(y)
        y = L.Bidirectional(L.GRU(16, return_sequences=True), merge_mode="sum")(y)
        return Model(inputs, L.Dense(10, activation="softmax")(L.GlobalMaxPooling1D()(y)))

    @network("films")
    def conv3d_film(x):
        return Sequential([
            Input((4, 14, 14, 1)), L.Conv3D(8, 3, padding="same", activation="relu"), L.MaxPooling3D((1, 2, 2)), L.BatchNormalization(), L.Conv3D(12, (2, 3, 3), activation="relu"),
            L.GlobalAveragePooling3D(), L.Dense(10, activation="softmax"),
        ])

    @network("digits")
    def lstm_relu(x):
        """As tutorials on series have it."""
        return Sequential([Input((8, 8)), L.LSTM(32, activation="relu", return_sequences=True), L.LSTM(24, activation="relu"), L.Dense(10, activation="softmax")])

    @network("unequal_digits")
    def masked_series(x):
        return Sequential([Input((8, 8)), L.Masking(0.0), L.Bidirectional(L.LSTM(24, return_sequences=True)), L.Dropout(0.2), L.GRU(24), L.Dense(10, activation="softmax")])

    @network("digits")
    def stacked_cells(x):
        inputs = Input((8, 8))
        y = L.RNN([L.LSTMCell(24), L.LSTMCell(16)], return_sequences=True)(inputs)
        y = L.SimpleRNN(24)(y)
        return Model(inputs, L.Dense(10, activation="softmax")(y))

    @network("digits")
    def recurrent_dropout(x):
        inputs = Input((8, 8))
        y = L.GRU(32, return_sequences=True, dropout=0.1, recurrent_dropout=0.1, reset_after=False)(inputs)
        y = L.Bidirectional(L.SimpleRNN(16, activation="relu", return_sequences=True), merge_mode="ave")(y)
        y = L.TimeDistributed(L.Dense(24, activation="relu"))(y)
        return Model(inputs, L.Dense(10, activation="softmax")(L.Flatten()(y)))

    @network("digits")
    def bidirectional_states(x):
        inputs = Input((8, 8))
        y, forward_h, forward_c, backward_h, backward_c = L.Bidirectional(L.LSTM(16, return_sequences=True, return_state=True))(inputs)
        h, c = L.Concatenate()([forward_h, backward_h]), L.Concatenate()([forward_c, backward_c])
        y = L.LSTM(32)(y, initial_state=[h, c])
        return Model(inputs, L.Dense(10, activation="softmax")(y))

    @network("series")
    def wavenet(x):
        inputs = Input((24, 1))
        y = L.Conv1D(16, 1)(inputs)
        skips = []
        for rate in (1, 2, 4):
            a = L.Conv1D(16, 2, padding="causal", dilation_rate=rate, activation="tanh")(y)
            b = L.Conv1D(16, 2, padding="causal", dilation_rate=rate, activation="sigmoid")(y)
            z = L.Conv1D(16, 1)(L.Multiply()([a, b]))
            skips.append(z)
            y = L.Add()([y, z])
        y = L.Activation("relu")(L.Add()(skips))
        return Model(inputs, L.Dense(1)(L.Flatten()(L.Cropping1D((23, 0))(y))))

    @network("series")
    def seriesnet(x):
        inputs = Input((24, 1))
        y = L.SeparableConv1D(16, 5, padding="same", activation="relu")(inputs)
        y = L.DepthwiseConv1D(3, padding="same")(L.MaxPooling1D(2, padding="same")(y))
        y = L.Conv1DTranspose(12, 4, strides=2, padding="same", activation="relu")(y)
        y = L.Concatenate()([L.LSTM(16)(y), L.GlobalAveragePooling1D()(y)])
        return Model(inputs, L.Dense(1)(L.Dense(16, activation="selu", kernel_initializer="lecun_normal")(L.AlphaDropout(0.1)(y))))

    @network("series")
    def encoder_decoder(x):
        return Sequential([Input((24, 1)), L.LSTM(24, activation="tanh"), L.RepeatVector(3), L.LSTM(20, return_sequences=True), L.TimeDistributed(L.Dense(8)), L.Flatten(), L.Dense(1)])

    @network("texts")
    def text_bilstm(x):
        return Sequential([Input((24,), dtype="int32"), L.Embedding(1500, 24, mask_zero=True), L.Bidirectional(L.LSTM(24, return_sequences=True)), L.Bidirectional(L.LSTM(16)), L.Dense(16, activation="relu"), L.Dropout(0.5), L.Dense(1, activation="sigmoid")])

    @network("texts")
    def text_cnn(x):
        inputs = Input((24,), dtype="int64")
        e = L.SpatialDropout1D(0.2)(L.Embedding(1500, 32)(inputs))
        y = L.Concatenate()([L.GlobalMaxPooling1D()(L.Conv1D(24, k, activation="relu")(e)) for k in (2, 3, 4)])
        return Model(inputs, L.Dense(1, activation="sigmoid")(L.Dense(24, activation="relu")(y)))

    @network("texts")
    def text_average(x):
        return Sequential([Input((24,), dtype="int32"), L.Embedding(1500, 32, mask_zero=True), L.GlobalAveragePooling1D(), L.Dense(32, activation="gelu"), L.Dense(2, activation="softmax")])

    @network("texts")
    def text_transformer(x):
        """Padding is masked, as Keras does by itself."""
        inputs = Input((24,), dtype="int32")
        y = L.Embedding(1500, 32, mask_zero=True)(inputs)
        z = L.MultiHeadAttention(4, 8, dropout=0.1)(y, y)
        y = L.LayerNormalization(epsilon=1e-6)(L.Add()([y, z]))
        z = L.Dense(32)(L.Dense(64, activation="relu")(y))
        y = L.LayerNormalization(epsilon=1e-6)(L.Add()([y, z]))
        return Model(inputs, L.Dense(2, activation="softmax")(L.GlobalAveragePooling1D()(y)))

    @network("texts")
    def text_mask_input(x):
        """The mask made by hand, and positions added."""
        inputs = Input((24,), dtype="int32")
        positions = tf.range(24) if older else keras.ops.arange(24)
        y = L.Embedding(1500, 32)(inputs) + L.Embedding(24, 32)(positions)
        mask = tf.not_equal(inputs, 0) if older else keras.ops.not_equal(inputs, 0)
        mask = mask[:, tf.newaxis, :] if older else keras.ops.expand_dims(mask, 1)
        y = L.LayerNormalization()(y + L.MultiHeadAttention(2, 16)(y, y, attention_mask=mask))
        y = L.LayerNormalization()(y + L.Dense(32)(L.Dense(48, activation="gelu")(y)))
        return Model(inputs, L.Dense(2)(y[:, 0]))

    @network("texts", only=False)
    def grouped_queries(x):
        inputs = Input((24,), dtype="int32")
        y = L.Embedding(1500, 32)(inputs)
        for _ in range(2):
            z = L.RMSNormalization()(y)
            y = L.Add()([y, L.GroupQueryAttention(8, 4, 2)(z, z)])
            z = L.RMSNormalization()(y)
            z = L.Multiply()([L.Dense(64, activation="silu", use_bias=False)(z), L.Dense(64, use_bias=False)(z)])
            y = L.Add()([y, L.Dense(32, use_bias=False)(z)])
        return Model(inputs, L.Dense(2, activation="softmax")(L.GlobalAveragePooling1D()(y)))

    @network("texts")
    def additive_attention(x):
        inputs = Input((24,), dtype="int32")
        y = L.Bidirectional(L.GRU(16, return_sequences=True))(L.Embedding(1500, 24)(inputs))
        query = L.Dense(32, activation="tanh")(y)
        y = L.Concatenate()([y, L.AdditiveAttention()([query, y])])
        return Model(inputs, L.Dense(1, activation="sigmoid")(L.GlobalAveragePooling1D()(y)))

    @network("texts")
    def pooled_attention(x):
        """Shares of the steps by a softmax over them, and a dot product."""
        inputs = Input((24,), dtype="int32")
        y = L.LSTM(24, return_sequences=True)(L.Embedding(1500, 24)(inputs))
        shares = L.Softmax(axis=1)(L.Dense(1)(L.Dense(16, activation="tanh")(y)))
        y = L.Flatten()(L.Dot(axes=1)([shares, y]))
        return Model(inputs, L.Dense(1, activation="sigmoid")(y))

    @network("next_words")
    def small_gpt(x):
        inputs = Input((24,), dtype="int32")
        y = L.Embedding(800, 32)(inputs)
        for _ in range(2):
            z = L.LayerNormalization()(y)
            y = L.Add()([y, L.MultiHeadAttention(4, 8)(z, z, use_causal_mask=True)])
            z = L.Dense(64, activation="gelu")(L.LayerNormalization()(y))
            y = L.Add()([y, L.Dense(32)(z)])
        return Model(inputs, L.Dense(800, activation="softmax")(L.LayerNormalization()(y)))

    @network("repeated")
    def seq2seq(x):
        """Teacher forcing, with attention over the encoder."""
        source, target = Input((8, 8), name="source"), Input((8, 8), name="target")
        encoded, h, c = L.LSTM(24, return_sequences=True, return_state=True)(source)
        decoded = L.LSTM(24, return_sequences=True)(target, initial_state=[h, c])
        context = L.Attention()([decoded, encoded])
        return Model([source, target], L.TimeDistributed(L.Dense(8, activation="softmax"))(L.Concatenate()([decoded, context])))

    @network("table")
    def tabular(x):
        norm = L.Normalization()
        norm.adapt(x[""])
        return Sequential([Input((30,)), norm, L.Dense(32, activation="relu", kernel_regularizer="l2"), L.BatchNormalization(), L.Dense(16, activation="relu"), L.Dense(1, activation="sigmoid")])

    @network("table", "diabetes")
    def regression(x):
        inputs = Input((10,))
        y = inputs
        for _ in range(2):
            y = L.Concatenate()([y, L.Dense(24, activation="softplus")(L.LayerNormalization()(y))])
        return Model(inputs, L.Dense(1)(y))

    @network("mixed_table")
    def wide_and_deep(x):
        """Classes as one-hot rows beside embeddings."""
        numbers, first, second = Input((28,), name="numbers"), Input((1,), name="first", dtype="int32"), Input((1,), name="second", dtype="int32")
        norm = L.Normalization()
        norm.adapt(x["numbers"])
        wide = L.CategoryEncoding(num_tokens=8, output_mode="one_hot")(first)
        deep = L.Concatenate()([norm(numbers), L.Flatten()(L.Embedding(8, 4)(second)), wide])
        deep = L.Dense(16, activation="relu")(L.Dense(32, activation="relu")(deep))
        return Model([numbers, first, second], L.Dense(1, activation="sigmoid")(L.Concatenate()([wide, deep])))

    @network("pairs")
    def siamese(x):
        encoder = Sequential([Input((8, 8)), L.Reshape((8, 8, 1)), L.Conv2D(16, 3, activation="relu"), L.Conv2D(24, 3, activation="relu"), L.Flatten(), L.Dense(24)], name="encoder")
        left, right = Input((8, 8), name="left"), Input((8, 8), name="right")
        near = L.Dot(axes=1, normalize=True)([encoder(left), encoder(right)])
        return Model([left, right], L.Dense(1, activation="sigmoid")(near))

    @network("pictures", 32, 3)
    def vision_transformer(x):
        inputs = Input((32, 32, 3))
        y = L.Reshape((16, 32))(L.Conv2D(32, 8, strides=8)(inputs))
        for _ in range(2):
            z = L.LayerNormalization(epsilon=1e-6)(y)
            y = L.Add()([L.MultiHeadAttention(4, 8, dropout=0.1)(z, z), y])
            z = L.Dropout(0.1)(L.Dense(64, activation="gelu")(L.LayerNormalization(epsilon=1e-6)(y)))
            y = L.Add()([L.Dense(32)(z), y])
        return Model(inputs, L.Dense(10, activation="softmax")(L.Dropout(0.3)(L.Flatten()(L.LayerNormalization()(y)))))

    @network("pictures", 32, 3)
    def mlp_mixer(x):
        inputs = Input((32, 32, 3))
        y = L.Reshape((64, 24))(L.Conv2D(24, 4, strides=4)(inputs))
        for _ in range(2):
            z = L.Permute((2, 1))(L.LayerNormalization()(y))
            z = L.Permute((2, 1))(L.Dense(64)(L.Dense(32, activation="gelu")(z)))
            y = L.Add()([y, z])
            y = L.Add()([y, L.Dense(24)(L.Dense(48, activation="gelu")(L.LayerNormalization()(y)))])
        return Model(inputs, L.Dense(10, activation="softmax")(L.GlobalAveragePooling1D()(y)))

    @network("pictures", 32, 3)
    def arithmetic(x):
        """Operators of Python between layers."""
        inputs = Input((32, 32, 3))
        y = (inputs - 0.5) * 2.0
        y = L.Conv2D(24, 3, strides=2, padding="same")(y)
        act = tf.nn if older else keras.ops
        y = y * act.sigmoid(y)
        z = L.Conv2D(24, 3, padding="same")(y)
        y = act.relu(z + y) / 2.0
        y = L.Conv2D(32, 3, padding="same", activation="relu")(y[:, 2:-2, 2:-2, :])
        mean = tf.reduce_mean(y, axis=[1, 2]) if older else keras.ops.mean(y, axis=[1, 2])
        return Model(inputs, L.Dense(10, activation="softmax")(mean))

    return found
