"""The lock on a used rubric: id and version name its content, so the content's hash is kept in every judgement.

A rubric that was used and then edited without a new version is told by its hash. Comments, layout and values left at
their default don't change it.
"""

from __future__ import annotations

import hashlib
import json

from audio.notes import Note
from service.scoring.judgement import Judgement
from service.scoring.once import per_rubric
from service.scoring.rubric import Rubric


@per_rubric
def hash_of(rubric: Rubric) -> str:
    """SHA-256 of what the rubric asks, as 64 hexadecimal digits."""
    content = rubric.model_dump(mode="json", exclude_defaults=True)
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def edited_since(used: Judgement | None, rubric: Rubric) -> bool:
    """True when a call was scored under this id and version with another content. Old results keep no hash."""
    if used is None or not used.rubric_hash or used.rubric != rubric.name:
        return False
    return used.rubric_hash != hash_of(rubric)


def edit_warning(n_results: int, rubric: Rubric) -> Note:
    """The one sentence about it; `n_results`: how many stored results have the other content."""
    return Note("scoring.rubric_edited", {"n": n_results, "name": rubric.id, "version": rubric.version})
