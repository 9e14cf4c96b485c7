"""Part ``chat``: a real chat server (Synapse, from PyPI), with a bot and the rooms of an outage.

``OUTAGE_*_URL`` lead Apprise there, so that ``outage update`` and its like really post.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from urllib.request import Request

from outage import files
from outage.lab import targets
from outage.lab.parts.model import PYPI, Part, Program, require_program
from outage.lab.ports import HOST
from outage.proxies import open_url

if TYPE_CHECKING:
    from outage.lab.model import Lab

BOT = "outage-bot"
ROOMS = {
    "OUTAGE_COMPANY_URL": "company-outages",
    "OUTAGE_DIVISION_URL": "division-outages",
    "OUTAGE_INCIDENT_URL": "incident",
    "OUTAGE_EXECUTIVES_URL": "exec-updates",
}
"""The variable that the policy's channel refers to, and the room that it leads to."""

_SERVER = "lab"  # what rooms and people are of: #incident:lab
_OFTEN = {"per_second": 1000, "burst_count": 1000}


def prepare(lab: Lab) -> tuple[Program, ...]:
    """Write its configuration, which is JSON and therefore YAML, its key and its bot's password."""
    own = lab.place("chat")
    port, metrics = lab.port("chat"), lab.port("chat-metrics")
    bot = own / "bot.json"
    if not bot.exists():
        password = json.dumps({"password": secrets.token_urlsafe(18)})
        files.replace(bot, password, mode=0o600, durable=False)
        (own / "signing.key").write_text(_make_signing_key(), encoding="utf-8")
    config = own / "homeserver.yaml"
    files.replace(config, json.dumps(_make_config(own, port, metrics), indent=1), mode=0o600, durable=False)
    (own / "log.yaml").write_text(json.dumps(_LOG), encoding="utf-8")
    targets.scrape(lab, "chat", {"chat": metrics}, path="/_synapse/metrics")
    return (Program("chat", (require_program("synapse_homeserver"), "-c", str(config)), directory=own),)


def is_ready(lab: Lab) -> bool:
    """Return whether it answers a client."""
    return "versions" in _ask(lab, "GET", "/_matrix/client/versions", seconds=2)


def set_up(lab: Lab) -> None:
    """Register the bot, and let it open the rooms."""
    own = lab.place("chat")
    password = _read_bot(lab)["password"]
    path = "/_synapse/admin/v1/register"
    nonce = _ask(lab, "GET", path)["nonce"]
    secret = json.loads((own / "homeserver.yaml").read_text(encoding="utf-8"))["registration_shared_secret"]
    said = "\0".join((nonce, BOT, password, "notadmin")).encode()
    proof = hmac.new(secret.encode(), said, hashlib.sha1).hexdigest()  # Synapse's own choice of digest
    who = {"nonce": nonce, "username": BOT, "password": password, "admin": False, "mac": proof}
    token = _ask(lab, "POST", path, who)["access_token"]
    (own / "bot.json").write_text(json.dumps({"password": password, "token": token}), encoding="utf-8")
    for room in ROOMS.values():
        _ask(lab, "POST", "/_matrix/client/v3/createRoom", {"room_alias_name": room, "name": room}, token)


def environment(lab: Lab) -> dict[str, str]:
    """Return one Apprise URL for each channel that the policy addresses."""
    password = quote(_read_bot(lab)["password"], safe="")
    base = f"matrix://{BOT}:{password}@{HOST}:{lab.port('chat')}"
    return {name: f"{base}/%23{room}" for name, room in ROOMS.items()}


def list_messages(lab: Lab, room: str) -> list[str]:
    """Return what was said in a room, oldest first.

    Args:
        lab: with this part up.
        room: one of :data:`ROOMS`' values.
    """
    token = _read_bot(lab)["token"]
    alias = quote(f"#{room}:{_SERVER}", safe="")
    identifier = _ask(lab, "GET", f"/_matrix/client/v3/directory/room/{alias}", token=token)["room_id"]
    path = f"/_matrix/client/v3/rooms/{quote(identifier, safe='')}/messages?dir=f&limit=1000"
    said = _ask(lab, "GET", path, token=token)["chunk"]
    return [event["content"]["body"] for event in said if event["type"] == "m.room.message"]


def _read_bot(lab: Lab) -> dict[str, str]:
    known: dict[str, str] = json.loads((lab.place("chat") / "bot.json").read_text(encoding="utf-8"))
    return known


def _ask(
    lab: Lab, method: str, path: str, data: Any = None, token: str = "", *, seconds: float = 10
) -> dict[str, Any]:
    """Make one request of the client API, and return its answer within so many seconds."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    body = None if data is None else json.dumps(data).encode()
    request = Request(f"http://{HOST}:{lab.port('chat')}{path}", body, headers, method=method)
    with open_url(request, seconds) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def _make_signing_key() -> str:
    """Return a key in Synapse's form: every server must have one, also one that talks to no other."""
    seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    return f"ed25519 lab {seed}\n"


def _make_config(own: Path, port: int, metrics: int) -> dict[str, Any]:
    """Return a server for people of this machine alone: it knows no other server and no media."""
    client = {"names": ["client"], "compress": False}
    return {
        "server_name": _SERVER,
        "pid_file": str(own / "pid"),
        "signing_key_path": str(own / "signing.key"),
        "log_config": str(own / "log.yaml"),
        "media_store_path": str(own / "media"),
        "enable_media_repo": False,
        "database": {"name": "sqlite3", "args": {"database": str(own / "chat.sqlite")}},
        "listeners": [
            {"port": port, "type": "http", "bind_addresses": [HOST], "resources": [client]},
            {"port": metrics, "type": "metrics", "bind_addresses": [HOST]},
        ],
        "enable_metrics": True,
        "report_stats": False,
        "trusted_key_servers": [],
        "federation_domain_whitelist": [],
        "presence": {"enabled": False},
        "registration_shared_secret": secrets.token_urlsafe(18),
        "macaroon_secret_key": secrets.token_urlsafe(18),
        "form_secret": secrets.token_urlsafe(18),
        "bcrypt_rounds": 4,
        "rc_message": _OFTEN,
        "rc_login": {"address": _OFTEN, "account": _OFTEN, "failed_attempts": _OFTEN},
        "rc_joins": {"local": _OFTEN},
    }


_LOG = {
    "version": 1,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"level": "WARNING", "handlers": ["out"]},
}

PART = Part(
    id="chat",
    summary="the chat server, with a bot and the rooms of an outage",
    packages={"synapse_homeserver": f"{PYPI}matrix-synapse"},
    prepare=prepare,
    ready=is_ready,
    after=set_up,
    address=lambda lab: (
        f"http://{HOST}:{lab.port('chat')}, rooms {', '.join('#' + r for r in ROOMS.values())}"
    ),
    environment=environment,
    patience=60.0,
)
