"""The mixed objective: terms beside the cross-entropy that hold the answer steady around a text.

Sachan, Zaheer and Salakhutdinov 2019, "Revisiting LSTM Networks for Semi-Supervised Text
Classification via Mixed Objective Function", with the perturbations of Miyato, Dai and Goodfellow
2017, "Adversarial Training Methods for Semi-Supervised Text Classification". Only learning knows of
it: a network and what is exported of it look the same with it and without.
"""

from collections.abc import Callable

import keras
import tensorflow as tf

from training.config import ObjectiveConfig

# How far from a text the divergence's slope is taken, in the unit of `norm`: that of Miyato et
# al.'s published code, `small_constant_for_finite_diff`.
_NEAR = 0.1

Loss = Callable[[tf.Tensor], tf.Tensor]  # embeddings (n, T, F) -> a number


class MixedObjective(keras.Model):
    """A network that learns by the mixed objective; its layers and weights are the network's own.

    The embeddings are perturbed before any dropout, and as if each feature had the same variance:
    see `spread`. All passes of a step drop the same units (the adversarial term's, which reads
    other rows than the clean pass, those of its own two passes). Both papers' code shares the
    dropout of the embeddings; we share the rest too, because the power iteration rests on a
    divergence that is 0 without a perturbation, and would else measure the dropout.

    A batch is ids int32 (n, T), targets float32 (n, K) and weights float32 (n,). A row of weight 0
    has no target, and is read by the virtual adversarial and the entropy term alone, in which all
    n rows count alike.

    Args:
        network: of ids to logits; a chain of layers, one of them named `embedding`.
        seed: of the noise that the power iteration starts from.
    """

    def __init__(self, network: keras.Model, config: ObjectiveConfig, *, seed: int) -> None:
        super().__init__(network.input, network.output)
        named = ("adversarial", "virtual_adversarial", "entropy")
        self._shares = {name: share for name in named if (share := getattr(config, name))}
        self._norm = config.norm
        self._embed = network.get_layer("embedding")  # (n, T) -> (n, T, F)
        others = network.layers[network.layers.index(self._embed) + 1 :]
        features = keras.Input(self._embed.output.shape[1:])
        self._rest = keras.Sequential([features, *others])  # (n, T, F) -> (n, K)
        self._noise = keras.random.SeedGenerator(seed)
        self._means = {
            name: keras.metrics.Mean(name) for name in ("loss", "cross_entropy", *self._shares)
        }

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The means over an epoch: the loss, and the terms that it is made of."""
        return list(self._means.values())

    def train_step(self, data: tuple[tf.Tensor, tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Learn from one batch."""
        ids, targets, weights = data
        with tf.GradientTape() as tape:
            terms = self._terms(ids, targets, weights)
            loss = terms["cross_entropy"]
            for name, share in self._shares.items():
                loss += share * terms[name]
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        for name, value in {"loss": loss, **terms}.items():
            self._means[name].update_state(value, sample_weight=tf.shape(ids)[0])
        return {name: mean.result() for name, mean in self._means.items()}

    def _terms(
        self, ids: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        # The dropout's seeds, before the clean pass moves them on.
        seeds = [(seed, tf.identity(seed.value)) for seed in self._rest.non_trainable_variables]

        def again(x: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
            with keras.StatelessScope(seeds):
                return self._answer(x, mask)

        x = self._embed(ids)
        mask = self._embed.compute_mask(ids)  # (n, T)
        logits = self._answer(x, mask)
        terms = {"cross_entropy": self._cross_entropy(targets, logits, weights)}
        if "entropy" in self._shares:
            terms["entropy"] = tf.reduce_mean(entropy(logits))
        units = spread(x, mask)
        if "virtual_adversarial" in self._shares:
            known = tf.stop_gradient(logits)

            def moved(x: tf.Tensor) -> tf.Tensor:
                return tf.reduce_mean(divergence(known, again(x, mask)))

            noise = keras.random.normal(tf.shape(x), seed=self._noise)
            near = scaled(noise, mask, units, norm=_NEAR)
            worst = scaled(slope(moved, x + near), mask, units, norm=self._norm)
            terms["virtual_adversarial"] = moved(x + worst)
        if "adversarial" in self._shares:
            terms["adversarial"] = self._adversarial(x, mask, units, targets, weights, again)
        return terms

    def _answer(self, x: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        # `call`, because to call the chain itself warns that no mask comes out of it; none should.
        return self._rest.call(x, mask=mask, training=True)

    def _adversarial(
        self,
        x: tf.Tensor,
        mask: tf.Tensor,
        units: tf.Tensor,
        targets: tf.Tensor,
        weights: tf.Tensor,
        again: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    ) -> tf.Tensor:
        """Read the rows with a target alone, which may be few; the mean is that of all n rows."""
        read = tf.concat([[True], weights[1:] > 0], axis=0)  # the first too: LSTMs need a row
        x, mask, targets, weights = (
            tf.boolean_mask(values, read) for values in (x, mask, targets, weights)
        )

        def wrong(x: tf.Tensor) -> tf.Tensor:
            return self._cross_entropy(targets, again(x, mask), weights)

        worst = scaled(slope(wrong, x), mask, units, norm=self._norm)
        return wrong(x + worst) * tf.reduce_mean(tf.cast(read, x.dtype))

    def _cross_entropy(
        self, targets: tf.Tensor, logits: tf.Tensor, weights: tf.Tensor
    ) -> tf.Tensor:
        return self.compute_loss(y=targets, y_pred=logits, sample_weight=weights)


def spread(x: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Return the standard deviation of each feature over a batch's real timesteps: (F,).

    It is the unit of a perturbation. A network could make every perturbation small by growing its
    embeddings, so Miyato et al. normalise theirs to variance 1 by the words' frequency. To perturb
    in units of the deviation is the same, and changes neither the network nor its weights.

    Args:
        x: embeddings (n, T, F).
        mask: bool (n, T), true at the real timesteps.
    """
    return tf.stop_gradient(tf.math.reduce_std(tf.boolean_mask(x, mask), axis=0))


def slope(loss: Loss, x: tf.Tensor) -> tf.Tensor:
    """Return the gradient of a loss at embeddings: (n, T, F), a constant for all that follows."""
    x = tf.stop_gradient(x)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        value = loss(x)
    return tf.stop_gradient(tape.gradient(value, x))


def scaled(slope: tf.Tensor, mask: tf.Tensor, units: tf.Tensor, *, norm: float) -> tf.Tensor:
    """Return the perturbations along slopes, (n, T, F): 0 at the padding, and of one norm.

    Args:
        slope: (n, T, F).
        mask: bool (n, T), true at the real timesteps.
        units: (F,), what each feature is measured in.
        norm: the L2 norm of each row, in these units; a row whose slope is 0 stays where it is.
    """
    # v = u units: the slope by u is the slope by v times the units, and so is a step in u.
    steps = tf.where(mask[..., None], slope * units, 0.0)
    steps = tf.math.divide_no_nan(steps, tf.reduce_max(tf.abs(steps), axis=(1, 2), keepdims=True))
    lengths = tf.norm(steps, axis=(1, 2), keepdims=True)  # of numbers up to 1: squares stay numbers
    return norm * tf.math.divide_no_nan(steps, lengths) * units


def divergence(logits: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """Return the Kullback-Leibler divergence of other answers from answers: logits (n, K) -> (n,).

    One column is the log odds of the second of two classes, more are softmax logits.
    """
    known = _log_probabilities(logits)
    return tf.reduce_sum(tf.exp(known) * (known - _log_probabilities(other)), axis=-1)


def entropy(logits: tf.Tensor) -> tf.Tensor:
    """Return how undecided answers are, in nats: logits (n, K), as in `divergence` -> (n,)."""
    known = _log_probabilities(logits)
    return -tf.reduce_sum(tf.exp(known) * known, axis=-1)


def _log_probabilities(logits: tf.Tensor) -> tf.Tensor:
    """(n, K) -> (n, C)."""
    if logits.shape[-1] == 1:
        logits = tf.concat([tf.zeros_like(logits), logits], axis=-1)
    return tf.nn.log_softmax(logits)
