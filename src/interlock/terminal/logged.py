"""Log: what the program warns of is said on the screen, and never written over it."""

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager


@contextmanager
def logged(tell: Callable[[str], object]) -> Generator[None]:
    """Hand each warning to `tell`, from whatever thread it comes."""
    log, handler = logging.getLogger("interlock"), _Teller(tell)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


class _Teller(logging.Handler):
    def __init__(self, tell: Callable[[str], object]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell(record.getMessage())
