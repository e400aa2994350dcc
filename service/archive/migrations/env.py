"""What Alembic runs: on the connection it was handed, in the transaction that is open."""

from __future__ import annotations

from alembic import context

from service.archive import tables_across, tables_calls, tables_holds, tables_nights, tables_reviews
from service.archive.tables import Base

for _known in (tables_across, tables_calls, tables_holds, tables_nights, tables_reviews):
    assert _known  # noqa: S101 - imported so that its tables are known

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    include_object=lambda _thing, name, kind, *_: not (kind == "table" and str(name).startswith("words")),
)
context.run_migrations()
