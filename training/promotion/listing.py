"""The rows whose answers changed, as text for a terminal: the first of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

_TOLD = 20


def told(
    examples: Sequence[Mapping[str, Any]], line: Callable[[Mapping[str, Any]], str]
) -> Iterator[str]:
    """Tell the first rows, each with its text where it has one, and how many are left."""
    for one in examples[:_TOLD]:
        yield f"  {line(one)}"
        if "text" in one:
            yield f"    {one['text']}"
    if len(examples) > _TOLD:
        yield f"  and {len(examples) - _TOLD:,} more; --json FILE has all"
