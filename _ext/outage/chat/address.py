"""The address of a channel, which may depend on the incident, its division or its area."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from outage.errors import Refused
from outage.secrets import resolve

_PLACE = re.compile(r"\{(incident|division|area)\}")


def resolve_address(reference: str, place: Mapping[str, str]) -> str:
    """The Apprise URL behind a reference, with ``{incident}``, ``{division}`` and ``{area}`` filled in.

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
