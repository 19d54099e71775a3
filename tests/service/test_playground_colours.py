"""The colours of polarities: told apart by colour-blind people, and readable on their ground."""

import re
from itertools import combinations

import numpy as np
import pytest

from service import playground

# Linear RGB as colour-blind people see it; Machado, Oliveira and Fernandes 2009, severity 1.
SIGHT = {
    "full": np.eye(3),
    "without red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "without green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "without blue": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
POLARITIES = ("positive", "negative", "neutral")
# In CIELAB, where 2 is about what an eye just notices.
APART = 25
# WCAG 2, level AA, of text.
CONTRAST = 4.5


def colours() -> list[dict[str, np.ndarray]]:
    """Of each scheme, light and dark, the named colours in linear RGB."""
    style = (playground.FOLDER / "playground.css").read_text(encoding="utf-8")
    blocks = [block for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL) if "#" in block]
    return [
        {
            name: linear(code)
            for name, code in re.findall(r"--(\w+): (#[0-9a-f]{6}|#[0-9a-f]{3});", block)
        }
        for block in blocks
    ]


def linear(code: str) -> np.ndarray:
    digits = code[1:] if len(code) == 7 else "".join(2 * digit for digit in code[1:])
    values = np.array([int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    x, y, z = np.cbrt(np.clip(XYZ @ rgb, 0.009, None) / XYZ.sum(axis=1))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    low, high = sorted([XYZ[1] @ one, XYZ[1] @ other])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("sight", SIGHT)
def test_polarities_are_told_apart(scheme: int, sight: str) -> None:
    seen = {name: np.array(SIGHT[sight]) @ colours()[scheme][name] for name in POLARITIES}
    for one, other in combinations(POLARITIES, 2):
        assert np.linalg.norm(lab(seen[one]) - lab(seen[other])) > APART, (one, other)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("name", [*POLARITIES, "ink", "faint", "other", "trouble"])
def test_text_is_readable_on_both_grounds(scheme: int, name: str) -> None:
    found = colours()[scheme]
    for ground in ("paper", "ground"):
        assert contrast(found[name], found[ground]) >= CONTRAST, ground
