"""The support bundle: what this machine knows to be secret, or the policy masks, is not in it."""

from __future__ import annotations

import base64
import tarfile
from pathlib import Path

import pytest

from outage.kit import bundle as room
from outage.kit.bundle import Bundle, read
from outage.policy import load_policy
from tests.sites import LARKFIELD, ROOT

POLICY = ROOT / LARKFIELD
PASSWORD = "k7+Zq/correct-horse"


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    passwords = tmp_path / "pgpass"
    passwords.write_text("# a comment: not one\n*:5432:*:shop:pass-of-the-shop\n", encoding="utf-8")
    environment = {
        "REDIS_URL": "redis://reader:k7%2BZq%2Fcorrect-horse@127.0.0.1:6379/0",
        "PGPASSFILE": str(passwords),
        "CHAT_TOKEN": "token-of-the-chat",
        "HOME": "/home/ines",
    }
    return Bundle(load_policy(POLICY).masks, environment)


@pytest.mark.parametrize(
    "text",
    [
        "REDIS_URL=redis://reader:k7%2BZq%2Fcorrect-horse@127.0.0.1:6379/0",
        f"AUTH reader {PASSWORD}",
        f"basic {base64.b64encode(PASSWORD.encode()).decode()}",
        "shop logs in with pass-of-the-shop",
        "Authorization: Bearer token-of-the-chat",
    ],
)
def test_secrets_that_this_machine_knows_are_replaced(bundle, text):
    bundle.add("logs/web1.log", text)
    shown = bundle.files["logs/web1.log"].decode()
    assert "[secret]" in shown
    assert "correct" not in shown
    assert "of-the-" not in shown
    assert bundle.replaced["logs/web1.log"] >= 1


def test_what_the_policy_masks_is_masked(bundle):
    bundle.add("slow/statements.csv", "update customers set email = 'ann@example.org' where id = 'LF-123456'")
    shown = bundle.files["slow/statements.csv"].decode()
    assert "ann" not in shown
    assert "123456" not in shown
    assert "update customers set email" in shown


def test_it_is_written_once_for_its_owner_alone_and_read_back_whole(bundle, tmp_path):
    bundle.add("settings/a.txt", "fsync=on\n")
    bundle.picture("charts/b.png", b"\x89PNG")
    bundle.skip("alerts.json", f"refused {PASSWORD}")
    path = tmp_path / "support-bundle.tar.gz"
    bundle.write(path)
    assert path.stat().st_mode & 0o777 == 0o600
    files = read(path)
    assert files["settings/a.txt"] == b"fsync=on\n"
    assert files["charts/b.png"] == b"\x89PNG"
    assert files["LEFT-OUT"] == b"alerts.json: refused [secret]\n"
    assert bundle.leaks(path) == []
    with pytest.raises(FileExistsError):
        bundle.write(path)


def test_a_secret_that_slipped_in_is_found_before_it_leaves(bundle, tmp_path):
    bundle.picture("charts/b.png", b"text/plain: token-of-the-chat")
    bundle.write(tmp_path / "a.tar.gz")
    assert bundle.leaks(tmp_path / "a.tar.gz") == ["charts/b.png"]


def test_a_damaged_archive_is_not_sound(bundle, tmp_path):
    bundle.add("settings/a.txt", "fsync=on\n")
    bundle.write(tmp_path / "a.tar.gz")
    with tarfile.open(tmp_path / "a.tar.gz") as whole, tarfile.open(tmp_path / "b.tar.gz", "w:gz") as less:
        for entry in whole:
            if not entry.name.endswith("a.txt"):
                less.addfile(entry, whole.extractfile(entry))
    with pytest.raises(ValueError, match="settings/a.txt is not what was written"):
        read(tmp_path / "b.tar.gz")


@pytest.mark.parametrize("name", ["/etc/passwd", "../up.txt", "a//b", "", "a b", "logs/.hidden"])
def test_a_name_leads_nowhere_outside_the_archive(bundle, name):
    with pytest.raises(ValueError, match="no name for a new file"):
        bundle.add(name, "x")


def test_an_archive_too_long_to_send_is_refused(bundle, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "MOST_BYTES", 10)
    bundle.add("logs/a.log", "x" * 100)
    with pytest.raises(ValueError, match="more than 50 MB"):
        bundle.write(tmp_path / "a.tar.gz")
    assert not (tmp_path / "a.tar.gz").exists()
