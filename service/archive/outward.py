"""Requests to addresses that clients name: https, to the public network, to the very address that was looked at.

An address is read by one strict form, not by a parser that another parser may read differently. Its name is resolved
once, every address it stands for must be public, and the connection goes to one of these and is never redirected. The
certificate is checked for the name. Nothing is read of the answer but its status line, and all of it within a deadline.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from service.archive.errors import ArchiveError

Address = IPv4Address | IPv6Address
MOST_URL = 2000
HTTPS_PORT, FIRST_FREE_PORT, LAST_PORT = 443, 1024, 65535
DEADLINE_S = 8.0
"""Of one request, from the first packet to the status line."""
MOST_ADDRESSES = 4
STATUS_BYTES = 256
_URL = re.compile(r"https://([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?(/[!-~]*)?", re.ASCII)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: |\r)")
_IN_TARGET = frozenset('#"<>\\^`{|}')

_NOT_PUBLIC_4 = tuple(
    IPv4Network(net)
    for net in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
"""IANA's special-purpose registry, multicast and reserved space, and one cloud's host address (168.63.129.16)."""
_GLOBAL_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "3fff::/20"))
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True)
class Target:
    """Where a request goes. `host`: a name, or an address without brackets."""

    host: str
    port: int
    path: str

    @property
    def named(self) -> str:
        """The host as the request's head writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == HTTPS_PORT else f"{host}:{self.port}"


def parse(url: str) -> Target:
    """The target of an https address. Raises ArchiveError for any other, and for forms that hide where it goes.

    Refused: user names, fragments, names with a trailing dot, numbers that stand for an address (`2130706433`,
    `0x7f.1`, `0177.0.0.1`), letters outside ASCII (write them as `xn--...`), ports under 1024 but 443,
    addresses that are not public.
    """
    match = _URL.fullmatch(url) if len(url) <= MOST_URL else None
    if match is None or _IN_TARGET & set(match.group(3) or ""):
        raise ArchiveError("archive.webhook_url", limit=MOST_URL)
    host, port = match.group(1).strip("[]").lower(), int(match.group(2) or HTTPS_PORT)
    address = literal(host)
    known_port = port == HTTPS_PORT or FIRST_FREE_PORT <= port <= LAST_PORT
    if not known_port or (address is None and not _is_name(host)):
        raise ArchiveError("archive.webhook_url", limit=MOST_URL)
    if address is not None and not is_public(address):
        raise ArchiveError("archive.webhook_address")
    return Target(host, port, match.group(3) or "/")


def literal(host: str) -> Address | None:
    """The address that a host is written as; None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_name(host: str) -> bool:
    labels = host.split(".")
    return len(labels) > 1 and all(map(_LABEL.fullmatch, labels)) and not _NUMBER.fullmatch(labels[-1])


def is_public(address: Address) -> bool:
    """Whether anybody's machine may stand there: not private, loopback, link-local, multicast, reserved or metadata.

    An IPv4 address inside an IPv6 one (mapped, 6to4, NAT64) is judged as itself.
    """
    if isinstance(address, IPv4Address):
        return not any(address in net for net in _NOT_PUBLIC_4)
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address in _NAT64:
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    if inner is not None:
        return is_public(inner)
    return address in _GLOBAL_6 and not any(address in net for net in _NOT_PUBLIC_6)


def resolve(host: str, port: int) -> list[Address]:
    """The addresses of a name, as the system knows them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [ip_address(str(where[0]).partition("%")[0]) for *_, where in found]


@dataclass(frozen=True)
class Outward:
    """How requests leave. Tests name a resolver, what may be reached, and whom to trust."""

    resolve: Callable[[str, int], Sequence[Address]] = resolve
    may_reach: Callable[[Address], bool] = is_public
    context: Callable[[], ssl.SSLContext] = ssl.create_default_context
    deadline_s: float = DEADLINE_S

    def post(self, target: Target, body: bytes, headers: Mapping[str, str]) -> int:
        """The status of the answer. Raises ArchiveError: no public address, nobody there, no answer in time."""
        until = time.monotonic() + self.deadline_s
        try:
            with self._connected(self._addresses(target), target.port, until) as plain:
                plain.settimeout(_left(until))
                with self.context().wrap_socket(plain, server_hostname=target.host) as stream:
                    return _asked(stream, _request(target, body, headers), until)
        except (OSError, ValueError) as exc:  # ValueError: a name that ssl or the resolver can't encode
            raise ArchiveError("archive.webhook_unreachable") from exc

    def _addresses(self, target: Target) -> list[Address]:
        """All addresses of the target, asked for once. One that may not be reached spoils them all."""
        written = literal(target.host)
        found = [written] if written is not None else list(self.resolve(target.host, target.port))
        if not found or not all(map(self.may_reach, found)):
            raise ArchiveError("archive.webhook_address")
        return list(dict.fromkeys(found))[:MOST_ADDRESSES]

    def _connected(self, addresses: Sequence[Address], port: int, until: float) -> socket.socket:
        for n, address in enumerate(addresses, start=1):
            try:
                share_s = _left(until) / (len(addresses) - n + 1)
                return socket.create_connection((str(address), port), timeout=share_s)
            except OSError:
                if n == len(addresses):
                    raise
        raise OSError  # no address at all


def _left(until: float) -> float:
    left_s = until - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


def _request(target: Target, body: bytes, headers: Mapping[str, str]) -> bytes:
    head = {"host": target.named, **headers, "content-length": str(len(body)), "connection": "close"}
    lines = [f"POST {target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
    return "\r\n".join(lines).encode("ascii") + body


def _asked(stream: ssl.SSLSocket, request: bytes, until: float) -> int:
    stream.settimeout(_left(until))
    stream.sendall(request)
    came = b""
    while b"\r\n" not in came and len(came) < STATUS_BYTES:
        stream.settimeout(_left(until))
        more = stream.recv(STATUS_BYTES)
        if not more:
            break
        came += more
    match = _STATUS.match(came)
    if match is None:
        raise ArchiveError("archive.webhook_unreachable")
    return int(match.group(1))
