"""The fixtures of the API's tests, for pages; and calls that have something to keep and something to work on."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from service.archive.blobs import Blobs
from service.archive.engine import open_archive
from service.archive.results import stored_result
from service.archive.tables_calls import RecordingFile
from tests.service.archive.fixtures import Cast
from tests.service.archive.test_worker import shipped_call, work_all
from tests.service.web.api.conftest import (  # noqa: F401 - fixtures
    address,
    analysed_once,
    app,
    done,
    quick,
    rooms,
    somebody,
)


@pytest.fixture(scope="session")
def lived_once(tmp_path_factory):
    """The result of a shipped call whose moments are good ones and others, and its copy for browsers."""
    folder = tmp_path_factory.mktemp("lived")
    own, store = open_archive(str(folder / "timbre.db")), Blobs(str(folder / "blobs"))
    call = shipped_call(own, store, Cast(own), name="en_lived")
    work_all(own, store)
    with own.reading() as session:
        result = stored_result(session, call.id)
        place = session.scalars(sa.select(RecordingFile.place).where(RecordingFile.kind == "listen")).one()
    with store.open(place) as stream:
        sound = stream.read()
    own.close()
    return result, sound
