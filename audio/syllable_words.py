"""Word lists for `audio.syllables`: words whose count or whose ending no rule gives. Our own lists."""

from __future__ import annotations

from collections.abc import Mapping

# fmt: off
# One word a line would make these lists unreadable.
FR_WORDS: Mapping[str, int] = {
    "pays": 2, "paysage": 3, "paysan": 3, "août": 1, "monsieur": 2, "messieurs": 2, "abbaye": 3, "aiguë": 2, "faon":
    1, "paon": 1, "mm": 1, "hm": 1, "hmm": 1, "mmh": 1, "pff": 1, "chut": 1, "week": 1, "weekend": 2, "email": 2,
    "mail": 1, "mails": 1, "emails": 2, "team": 1, "site": 1, "okay": 2, "ok": 2, "skype": 1, "aujourd": 2,
}
# Words in -ent whose ending is heard; other words in -ent are verbs of the third person plural.
FR_SOUNDED_ENT: frozenset[str] = frozenset({
    "absent", "accident", "adhérent", "adolescent", "advient", "agent", "apparent", "appartient", "argent", "cent",
    "client", "coefficient", "cohérent", "concurrent", "conscient", "consent", "content", "contient", "convergent",
    "convient", "couvent", "dent", "devient", "différent", "dissident", "divergent", "décent", "dément", "détient",
    "efficient", "engagent", "entretient", "excellent", "fluorescent", "fréquent", "imminent", "impatient",
    "incident", "inconvénient", "indulgent", "ingrédient", "innocent", "insolent", "intelligent", "intervient",
    "lent", "maintient", "ment", "négligent", "obtient", "occident", "orient", "parent", "parvient", "patient",
    "permanent", "pertinent", "provient", "prudent", "précédent", "présent", "président", "prévient", "quotient",
    "ressent", "retient", "revient", "récent", "récipient", "résident", "réticent", "sent", "serpent", "soutient",
    "souvent", "souvient", "talent", "tient", "torrent", "transparent", "turbulent", "urgent", "vent", "vient",
    "violent", "éloquent", "équivalent", "évident",
})
# Verbs in -ment, whose ending is mute; other words in -ment are nouns and adverbs.
FR_VERBAL_MENT: frozenset[str] = frozenset({
    "acclament", "affirment", "aiment", "allument", "animent", "arment", "assument", "blâment", "calment",
    "confirment", "consomment", "dorment", "déclament", "déforment", "endorment", "enferment", "entament",
    "estiment", "expriment", "ferment", "filment", "forment", "impriment", "informent", "nomment", "proclament",
    "programment", "rythment", "réclament", "résument", "suppriment", "transforment",
})
EN_WORDS: Mapping[str, int] = {
    "area": 3, "idea": 3, "ideas": 3, "real": 2, "really": 2, "create": 2, "created": 3, "creates": 2, "being": 2,
    "business": 2, "every": 2, "everyone": 3, "everything": 3, "everybody": 4, "evening": 2, "people": 2,
    "colleague": 2, "colleagues": 2, "queue": 1, "minute": 2, "minutes": 2, "poem": 2, "lion": 2, "diet": 2,
    "quiet": 2, "science": 2, "client": 2, "clients": 2, "hour": 1, "hours": 1, "our": 1, "fire": 1, "wednesday": 2,
    "different": 2, "interest": 2, "interested": 3, "interesting": 3, "favorite": 3, "favourite": 2, "vegetable": 3,
    "chocolate": 2, "family": 3, "camera": 3, "several": 2, "actually": 4, "usually": 4, "usual": 3, "january": 4,
    "february": 4, "one": 1, "once": 1, "eye": 1, "eyes": 1, "sure": 1, "recipe": 3, "maybe": 2, "apostrophe": 4,
    "hm": 1, "hmm": 1, "mm": 1, "mhm": 2, "ok": 2, "okay": 2, "mr": 2, "mrs": 2, "ms": 1, "dr": 2, "tv": 2, "via":
    2, "bye": 1, "goodbye": 2, "react": 2, "reaction": 3, "theater": 3, "theatre": 3, "video": 3, "radio": 3,
    "audio": 3, "period": 3, "studio": 3, "idiot": 3, "area's": 3, "fluid": 2, "ruin": 2, "going": 2, "doing": 2,
    "seeing": 2, "doesn't": 2, "isn't": 2, "serious": 3, "various": 3, "obvious": 3, "previous": 3, "obviously": 4,
    "previously": 4, "seriously": 4, "curious": 3, "experience": 4, "experiences": 5, "audience": 3, "patience": 2,
    "patient": 2, "patients": 2, "efficient": 3, "ancient": 2, "convenient": 3, "convenience": 3, "inconvenience":
    4, "obedient": 4, "ingredient": 4, "variety": 4, "society": 4, "anxiety": 4, "ideal": 3, "museum": 3,
    "association": 5, "appreciate": 4, "appreciated": 5, "associate": 4, "immediate": 4, "immediately": 5,
    "negotiate": 4, "pronunciation": 5, "reality": 4, "beyond": 2, "whole": 1, "wholly": 2, "cruel": 2, "fuel": 2,
    "jewel": 2, "poet": 2, "coincidence": 4, "cooperate": 4, "cooperation": 5, "coordinate": 4, "preliminary": 5,
    "yes": 1, "toes": 1, "shoes": 1, "goes": 1, "does": 1, "naive": 2, "cafe": 2, "café": 2, "résumé": 3, "vehicle":
    3, "quietly": 3, "technique": 2, "unique": 2, "league": 1, "something": 2, "sometimes": 2, "someone": 2,
    "somebody": 3, "somewhere": 2, "anywhere": 3, "nowhere": 2, "whereas": 2, "therefore": 2, "homework": 2,
    "outside": 2, "inside": 2, "website": 2, "extremely": 3, "safety": 2, "ninety": 2, "lovely": 2, "likely": 2,
    "moment": 2, "comment": 2, "cement": 2, "element": 3, "implement": 3, "supplement": 3, "complement": 3,
    "create's": 2, "wireless": 2, "careful": 2, "clothes": 1, "used": 1, "naked": 2, "hundred": 2, "wicked": 2,
    "sacred": 2, "aged": 1, "blessed": 2, "indeed": 2, "need": 1, "speed": 1, "feed": 1, "seed": 1, "bleed": 1,
    "proceed": 2, "exceed": 2, "succeed": 2, "agreed": 2, "freed": 1, "bed": 1, "red": 1, "led": 1, "fed": 1,
    "shed": 1,
}
# fmt: on
