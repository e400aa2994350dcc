"""Write the golden files again: `python -m tests.golden.regenerate`. When that is allowed: README.md beside this."""

from __future__ import annotations

import json
from pathlib import Path

from tests.golden.summary import recordings, summary

FOLDER = Path(__file__).parent


def main() -> None:
    for recording in recordings():
        text = json.dumps(summary(recording), indent=1, sort_keys=True, ensure_ascii=False)
        (FOLDER / f"{recording.stem}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
