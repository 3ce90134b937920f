"""Ctrl-C while C runs."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def catch_interrupts(note: Callable[[], None]) -> Iterator[None]:
    """Calls `note` on Ctrl-C instead of raising KeyboardInterrupt wherever Python happens to be.

    That would be inside a callback, before its first line, where ctypes prints what is raised and goes on. Only the
    main thread has signals, and a handler that somebody installed is theirs.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return

    def handle(_number: int, _frame: FrameType | None) -> None:
        note()

    signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
