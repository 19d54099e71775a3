"""How two runs' settings differ."""

import json
from collections.abc import Iterator
from typing import Any

_CHARACTERS = 100  # of a value that is shown


def differences(before: Any, now: Any, where: str = "") -> Iterator[str]:
    """Yield a line for each value that differs, with its keys.

    Args:
        before, now: JSON values, as nested dictionaries.
        where: the keys that lead to them.
    """
    if isinstance(before, dict) and isinstance(now, dict):
        for key in dict.fromkeys([*before, *now]):
            yield from differences(before.get(key), now.get(key), f"{where}.{key}".lstrip("."))
    elif before != now:
        yield f"{where} was {_short(before)} and is {_short(now)}"


def _short(value: Any) -> str:
    text = "nothing" if value is None else json.dumps(value)
    return text if len(text) <= _CHARACTERS else f"{text[: _CHARACTERS - 1]}…"
