"""Receivers of webhooks in the tests: real TLS servers on a loopback address, with certificates made for the test."""

from __future__ import annotations

import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from service.archive.outward import Outward, is_public

NAME = "qa.example.com"
LOOPBACK = ip_address("127.0.0.1")


class Certificates:
    """An authority of our own, and certificates it made."""

    def __init__(self, folder):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "timbre test authority")])
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        more = [(x509.BasicConstraints(ca=True, path_length=0), True), (usage, True)]
        more.append((x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), False))
        self.own = self._signed(self.name, self.key, more)

    def _signed(self, subject, key, extensions):
        now = datetime.now(UTC)
        made = x509.CertificateBuilder(self.name, subject, key.public_key(), x509.random_serial_number())
        made = made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
        for extension, critical in extensions:
            made = made.add_extension(extension, critical)
        return made.sign(self.key, hashes.SHA256())

    def server(self, name):
        """A context that shows a certificate for `name`."""
        key = ec.generate_private_key(ec.SECP256R1())
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        more = [(x509.SubjectAlternativeName([x509.DNSName(name)]), False), (authority, False)]
        own = self._signed(x509.Name([]), key, more)
        path = self.folder / f"{name}.pem"
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(secret + own.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def client(self):
        """A context that trusts this authority and nobody else."""
        authority = self.own.public_bytes(serialization.Encoding.PEM).decode()
        return ssl.create_default_context(cadata=authority)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


class Receiver:
    """What a server was sent, and what it answers: a status, or bytes as they are."""

    def __init__(self, status=204, location="", raw=None, names=None):
        self.status, self.location, self.raw = status, location, raw
        self.got = []
        self.names = names if names is not None else []

    def handler(self):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append((self.path, dict(self.headers), body))
                if receiver.raw is not None:
                    receiver.raw(self.wfile)
                    return
                self.send_response(receiver.status)
                if receiver.location:
                    self.send_header("location", receiver.location)
                self.end_headers()

            def log_message(self, *_):
                pass

        return Handler


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that hangs up is what these tests are about."""


@contextmanager
def listening(receiver, certificates, *, address="127.0.0.1", name=NAME):
    """The port on which `receiver` listens, showing a certificate for `name`."""
    server = Quiet((address, 0), receiver.handler())
    context = certificates.server(name)
    context.sni_callback = lambda _socket, asked, _context: receiver.names.append(asked)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def outward_to(certificates, *, address=LOOPBACK, deadline_s=5.0):
    """Every name stands for `address`, and that one may be reached beside what is public."""
    return Outward(
        resolve=lambda host, port: [address],
        may_reach=lambda found: found == address or is_public(found),
        context=certificates.client,
        deadline_s=deadline_s,
    )
