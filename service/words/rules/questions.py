"""The form of a question, told from the words of a sentence: most transcripts of speech have no question marks.

French: "est-ce que", a verb before its subject ("avez-vous", "y a-t-il"), a question word at the start or at the end
("vous êtes où"), a tag ("c'est ça", "n'est-ce pas", "hein", "non", "ou pas"). English: an auxiliary before its subject
("do you", "is it"), also after a question word, a tag ("isn't it", "right", "correct").
A statement asked with the voice alone has none of these: what tells it is its contour (`conditions.py`).
"""

from __future__ import annotations

import re

from service.words.rules.script import ScriptTurn
from service.words.tokens import tokenise

_VERBS_VOUS = (
    "avez|etes|aviez|auriez|etiez|seriez|serez|aurez|pouvez|pourriez|pouviez|pourrez|voulez|voudriez|vouliez|souhaitez"
    "|souhaiteriez|savez|saviez|connaissez|prenez|utilisez|disposez|habitez|voyez|pensez|preferez|preferiez|confirmez"
    "|parlez|entendez|sentez|venez|acceptez|recevez|possedez|desirez|permettez|comptez|faites|dites|travaillez|vivez"
    "|trouvez|devez|allez|payez|comprenez|croyez|voudrez|cherchez|reste|restez"
)
_VERBS_IL = (
    "est|a|sera|aura|peut|veut|va|fait|sait|doit|reste|faut|faudra|serait|aurait|pourrait|avait|etait|vient|marche"
    "|fonctionne|respire|sont|ont|peuvent|veulent|vont|doivent|font"
)
_FRENCH_START = "^(?:(?:et|alors|donc|mais|d accord|oui|ok|bon|sinon|du coup|tres bien) )*"
# "je sais quel", "n'importe quoi": a question word that is told, not asked
_NOT_TOLD = "".join(
    rf"(?<!\b{word} )" for word in ("sais", "sait", "savoir", "savez", "importe", "voir", "vois", "dire", "dit", "ou")
)
_FRENCH = re.compile(
    r"(?<!\bc )(?<!\bce )(?<!\bsi )\b(?:est|es) ce (?:que?\b|qu\b|qui\b)|\besque\b|\bqu est ce\b"
    rf"|(?<!\bvous )(?<!\bnous )(?<!\bse )\b(?:{_VERBS_VOUS}) vous\b(?! (?:memes?|autres?|pas$))"
    rf"|(?<!\bc )(?<!\bqui )(?<!\bca )\b(?:{_VERBS_IL}) (?:t )?(?:il|elle|on|ils|elles)\b|\b\w+ t (?:il|elle|on)\b"
    r"|(?:^|\b(?:que|quoi|comment|ou|quand) )puis je\b|\b(?:dois|pourrais|peux|ai|suis|sais) je\b"
    r"|\b(?:as|es|peux|veux|vas|sais|fais|dois) tu\b|\best ce (?:bien|pour|un|une|le|la|votre|possible)\b"
    rf"|{_FRENCH_START}(?:comment|pourquoi|combien|(?:(?:a|de|pour|dans|sur|depuis|avec) )?(?:quel(?:le)?s?|quoi)"
    r"|(?:a|de|pour|avec|chez) qui|lequel|laquelle|(?:depuis|jusqu a) (?:quand|combien)"
    r"|c est (?:quoi|qui|quand|ou|combien|comment))\b"
    rf"|{_FRENCH_START}(?:quand|ou|qui)$"
    r"|\b(?:vous|tu|il|elle|on|ca|c est|y a)\b.* (?:quoi|qui|ou|quand|combien|comment|lequel|laquelle|pourquoi)$"
    rf"|\b(?:vous|tu|il|elle|on|je|ca|c est|y a)\b(?: \w+){{0,3}} {_NOT_TOLD}(?:quoi|combien|quel(?:le)?s? \w+)\b"
)
_FRENCH_TAG = re.compile(
    r"\w (?:c est (?:bien )?(?:ca|cela)|n est ce pas|pas vrai|ou pas|ou non|d accord avec ca)$"
    r"|\w+ \w+ (?<!\bah )(?<!\boh )(?<!\bmais )(?<!\bque )(?<!\bmoi )(?<!\bmerci )(?<!\boui )(?<!\bnon )(?<!\bdit )non$"
)
_FRENCH_SPOKEN_TAGS = frozenset(["hein"])  # hesitations to a rule, so the folded text has lost them

_BE_DO_CAN = (
    "do|does|did|is|are|am|was|were|have|has|had|can|could|will|would|shall|should|may|might|must"  # also negated
)
_ENGLISH_TAG = re.compile(
    rf"\w (?<!\bso )(?<!\bnor )(?<!\bneither )(?:{_BE_DO_CAN}) (?:not )?(?:i|you|he|she|it|we|they|there)(?: not)?$"
    r"|\w (?<!\bis )(?<!\bare )(?<!\bam )(?<!\ball )(?<!\bthe )(?<!\byour )(?<!\bon )(?<!\bto )(?<!\bnot )(?<!\bbe )"
    r"(?<!\bquite )(?<!\bgot )(?<!\bit )(?:right|correct|yeah|or not)$"
)
_ENGLISH_FRONT = re.compile(
    r"^(?!so (?:\w+) (?:i|we|they|he|she)$)"
    rf"(?:(?:and|so|but|or|ok|okay|well|now|then|right|yes|no|please|sorry|alright|all right|just|also) )*"
    rf"(?:(?:what|who|whom|whose|which|when|where|why|how)(?: \w+){{0,2}} )?(?:{_BE_DO_CAN})(?: not)? "
    r"(?:i|you|he|she|it|we|they|there|this|that|these|those|the|your|my|his|her|our|their|any\w*|some\w*|everything)\b"
    r"|^(?:(?:and|so|but|ok|okay|well|now|then) )*(?:why|what (?:is|was|s|about)|how (?:much|many|long|often|about)"
    r"|(?:what|which|who) (?:happens|happened|made|makes|brings|went|kind|sort|time|colour|color|else)|anything else)\b"
    r"|\bdoes (?:that|this|it) (?:make|work|help|suit|sound|look|happen|mean|come|go|say|still)\b"
)
_ENGLISH_INSIDE = re.compile(rf"(?:\b(\w+) )?\b(?:{_BE_DO_CAN}) (?:not )?(?:you|we|they|he|she|i)\b")
_NO_QUESTION_AFTER = frozenset(
    [
        "so",
        "neither",
        "nor",
        "as",
        "than",
        "i",
        "you",
        "we",
        "they",
        "he",
        "she",
        "it",
        "that",
        "there",
        "to",
        "who",
        "would",
        "will",
        "can",
        "could",
        "should",
        "may",
        "might",
        "must",
        "not",
        "only",
        "if",
        "what",
        "which",
    ]
)


def has_question_form(sentence: str, language: str) -> bool:
    """Whether a folded sentence (no marks) asks by its words, tags left out."""
    if language == "fr":
        return _FRENCH.search(sentence) is not None
    if _ENGLISH_FRONT.search(sentence) is not None:
        return True
    return any(hit.group(1) not in _NO_QUESTION_AFTER for hit in _ENGLISH_INSIDE.finditer(sentence))


def has_tag(sentence: str, language: str) -> bool:
    """Whether it ends in a tag that asks for a yes."""
    return (_FRENCH_TAG if language == "fr" else _ENGLISH_TAG).search(sentence) is not None


def ends_in_spoken_tag(turn: ScriptTurn, last: int, language: str) -> bool:
    """Whether right after piece `last` of a turn comes a "hein", which folding took away."""
    if language != "fr":
        return False
    start = turn.pieces[last].word
    stop = turn.pieces[last + 1].word + 1 if last + 1 < len(turn.pieces) else len(turn.words)
    said = [t.norm for word in turn.words[start:stop] for t in tokenise(word, language)]
    return any(norm in _FRENCH_SPOKEN_TAGS for norm in said)
