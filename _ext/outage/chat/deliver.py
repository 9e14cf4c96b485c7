"""One message to one address, through Apprise. An address is a secret: no error repeats it."""

from __future__ import annotations

import logging
import re
import threading
import warnings
from dataclasses import dataclass

_STATUS = re.compile(r"error=(\d{3})\b")
_MALFORMED = {400, 413, 415, 422}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a message was delivered; if not, why, and whether the message itself is at fault."""

    delivered: bool
    reason: str = ""
    malformed: bool = False


def ready() -> None:
    """Load Apprise and its services: most of a second, which only those who post should wait for.

    It is done once and before any thread starts, for loading is not made for several at a time.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about modules that its services import
        import apprise

        apprise.Apprise.instantiate("json://localhost")


def deliver(address: str, text: str, seconds: float) -> Outcome:
    """Post ``text`` to an Apprise URL. It takes about ``seconds`` at most, name look-up aside."""
    import apprise

    plugin = apprise.Apprise.instantiate(address, suppress_exceptions=True)
    if plugin is None:
        return Outcome(False, "its address is not one that Apprise understands")
    plugin.socket_connect_timeout = max(0.1, seconds * 0.4)
    plugin.socket_read_timeout = max(0.1, seconds * 0.5)
    with _Overheard() as overheard:
        try:
            sent = plugin.notify(body=text, title="", body_format=apprise.NotifyFormat.TEXT)
        except Exception:  # noqa: BLE001  a plugin's fault must not stop an incident's command
            return Outcome(False, "posting to it failed unexpectedly")
    return Outcome(True) if sent else _reason(overheard.lines)


def _reason(lines: list[str]) -> Outcome:
    """Why it failed, without the address that Apprise's own words may hold."""
    found = next((match[1] for line in lines if (match := _STATUS.search(line))), None)
    if found is None:
        return Outcome(False, "it could not be reached, or did not answer in time")
    return Outcome(False, f"it answered with HTTP status {found}", malformed=int(found) in _MALFORMED)


class _Overheard(logging.Handler):
    """What Apprise logs in this thread meanwhile: its only way to say why."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        if record.thread == self._thread:
            self.lines.append(record.getMessage())

    def __enter__(self) -> _Overheard:
        logging.getLogger("apprise").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("apprise").removeHandler(self)
