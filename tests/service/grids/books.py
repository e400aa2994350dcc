"""Workbooks as people make them, and as nobody should: built for real, some with their XML changed afterwards."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

from openpyxl import Workbook

Rows = Sequence[Sequence[object]]

FRENCH: Rows = [
    ["Grille d'écoute 2025"],
    [],
    ["Conseiller :", None, "Date :"],
    ["Thème", "Critère", "Pondération", "Éliminatoire", "Commentaire"],
    ["Accueil", "Salue le client", 0.05],
    [None, "Sourire dans la voix", 0.05],
    [None, "Propose son aide", 0.05],
    ["Découverte", "Pose des questions ouvertes", 0.10],
    [None, "Reformule la demande", 0.10],
    [None, "Laisse le client s'exprimer", 0.15],
    ["Traitement", "Apporte une réponse exacte", 0.20, "oui"],
    [None, "Fait preuve d'empathie", 0.10],
    [None, "Saisie dans le CRM", 0.10],
    ["Conclusion", "S'assure que le client a compris", 0.05],
    [None, "Prend congé", 0.05],
    [None, "Total", "=SUM(C5:C15)"],
    [None, "Commentaires :"],
]
ENGLISH: Rows = [
    ["QA scorecard"],
    ["Item", "Max points"],
    ["1. Opening", 15],
    ["1.1 Greets the customer", 5],
    ["1.2 States his or her name", 10],
    ["2. Handling the call", 75],
    ["2.1 Restates the issue", "10 pts"],
    ["2.2 Acknowledges the customer's concern", "/15"],
    ["2.3 Gives the correct information", 20],
    ["2.4 Does not interrupt", 10],
    ["2.5 Asks permission before placing on hold", 10],
    ["2.6 Tone of voice: warm and friendly", "n/a"],
    ["2.7 Whistles a tune", 10],
    ["3. Closing", 10],
    ["3.1 Offers further assistance", 5],
    ["3.2 Thanks the customer", 5],
    ["Total score", "=SUM(B3:B16)"],
    ["Evaluator", None],
]
CAPITALS: Rows = [
    ["Points d'écoute", "Points"],
    ["ACCUEIL", 10],
    ["Se présente", 4],
    ["Salue", 6],
    ["FIN D'APPEL", 5],
    ["Remercie le client", 2],
    ["Demande s'il y a d'autres questions", 3],
]


def book(
    rows: Rows,
    *,
    merged: Sequence[str] = (),
    percent_column: str = "",
    hidden: Rows = (),
    literal: bool = False,
) -> bytes:
    """A workbook with one visible sheet, and a hidden one before it when it has rows.

    `literal`: a text that begins with = is a text, as a spreadsheet writes it when it was typed so.
    """
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "Grille"
    for row in rows:
        sheet.append(list(row))
        for cell in sheet[sheet.max_row] if literal else ():
            cell.data_type = "s" if isinstance(cell.value, str) else cell.data_type
    for area in merged:
        sheet.merge_cells(area)
    if percent_column:
        for cell in sheet[percent_column]:
            cell.number_format = "0%"
    if hidden:
        other = workbook.create_sheet("Paramètres", 0)
        for row in hidden:
            other.append(list(row))
        other.sheet_state = "hidden"
    return saved(workbook)


def saved(workbook: Workbook) -> bytes:
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def with_part(
    content: bytes, name: str, change: bytes | None = None, *, replace: tuple[bytes, bytes] | None = None
) -> bytes:
    """The workbook with one part written anew, added, or with some of its bytes replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            data = old.read(part)
            if part == name and replace is not None:
                assert replace[0] in data
                data = data.replace(*replace)
            if part != name or change is None:
                new.writestr(part, data)
        if change is not None:
            new.writestr(name, change)
    return out.getvalue()
