"""A long page, compressed for who can read that, with the token of its forms masked anew each time.

Compressed bytes tell by their number whether something in the page repeats: a token that is never written twice the
same way gives nothing away.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import secrets
from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import Response

LEVEL = 5


def packed(
    request: Request, content: bytes, headers: Mapping[str, str], kind: str = "text/html; charset=utf-8"
) -> Response:
    """The page, or a file of ours, gzipped where the browser takes it."""
    told = {**headers, "vary": "accept-encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(content, media_type=kind, headers=told)
    squeezed = gzip.compress(content, LEVEL, mtime=0)
    return Response(squeezed, media_type=kind, headers={**told, "content-encoding": "gzip"})


def masked(token: str) -> str:
    """The token as it may stand in a compressed page; `unmasked` gives it back."""
    if not token:
        return ""
    raw = token.encode("ascii")
    pad = secrets.token_bytes(len(raw))
    return "~" + base64.urlsafe_b64encode(pad + _mixed(pad, raw)).decode("ascii")


def unmasked(given: str) -> str:
    """A token that was masked; any other text as it is, or empty for a mask that is none."""
    if not given.startswith("~"):
        return given
    try:
        both = base64.b64decode(given[1:].encode("ascii"), altchars=b"-_", validate=True)
        half = len(both) // 2
        return _mixed(both[:half], both[half:]).decode("ascii")
    except (binascii.Error, UnicodeError, ValueError):
        return ""


def _mixed(pad: bytes, content: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(pad, content, strict=True))
