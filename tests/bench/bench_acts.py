"""Matching time of the built-in packs on a 6,000-word call (`python -m tests.bench.bench_acts`).

Our own limit: 150 ms per pack once it is loaded, on one core. The text is made here from words of service calls,
with every act's own examples sprinkled in, so that matches are as dense as in a real call.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

from audio.timeline import Span
from service.scoring.evidence import Language, SpokenTurn
from service.words.rules import Pack, find_acts, load_pack

N_WORDS = 6000
LIMIT_MS = 150.0
RUNS = 7
FILLING: dict[Language, str] = {
    "fr": """alors euh le dossier que j'ai là dit que la ligne du deuxième étage est restée ouverte hier soir avec le
    câble gris et il y a une lumière sur le côté qui ne bouge pas depuis que mon voisin est passé""",
    "en": """so uh the file that I have here says the line on the second floor was left open last night with the grey
    cable and there is a light on the side that has not moved since my neighbour came round""",
}


def made_call(pack: Pack, n_words: int = N_WORDS) -> list[SpokenTurn]:
    """Turns of about 14 words, agent and customer in turn; every third holds an example of the pack."""
    rng = random.Random(7)  # noqa: S311  # a bench, not a secret
    filling = FILLING[pack.language].split()
    examples = [e for r in pack.rules for e in (*r.match, *r.no_match) if "//" not in e and "~" not in e]
    turns: list[SpokenTurn] = []
    said = 0
    while said < n_words:
        words = rng.choice(examples).split() if len(turns) % 3 == 0 else rng.choices(filling, k=rng.randint(3, 26))
        said += len(words)
        turns.append(_turn(len(turns), words))
    return turns


def _turn(index: int, words: Sequence[str]) -> SpokenTurn:
    span = Span(index * 4.0, index * 4.0 + 3.8)
    return SpokenTurn(index=index, party=("agent", "customer")[index % 2], span=span, text=" ".join(words))


def best_ms(pack: Pack, turns: Sequence[SpokenTurn]) -> float:
    """The best of some runs: others on the machine only ever add time."""
    times_s: list[float] = []
    for _ in range(RUNS):
        start_s = time.perf_counter()
        find_acts(turns, pack)
        times_s.append(time.perf_counter() - start_s)
    return min(times_s) * 1000.0


def main() -> None:
    """Print one line per language."""
    languages: tuple[Language, ...] = ("fr", "en")
    for language in languages:
        start_s = time.perf_counter()
        pack = load_pack(language)
        load_ms = (time.perf_counter() - start_s) * 1000.0
        turns = made_call(pack)
        acts = find_acts(turns, pack)
        print(
            f"{pack.name}: {len(pack.rules)} rules loaded in {load_ms:.0f} ms; {N_WORDS} words in {len(turns)} turns, "
            f"{len(acts)} acts in {best_ms(pack, turns):.0f} ms (limit {LIMIT_MS:.0f} ms)"
        )


if __name__ == "__main__":
    main()
