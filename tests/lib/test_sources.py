import pytest

from credits_portal.lib.sources import source_of


def source(rf, settings, remote, forwarded=None, hops=0):
    settings.TRUSTED_PROXY_HOPS = hops
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return source_of(rf.get("/", REMOTE_ADDR=remote, **headers))


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_a_source_is_an_address_or_its_site(rf, settings, remote, expected):
    assert source(rf, settings, remote) == expected


def test_without_proxies_the_clients_claim_is_not_believed(rf, settings):
    assert source(rf, settings, "192.0.2.7", "198.51.100.1") == "192.0.2.7"


def test_behind_one_proxy_its_entry_is_believed(rf, settings):
    claimed = "203.0.113.9, 198.51.100.1"
    assert source(rf, settings, "10.0.0.1", claimed, hops=1) == "198.51.100.1"


def test_behind_two_proxies_the_outer_ones_entry_is_believed(rf, settings):
    claimed = "203.0.113.9, 198.51.100.1, 10.0.0.2"
    assert source(rf, settings, "10.0.0.1", claimed, hops=2) == "198.51.100.1"


def test_a_request_that_went_round_the_proxies_is_known_by_its_address(rf, settings):
    assert source(rf, settings, "192.0.2.7", "198.51.100.1", hops=2) == "192.0.2.7"


@pytest.mark.parametrize("claimed", ["", "nonsense", "1.2.3", "1.2.3.4.5", "\x00", "a" * 10_000])
def test_what_is_no_address_falls_back_on_the_proxys(rf, settings, claimed):
    assert source(rf, settings, "10.0.0.1", claimed, hops=1) == "10.0.0.1"
