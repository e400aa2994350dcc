"""Which language was spoken, from its function words: French, English, or not decided.

Method: share of the words that are function words of each language, ours and some that must not be taken for
ours. The best one wins when it covers enough of the text and clearly leads. Our own lists and limits, checked
in tests/service/words/test_language.py on sentences of seven languages; invalid under `MIN_WORDS` words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice

from service.scoring.evidence import Language
from service.words.tokens import fold

MIN_WORDS = 5
MIN_SHARE = 0.2
"""Least share of the words that must be function words of the winner; running speech has 0.35 to 0.6."""
MIN_LEAD = 1.3
"""The winner must have this many times the hits of the next language."""
SURE_AT_HITS = 12
MAX_WORDS = 20_000

_FUNCTION_WORDS = {
    "fr": """je j tu il elle on nous vous ils elles le la les l un une des du de d et est sont suis etes ai as avez ont
    que qu qui quoi dans pour par pas ne n ce c cette ces mon ma mes votre vos notre sur avec mais donc oui non tres
    bien bonjour merci ca y au aux euh voila alors quand comme plus etait fait peut faire monsieur madame""",
    "en": """i you he she it we they the a an of to and is are was were be been am do does did have has had that this
    these my your our their his her in on for with not but so yes no what when how who which can could would will just
    there from at me okay hello thank thanks about if or as know""",
    "es": """yo tu el ella nosotros los las un una unos de del y es son soy estoy esta que en por para con no se lo le
    su sus mi mis pero muy si como mas cuando hola gracias senor senora al ha he hay tengo tiene este eso usted me""",
    "de": """ich du er sie es wir ihr der die das ein eine einen dem den des und ist sind bin war nicht mit von zu auf
    fur im in aber auch ja nein was wie wenn dass habe hat haben guten tag danke bitte mein ihre noch uns mir""",
    "it": """io tu lui lei noi voi loro il lo la i gli le un uno una di del della e sono ho ha che non per con ma mi si
    come questo quando molto ciao grazie buongiorno anche da al nel piu mio suo perche""",
    "pt": """eu voce ele ela nos eles o a os as um uma de do da dos das e sao estou que em no na por para com nao se mas
    muito sim como mais quando ola obrigado obrigada bom dia meu minha seu sua isso ao tem""",
    "nl": """ik jij je hij zij wij het de een en van is zijn ben was niet met op te voor in maar ook ja nee wat hoe als
    dat heb heeft hebben goedemorgen dank mijn uw nog naar er aan""",
}
_WORD = re.compile(r"[^\W\d_]+")


def guess_language(texts: Iterable[str]) -> tuple[Language | None, float]:
    """(language, confidence 0 to 1) of lines or of single words; (None, 0.0) when it can't be told."""
    said = Counter(islice((w for text in texts for w in _WORD.findall(fold(text))), MAX_WORDS))
    n_words = said.total()
    if n_words < MIN_WORDS:
        return None, 0.0
    hits = {language: sum(said[w] for w in set(words.split())) for language, words in _FUNCTION_WORDS.items()}
    (best, n_best), (_, n_next), *_ = sorted(hits.items(), key=lambda item: -item[1])
    if n_best < MIN_SHARE * n_words or n_best < MIN_LEAD * n_next:
        return None, 0.0
    confidence = (n_best - n_next) / n_best * min(1.0, n_best / SURE_AT_HITS)
    if best == "fr":
        return "fr", confidence
    return ("en", confidence) if best == "en" else (None, 0.0)
