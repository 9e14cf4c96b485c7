"""Part ``redis``: Debian's Redis; it holds the shop's feature flags, and what each user of it may do."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from outage import files
from outage.lab.parts.model import Part, Program, require_program
from outage.lab.ports import HOST
from outage.lab.shop.flags import FLAGS

if TYPE_CHECKING:
    from redis import Redis

    from outage.lab.model import Lab

ID = "redis"
READER, CHANGER, SHOP, ADMIN = "reader", "changer", "shop", "admin"
_LOOK = "-@all +@read -@dangerous +@connection +info"
RIGHTS = {
    READER: f"~* {_LOOK}",
    CHANGER: f"~flags ~flags:why {_LOOK} +hset +hdel +multi +exec +discard",
    SHOP: "~flags -@all +hgetall +@connection",
    ADMIN: "~* &* +@all",
}
"""What each user may do, in Redis's own words; Redis holds them to it."""

_NOBODY = "user default off resetpass ~* &* +@all\n"
"""Nobody gets in without a name. What this user may is for Redis itself: it reads its own file again as
this user, and would leave out the transactions in it, without a word, if the user might not write."""


def prepare(lab: Lab) -> tuple[Program, ...]:
    """Write the configuration, the users and, for their owner alone, the passwords."""
    own = lab.place(ID)
    passwords = {user: secrets.token_urlsafe(18) for user in RIGHTS}
    files.replace(own / "passwords.json", json.dumps(passwords), mode=0o600, durable=False)
    users = [
        f"user {user} on #{hashlib.sha256(passwords[user].encode()).hexdigest()} resetchannels {rights}\n"
        for user, rights in RIGHTS.items()
    ]
    (own / "users.acl").write_text(_NOBODY + "".join(users), encoding="utf-8")
    settings = {
        "bind": HOST,
        "port": str(lab.port(ID)),
        "dir": f'"{own}"',
        "aclfile": f'"{own / "users.acl"}"',
        "appendonly": "yes",  # flags outlive a restart
        "save": '""',
        "daemonize": "no",
        "maxmemory": "32mb",
    }
    config = own / "redis.conf"
    config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()), encoding="utf-8")
    return (Program(ID, (require_program("redis-server"), str(config))),)


def url(lab: Lab, user: str) -> str:
    """Return what a Redis client takes, the password included."""
    passwords = json.loads((lab.place(ID) / "passwords.json").read_text(encoding="utf-8"))
    return f"redis://{user}:{passwords[user]}@{HOST}:{lab.port(ID)}/0"


def connect(lab: Lab, user: str = ADMIN) -> Redis:
    """Return a client; its answers are text."""
    from redis import Redis  # a quarter of a second, which a lab without Redis need not wait

    return Redis.from_url(url(lab, user), decode_responses=True, socket_timeout=5)


def list_flags(lab: Lab) -> dict[str, str]:
    """Map the name of each flag to ``on`` or ``off``."""
    with connect(lab, READER) as client:
        return cast("dict[str, str]", client.hgetall("flags"))


def set_flag(lab: Lab, name: str, value: str, *, by: str, why: str) -> None:
    """Set a flag, and write down who did, when and why."""
    reason = json.dumps({"by": by, "at": datetime.now(UTC).isoformat(timespec="seconds"), "why": why})
    with connect(lab) as client, client.pipeline(transaction=True) as together:
        together.hset("flags", name, value)
        together.hset("flags:why", name, reason)
        together.execute()


def _seed(lab: Lab) -> None:
    for flag in FLAGS:
        set_flag(lab, flag.name, flag.value, by="the lab", why=flag.meaning)


PART = Part(
    id=ID,
    summary="Redis, the feature flags",
    packages={"redis-server": "redis-server"},
    prepare=prepare,
    ready=lambda lab: bool(connect(lab).ping()),
    after=_seed,
    address=lambda lab: f"{HOST}:{lab.port(ID)}",
    environment=lambda lab: {"REDIS_URL": url(lab, READER), "REDIS_CHANGE_URL": url(lab, CHANGER)},
)
