"""A configuration's values as TOML: the standard library reads it and does not write it."""

import json
import re
from collections.abc import Mapping
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def dumps(sections: Mapping[str, Mapping[str, Any]]) -> str:
    """Write sections of settings, a line each; tables within them are written inline.

    Args:
        sections: settings by section, of strings, finite numbers, booleans, lists and mappings.
            A setting that is None is left out: TOML has no word for it.
    Raises:
        TypeError: a value is of another kind.
    """
    return "\n".join(
        "".join([f"[{_key(name)}]\n", *(f"{line}\n" for line in _settings(section))])
        for name, section in sections.items()
    )


def _settings(values: Mapping[str, Any]) -> list[str]:
    return [
        f"{_key(name)} = {_value(value)}" for name, value in values.items() if value is not None
    ]


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return _string(value)
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]"
        case Mapping():
            return f"{{ {', '.join(_settings(value))} }}"
    raise TypeError(f"{value!r} cannot be written as TOML")


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _string(name)


def _string(text: str) -> str:
    # JSON's escapes are TOML's too; of the characters that TOML wants escaped, JSON leaves one.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
