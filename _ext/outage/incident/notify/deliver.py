"""One message to one address, through Apprise. An address is a secret: no error repeats it."""

from __future__ import annotations

import logging
import re
import tempfile
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from outage.errors import Refused
from outage.secrets import resolve

_STATUS = re.compile(r"error=(\d{3})\b")
_MALFORMED = {400, 413, 415, 422}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a message was delivered; if not, why, and whether the message itself is at fault."""

    delivered: bool
    reason: str = ""
    malformed: bool = False


def load_services(addresses: Iterable[str]) -> None:
    """Load Apprise with the services that some addresses are of.

    Apprise loads all of its 180 services when it is first asked for one, which takes two
    seconds; the few that a company posts to take a tenth of that. It is done before any
    thread starts, for loading is not made for several at a time.
    """
    schemes = {address.partition("://")[0].lower() for address in addresses}
    if not schemes:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about modules that its services import
        from apprise.manager_plugins import NotificationManager

        manager: Any = NotificationManager()  # type: ignore[no-untyped-call]
        with tempfile.TemporaryDirectory(prefix="outage-") as chosen:
            for name in _find_modules(Path(manager.module_path), schemes):
                Path(chosen, f"{name}.py").touch()
            manager.load_modules(path=chosen)  # it reads the names there, and imports its own modules
        if not all(scheme in manager for scheme in schemes):
            manager.load_modules()  # a web hook's own https:// address, for one: any service may know it


def _find_modules(folder: Path, schemes: set[str]) -> Iterator[str]:
    """Yield the modules of Apprise whose source assigns one of the schemes to ``protocol``."""
    names = "|".join(map(re.escape, sorted(schemes)))
    assigned = re.compile(rf"protocol\b[^\n=]*=\s*\(?[^)=]*?[\"'](?:{names})[\"']")
    for path in sorted(folder.iterdir()):
        files = path.glob("*.py") if path.is_dir() else [path] if path.suffix == ".py" else []
        if any(assigned.search(file.read_text(encoding="utf-8")) for file in files):
            yield path.stem


def find_service(address: str) -> Any:
    """Return the service behind an Apprise URL, or None; call :func:`load_services` first."""
    import apprise

    return apprise.Apprise.instantiate(address, suppress_exceptions=True)


def deliver(address: str, text: str, seconds: float) -> Outcome:
    """Post ``text`` to an Apprise URL. It takes about ``seconds`` at most, name look-up aside."""
    import apprise

    plugin = find_service(address)
    if plugin is None:
        return Outcome(False, "its address is not one that Apprise understands")
    plugin.socket_connect_timeout = max(0.1, seconds * 0.4)
    plugin.socket_read_timeout = max(0.1, seconds * 0.5)
    with _Overheard() as overheard:
        try:
            sent = plugin.notify(body=text, title="", body_format=apprise.NotifyFormat.TEXT)
        except Exception:  # noqa: BLE001  a plugin's fault must not stop an incident's command
            return Outcome(False, "posting to it failed unexpectedly")
    return Outcome(True) if sent else _find_reason(overheard.lines)


def _find_reason(lines: list[str]) -> Outcome:
    """Return why it failed, without the address that Apprise's own words may hold."""
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


_PLACE = re.compile(r"\{(incident|division|area)\}")


def resolve_address(reference: str, place: Mapping[str, str]) -> str:
    """Resolve a reference to an Apprise URL, with ``{incident}``, ``{division}`` and ``{area}`` filled in.

    One address can so serve a channel of which every division has its own, for example
    ``mmosts://bot@chat.example/token?channel={division}-outages``.

    Raises:
        Refused: there is nothing behind the reference, or the incident has no division or area
            yet and the address needs one; a message in the wrong channel is worse than none.
    """
    address = resolve(reference)
    for needed in dict.fromkeys(_PLACE.findall(address)):
        if not place.get(needed):
            raise Refused(
                f"its address needs the {needed}, and the incident names none",
                hint="say it with: outage scope SCOPE --division DIVISION --area AREA",
            )
    return _PLACE.sub(lambda found: quote(place[found[1]], safe=""), address)
