"""Interrupts at every step of a call, as Ctrl-C may come: with them, no test needs luck."""

import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any


class Interrupting:
    """Raises a KeyboardInterrupt before the nth step of what is called within the block.

    A step is one instruction of Python's, in this code or in the standard library's: an interrupt
    comes between two of these, and nowhere else.
    """

    def __init__(self, at: int) -> None:
        self._left = at
        self.raised = False

    def __enter__(self) -> None:
        self._before = sys.gettrace()
        sys.settrace(self._trace)

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    def _trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if self.raised or frame.f_code is Interrupting.__exit__.__code__:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            if not self._left:
                self.raised = True
                raise KeyboardInterrupt
            self._left -= 1
        return self._trace


def at_every_step(call: Callable[[], object]) -> Iterator[int]:
    """Call it again and again, interrupted one step later each time; yield the step.

    It ends with the first call that was over before its interrupt came; that one is not yielded.
    """
    step = 0
    while True:
        interrupting = Interrupting(step)
        try:
            with interrupting:
                call()
        except KeyboardInterrupt:
            pass
        if not interrupting.raised:
            return
        yield step
        step += 1
