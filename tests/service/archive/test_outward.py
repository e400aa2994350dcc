"""Where requests may go: forms of addresses, what a name stands for, and what the other side may do."""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.archive.errors import ArchiveError
from service.archive.outward import MOST_URL, Outward, Target, is_public, parse
from tests.service.archive.receivers import LOOPBACK, NAME, Receiver, listening, outward_to


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://qa.example.com", Target("qa.example.com", 443, "/")),
        ("https://QA.Example.com:8443/a/b?c=d@e", Target("qa.example.com", 8443, "/a/b?c=d@e")),
        ("https://93.184.216.34/x", Target("93.184.216.34", 443, "/x")),
        ("https://[2606:4700::1111]:9000/", Target("2606:4700::1111", 9000, "/")),
        ("https://xn--bcher-kva.example/", Target("xn--bcher-kva.example", 443, "/")),
    ],
)
def test_an_https_address_is_read(url, target):
    assert parse(url) == target


@pytest.mark.parametrize(
    "url",
    [
        "http://qa.example.com/",
        "HTTPS://qa.example.com/",
        "//qa.example.com/",
        "ftp://qa.example.com/",
        "https:/qa.example.com",
        "https://user@qa.example.com/",
        "https://qa.example.com@127.0.0.1/",
        "https://qa.example.com:pass@10.0.0.1/",
        "https://qa.example.com\\@127.0.0.1/",
        "https://qa.example.com/\r\nhost: x",
        "https://qa.example.com/a b",
        "https://qa.example.com\t/",
        "https://qa.example.com/#x",
        "https://qa.example.com?x",
        "https://qa.example.com./",
        "https://localhost/",
        "https://localhost./",
        "https://intranet/",
        "https://127.0.0.1./",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.0.1.0x/",
        "https://example.0x7f/",
        "https://a..b/",
        "https://-a.example/",
        "https://bücher.example/",
        "https://１２７.0.0.1/",
        "https://127。0。0。1/",
        "https://[::1/",
        "https://[::1]x/",
        "https://[fe80::1%25eth0]/",
        "https://qa.example.com:0/",
        "https://qa.example.com:25/",
        "https://qa.example.com:65536/",
        "https://qa.example.com:/",
        "https://qa.example.com:99999999999/",
        "https://" + "a." * 130 + "example/",
        "https://qa.example.com/" + "a" * MOST_URL,
        "https:///",
        "",
    ],
)
def test_other_forms_are_refused(url):
    with pytest.raises(ArchiveError) as refused:
        parse(url)
    assert refused.value.note.code == "archive.webhook_url"


NOT_PUBLIC = """
0.0.0.0 10.1.2.3 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254 172.16.0.1
172.31.255.255 192.0.0.192 192.0.2.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.2.3 240.0.0.1
255.255.255.255 :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 64:ff9b::a00:1
64:ff9b::7f00:1 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1:: 2002:a9fe:a9fe::1 3fff::1 fc00::1 fd00:ec2::254
fe80::1 fec0::1 ff02::1 5f00::1
""".split()  # noqa: SIM905 - a list that people read and extend


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_addresses_that_are_not_public(address):
    assert not is_public(ip_address(address))
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(ArchiveError) as refused:
        parse(f"https://{host}/")
    assert refused.value.note.code == "archive.webhook_address"


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "2002:808:808::"]
)
def test_addresses_that_are(address):
    assert is_public(ip_address(address))


@given(st.integers(0, 2**32 - 1))
def test_an_address_inside_another_is_judged_as_itself(number):
    inner = IPv4Address(number)
    mapped, nat64 = IPv6Address((0xFFFF << 32) | number), IPv6Address((0x64FF9B << 96) | number)
    six_to_four = IPv6Address((0x2002 << 112) | (number << 80))
    assert {is_public(mapped), is_public(nat64), is_public(six_to_four)} == {is_public(inner)}


@given(st.ip_addresses())
def test_nothing_is_public_that_the_standard_library_calls_private(address):
    closed = address.is_private or address.is_loopback or address.is_link_local or address.is_multicast
    if closed and getattr(address, "ipv4_mapped", None) is None:
        assert not is_public(address)


@given(st.text(max_size=60))
def test_no_text_does_more_than_be_refused(text):
    for url in (text, f"https://{text}", f"https://qa.example.com{text}"):
        try:
            target = parse(url)
        except ArchiveError:
            continue
        assert target.path.isprintable() and target.path.isascii() and target.path.startswith("/")


def post(outward, port, path="/hook"):
    return outward.post(Target(NAME, port, path), b"{}", {"x-test": "1"})


def refused_by(outward, port):
    with pytest.raises(ArchiveError) as refused:
        post(outward, port)
    return refused.value.note.code


def test_a_request_arrives_over_tls_with_its_name(certificates):
    receiver = Receiver()
    with listening(receiver, certificates) as port:
        assert post(outward_to(certificates), port, "/a?b=c") == 204
    path, headers, body = receiver.got[0]
    assert (path, body, headers["host"], headers["x-test"]) == ("/a?b=c", b"{}", f"{NAME}:{port}", "1")
    assert receiver.names == [NAME]


def test_the_connection_goes_to_the_address_that_was_looked_at(certificates):
    """A name that stands for another machine the second time it is asked for: it is asked for once."""
    good, evil, asked = Receiver(), Receiver(), []

    def rebinding(host, port):
        asked.append(host)
        return [LOOPBACK if len(asked) == 1 else ip_address("127.0.0.2")]

    outward = Outward(rebinding, lambda address: address == LOOPBACK, certificates.client)
    with listening(good, certificates) as port:
        assert post(outward, port) == 204
        assert asked == [NAME] and len(good.got) == 1
        with listening(evil, certificates, address="127.0.0.2") as other_port:
            assert refused_by(outward, other_port) == "archive.webhook_address"
    assert evil.got == [] and evil.names == []


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "fd00:ec2::254", "::ffff:127.0.0.1"])
def test_one_closed_address_among_the_open_ones_spoils_them_all(certificates, address):
    receiver = Receiver()
    outward = Outward(
        lambda host, port: [ip_address("93.184.216.34"), ip_address(address)], context=certificates.client
    )
    with listening(receiver, certificates) as port:
        assert refused_by(outward, port) == "archive.webhook_address"
    assert receiver.names == []


def test_a_name_that_stands_for_nothing(certificates):
    assert refused_by(Outward(lambda host, port: []), 443) == "archive.webhook_address"


def test_a_resolver_that_fails_is_a_receiver_that_is_away():
    def failing(host, port):
        raise socket.gaierror(-2, "secret name")

    with pytest.raises(ArchiveError) as refused:
        post(Outward(failing), 443)
    assert refused.value.note.code == "archive.webhook_unreachable" and "secret" not in str(refused.value)


def test_a_certificate_for_another_name_is_refused(certificates):
    receiver = Receiver()
    with listening(receiver, certificates, name="other.example.com") as port:
        assert refused_by(outward_to(certificates), port) == "archive.webhook_unreachable"
    assert receiver.got == []


def test_a_certificate_nobody_vouches_for_is_refused(certificates):
    receiver = Receiver()
    outward = Outward(lambda host, port: [LOOPBACK], lambda address: True, ssl.create_default_context)
    with listening(receiver, certificates) as port:
        assert refused_by(outward, port) == "archive.webhook_unreachable"
    assert receiver.got == []


def test_a_redirect_is_an_answer_and_nothing_more(certificates):
    evil = Receiver()
    with listening(evil, certificates) as inner:
        receiver = Receiver(302, location=f"https://{NAME}:{inner}/")
        with listening(receiver, certificates) as port:
            assert post(outward_to(certificates), port) == 302
    assert evil.got == []


def dripping(stream):
    """One byte now and then, for as long as anybody listens."""
    while True:
        stream.write(b"H")
        stream.flush()
        time.sleep(0.05)


@pytest.mark.parametrize(
    "raw",
    [
        lambda stream: stream.write(b"SSH-2.0-x\r\n"),
        lambda stream: stream.write(b"HTTP/1.1 2000 x\r\n"),
        lambda stream: stream.write(b"a" * (1 << 16)),
        lambda stream: None,
        dripping,
    ],
    ids=["other protocol", "odd status", "long line", "nothing", "one byte at a time"],
)
def test_answers_that_are_none_come_to_an_end(certificates, raw):
    with listening(Receiver(raw=raw), certificates) as port:
        assert refused_by(outward_to(certificates, deadline_s=1.0), port) == "archive.webhook_unreachable"


@contextmanager
def mute():
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_receiver_that_says_nothing_is_left(certificates):
    with mute() as port:
        assert refused_by(outward_to(certificates, deadline_s=0.3), port) == "archive.webhook_unreachable"


def test_the_next_address_is_tried_when_nobody_answers_at_the_first(certificates):
    receiver = Receiver()
    addresses = [ip_address("127.0.0.3"), LOOPBACK]
    outward = Outward(lambda host, port: addresses, lambda address: address in addresses, certificates.client)
    with listening(receiver, certificates) as port:
        assert post(outward, port) == 204
