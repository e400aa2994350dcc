"""The voice bench: one table of accuracy, invariance, fairness and speed (`python -m tests.bench voice`).

Each part is a module of this package with one function `rows()`; `PARTS` below lists them in the order of the table.
The most or least a figure may be stands in `limits.toml`, by the row's key, with the reason; a row without an entry
there states a figure and is held to nothing. Where luck could reach a figure, `chance` says what luck gives.
"""

PARTS: tuple[str, ...] = (
    *("pitch", "rate", "floor", "accommodation", "flattened", "metallic", "repetition", "invariance", "fairness"),
    "speed",
)
