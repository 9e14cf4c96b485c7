"""The shop: who may do what to its flags and its door, and what each of its releases really does."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError

from outage.lab import control
from outage.lab.parts import haproxy, load, redis, web
from outage.lab.shop import releases
from outage.lab.shop.flags import FLAGS, LOYALTY_PRICE
from tests.waiting import eventually


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A lab with customers; a test that changes something puts it back."""
    lab, _ = control.up(tmp_path_factory.mktemp("shop") / "lab", ("load",))
    yield lab
    control.down(lab.folder)


def get(url: str) -> tuple[int, dict]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def metric(lab, server: str, name: str) -> float:
    """The sum of a metric over its labels, as the server itself tells it."""
    with urllib.request.urlopen(web.url(lab, server, "/metrics"), timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))


@pytest.fixture
def loyalty(shop):
    """Turns the flag on for all servers, and off again after the test."""

    def read_as(on: bool) -> bool:
        return all(
            web.ask_version(shop, name)["flags"].get(LOYALTY_PRICE) == ("off", "on")[on]
            for name in web.SERVERS
        )

    redis.set_flag(shop, LOYALTY_PRICE, "on", by="a test", why="to see what it does")
    eventually(lambda: read_as(True))
    yield
    redis.set_flag(shop, LOYALTY_PRICE, "off", by="a test", why="as it was")
    eventually(lambda: read_as(False))


class TestFlags:
    def test_they_are_seeded_with_who_when_and_why(self, shop):
        assert redis.list_flags(shop) == {flag.name: flag.value for flag in FLAGS}
        with redis.connect(shop, redis.READER) as reader:
            why = json.loads(reader.hget("flags:why", LOYALTY_PRICE))
        assert why.keys() == {"by", "at", "why"}

    @pytest.mark.parametrize(
        "command",
        [
            ("HSET", "flags", "x", "on"),
            ("HDEL", "flags", "gift-wrap"),
            ("SET", "x", "1"),
            ("DEL", "flags"),
            ("FLUSHALL",),
            ("CONFIG", "GET", "*"),
            ("ACL", "LIST"),
            ("SHUTDOWN",),
            ("EVAL", "return redis.call('hset', 'flags', 'x', 'on')", "0"),
        ],
        ids=lambda command: command[0],
    )
    def test_who_may_look_may_change_nothing(self, shop, command):
        with redis.connect(shop, redis.READER) as reader, pytest.raises(NoPermissionError):
            reader.execute_command(*command)

    @pytest.mark.parametrize(
        "command", [("SET", "x", "1"), ("HSET", "other", "x", "on"), ("DEL", "flags"), ("FLUSHALL",)]
    )
    def test_who_may_set_flags_may_do_nothing_else(self, shop, command):
        with redis.connect(shop, redis.CHANGER) as changer, pytest.raises(NoPermissionError):
            changer.execute_command(*command)

    def test_a_flag_is_set_through_the_url_that_runbooks_are_given(self, shop):
        environment = control.build_environment(shop)
        with Redis.from_url(environment["REDIS_CHANGE_URL"], decode_responses=True) as changer:
            changer.hset("flags", "gift-wrap", "off")
            with Redis.from_url(environment["REDIS_URL"], decode_responses=True) as reader:
                assert reader.hget("flags", "gift-wrap") == "off"
            changer.hset("flags", "gift-wrap", "on")

    def test_passwords_are_in_a_file_for_their_owner_alone(self, shop):
        files = [shop.place("redis") / "passwords.json", *(shop.folder / "supervisor").glob("*.conf")]
        secret = {
            path
            for path in files
            if any(word in path.read_text(encoding="utf-8") for word in passwords(shop))
        }
        assert len(secret) >= 2
        assert [path for path in secret if path.stat().st_mode & 0o077] == []

    def test_without_a_name_and_a_password_nobody_gets_in(self, shop):
        with Redis("127.0.0.1", shop.port("redis")) as nobody, pytest.raises(AuthenticationError):
            nobody.hgetall("flags")

    def test_they_outlive_a_restart(self, shop):
        before = redis.list_flags(shop)
        shop.supervisor.restart("redis")
        assert redis.list_flags(shop) == before


def passwords(lab) -> list[str]:
    return list(json.loads((lab.place("redis") / "passwords.json").read_text(encoding="utf-8")).values())


class TestDoor:
    def test_it_spreads_customers_over_all_servers(self, shop):
        assert set(haproxy.list_servers(shop).values()) == {"UP"}
        answered = set()
        for _ in range(4 * len(web.SERVERS)):
            with urllib.request.urlopen(haproxy.url(shop), timeout=5) as answer:
                answered.add(answer.headers["x-server"])
        assert answered == set(web.SERVERS)

    def test_the_socket_of_level_user_may_only_look(self, shop):
        environment = control.build_environment(shop)
        looking = Path(environment["HAPROXY_SOCKET"])
        assert "web3" in haproxy.say(looking, "show servers state web")
        assert "Permission denied" in haproxy.say(looking, "disable server web/web3")
        assert haproxy.list_servers(shop)["web3"] == "UP"

    def test_the_socket_of_level_admin_drains_a_server(self, shop):
        admin = Path(control.build_environment(shop)["HAPROXY_ADMIN_SOCKET"])
        assert haproxy.say(admin, "set server web/web3 state drain").strip() == ""
        assert haproxy.list_servers(shop)["web3"] == "DRAIN"
        haproxy.say(admin, "set server web/web3 state ready")
        eventually(lambda: haproxy.list_servers(shop)["web3"] == "UP")

    def test_nobody_else_may_use_its_sockets(self, shop):
        for socket in (haproxy.looking_socket(shop), haproxy.admin_socket(shop)):
            assert socket.stat().st_mode & 0o077 == 0

    def test_a_stopped_server_is_noticed_and_customers_go_elsewhere(self, shop):
        shop.supervisor.stop("web4")
        eventually(lambda: haproxy.list_servers(shop)["web4"] == "DOWN")
        assert {get(haproxy.url(shop, "/basket?sku=TIN-S"))[0] for _ in range(10)} == {200}
        shop.supervisor.start("web4")
        eventually(lambda: haproxy.list_servers(shop)["web4"] == "UP")

    def test_its_metrics_are_for_prometheus(self, shop):
        with urllib.request.urlopen(
            f"http://127.0.0.1:{shop.port(haproxy.METRICS)}/metrics", timeout=5
        ) as answer:
            assert b'haproxy_server_status{proxy="web",server="web1"' in answer.read()


class TestReleases:
    def test_an_artefact_is_the_same_files_every_time_and_differs_from_every_other(self, tmp_path):
        digests = {}
        for version in releases.VERSIONS:
            for attempt in ("once", "again"):
                releases.build(version, tmp_path / version / attempt)
            both = {releases.digest(tmp_path / version / attempt) for attempt in ("once", "again")}
            assert len(both) == 1
            digests[version] = both.pop()
        assert len(set(digests.values())) == len(releases.VERSIONS)

    def test_what_python_compiled_is_no_difference(self, tmp_path):
        releases.build(releases.CURRENT, tmp_path / "artefact")
        before = releases.digest(tmp_path / "artefact")
        (tmp_path / "artefact" / "__pycache__").mkdir()
        assert releases.digest(tmp_path / "artefact") == before

    def test_all_servers_run_the_current_one_from_folders_of_their_own(self, shop):
        known = [web.ask_version(shop, name) for name in web.SERVERS]
        assert {one["version"] for one in known} == {releases.CURRENT}
        assert len({one["digest"] for one in known}) == 1
        assert [one["server"] for one in known] == list(web.SERVERS)
        deployed = releases.digest(web.folder(shop, "web1") / "current")
        assert deployed == known[0]["digest"] == releases.digest(web.store(shop) / releases.CURRENT)

    def test_a_release_that_was_not_restarted_is_not_what_runs(self, shop):
        own = web.folder(shop, "web1")
        releases.deploy(web.store(shop), own, releases.NEXT)
        assert releases.find_deployed(own) == releases.NEXT
        assert web.ask_version(shop, "web1")["version"] == releases.CURRENT
        releases.deploy(web.store(shop), own, releases.CURRENT)

    def test_the_flag_that_lowers_a_price_makes_old_code_order_again_and_again(self, shop, loyalty):
        """After Knight Capital, 2012."""
        query = "/checkout?sku=MUG-RED&quantity=2&customer=1"
        deploy(shop, "web5", releases.OLD)
        try:
            eventually(lambda: web.ask_version(shop, "web5")["flags"].get(LOYALTY_PRICE) == "on")
            assert get(web.url(shop, "web1", query))[1]["total"] == "15.20"
            assert get(web.url(shop, "web5", query))[1]["total"] == "16.00"
            assert orders_per_checkout(shop, "web1") == 1
            assert orders_per_checkout(shop, "web5") == 20
        finally:
            deploy(shop, "web5", releases.CURRENT)

    def test_the_next_one_says_when_little_is_left(self, shop):
        deploy(shop, "web6", releases.NEXT)
        try:
            assert get(web.url(shop, "web6", "/basket?sku=POT-12"))[1]["last"] is True
            assert get(web.url(shop, "web6", "/basket?sku=TEA-250"))[1]["last"] is False
        finally:
            deploy(shop, "web6", releases.CURRENT)

    def test_the_bad_one_is_healthy_and_fails_a_third_of_the_customers(self, shop):
        deploy(shop, "web7", releases.BAD)
        try:
            answers = [
                get(web.url(shop, "web7", f"/checkout?sku=TIN-L&customer={customer}"))[0]
                for customer in range(1, 10)
            ]
            assert answers == [200, 200, 500] * 3
            assert haproxy.list_servers(shop)["web7"] == "UP"
        finally:
            deploy(shop, "web7", releases.CURRENT)

    @pytest.mark.parametrize(
        ("page", "code"),
        [
            ("/basket", 400),
            ("/basket?sku=NONE", 400),
            ("/basket?sku=TIN-S&quantity=-1", 400),
            ("/?customer=me", 400),
            ("/search?q=%27%3B%20drop%20table%20stock%3B--", 200),
            ("/search?q=%00", 503),
            ("/admin", 404),
        ],
    )
    def test_what_nobody_should_ask_for_is_answered_and_harms_nobody(self, shop, page, code):
        assert get(web.url(shop, "web1", page))[0] == code
        assert get(web.url(shop, "web1", "/basket?sku=TIN-S"))[0] == 200


def deploy(lab, server: str, release: str) -> None:
    web.deploy(lab, server, release)
    eventually(lambda: haproxy.list_servers(lab)[server] == "UP")


def orders_per_checkout(lab, server: str) -> int:
    """Orders that one checkout writes, whatever the customers do meanwhile."""
    with lab.server.connect("shop") as session:
        count = (
            "select count(*) from traffic.orders where server = %s and sku = 'MUG-BLUE' and quantity = 777"
        )
        before = session.execute(count, [server]).fetchone()
        assert get(web.url(lab, server, "/checkout?sku=MUG-BLUE&quantity=777"))[0] == 200
        after = session.execute(count, [server]).fetchone()
    assert before is not None
    assert after is not None
    return int(after[0] - before[0])


class TestServers:
    def test_they_keep_the_flags_they_read_when_redis_is_gone(self, shop):
        shop.supervisor.stop("redis")
        try:
            eventually(lambda: "cannot read the flags" in shop.log("web2").read_text(encoding="utf-8"))
            assert web.ask_version(shop, "web2")["flags"]["gift-wrap"] == "on"
            assert get(web.url(shop, "web2", "/basket?sku=TIN-S"))[0] == 200
        finally:
            shop.supervisor.start("redis")

    def test_a_checkout_behind_a_lock_is_told_so_in_time_and_the_others_go_on(self, shop):
        with shop.server.connect("shop") as holding, holding.transaction(force_rollback=True):
            holding.execute("update stock set on_hand = on_hand where sku = 'POT-12'")
            code, answer = get(web.url(shop, "web1", "/checkout?sku=POT-12"))
            assert (code, answer["error"]) == (503, "the database does not answer in time")
        assert get(web.url(shop, "web1", "/checkout?sku=POT-12"))[0] == 200

    def test_they_come_back_by_themselves_when_their_sessions_were_ended(self, shop):
        with shop.server.connect("postgres") as admin:
            ended = (
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'web8'"
            )
            assert admin.execute(ended).fetchall() != []
        eventually(lambda: {get(web.url(shop, "web8", "/basket?sku=TIN-S"))[0] for _ in range(3)} == {200})

    def test_an_order_counts_in_their_metrics(self, shop):
        before = metric(shop, "web1", "shop_orders_total")
        get(web.url(shop, "web1", "/checkout?sku=TIN-S"))
        assert metric(shop, "web1", "shop_orders_total") > before
        assert metric(shop, "web1", "shop_request_seconds_count") > 0
        assert metric(shop, "web1", "shop_release_info") == 1

    def test_orders_of_customers_are_no_change_of_the_shops_own_tables(self, shop):
        with shop.server.connect("shop") as session:
            stock = "select sum(on_hand), count(*) from stock"
            before = session.execute(stock).fetchone()
            get(web.url(shop, "web1", "/checkout?sku=TIN-S&quantity=3"))
            assert session.execute(stock).fetchone() == before


class TestCustomers:
    def test_they_use_every_page_and_find_it_well(self, shop):
        eventually(lambda: load.read_seen(shop)["pages"] >= 20)
        pages = {"/", "/search", "/basket", "/checkout"}
        eventually(lambda: pages <= set(paths(shop)))

    def test_they_try_again_when_something_fails(self, shop):
        before = load.read_seen(shop)["total_tried_again"]
        shop.supervisor.stop("haproxy")
        try:
            eventually(lambda: load.read_seen(shop)["total_tried_again"] > before)
        finally:
            shop.supervisor.start("haproxy")
        eventually(lambda: get_or_none(haproxy.url(shop)) == 200)


def get_or_none(url: str) -> int | None:
    with suppress(OSError):
        return get(url)[0]
    return None


def paths(lab) -> list[str]:
    """Every path that some server has answered well."""
    found = []
    for server in web.SERVERS:
        with urllib.request.urlopen(web.url(lab, server, "/metrics"), timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        found += [
            line.split('path="')[1].split('"')[0] for line in lines if line.startswith("shop_requests_total{")
        ]
    return found
