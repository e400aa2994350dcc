"""Word lists for the counters of syllables: words whose count or whose ending no rule gives. Our own lists."""

from __future__ import annotations

from collections.abc import Mapping

# fmt: off
# One word a line would make these lists unreadable.
FR_WORDS: Mapping[str, int] = {
    "abbaye": 3, "android": 3, "août": 1, "apple": 2, "business": 2, "caen": 1, "cm": 3, "coach": 1, "cookie": 2,
    "cool": 1, "etc": 4, "faon": 1, "google": 2, "hm": 1, "hmm": 1, "jean": 1, "jeanne": 1, "kg": 3, "km": 3,
    "leader": 2, "lorsque": 2, "ml": 3, "mlle": 3, "mme": 2, "mmh": 1, "ok": 2, "paon": 1, "pays": 2, "paysage": 3,
    "paysan": 3, "paysanne": 3, "pff": 1, "puisque": 2, "qu": 0, "rio": 2, "taon": 1, "team": 1, "team's": 1,
}
# Initials with a vowel among them, said letter by letter (those without one always are).
FR_SPELLED: frozenset[str] = frozenset({
    "adn", "adsl", "apl", "cac", "cdi", "cmu", "cpam", "edf", "faq", "gfa", "hiv", "ia", "ibm", "id", "ip", "irm",
    "mgen", "mma", "ong", "pme", "psa", "ratp", "rer", "rsa", "sav", "sos", "tpe", "tva", "ue", "ump", "url", "usa",
    "usb", "uv",
})
# Words in -ent whose ending is heard; other words in -ent are verbs of the third person plural.
FR_SOUNDED_ENT: frozenset[str] = frozenset({
    "absent", "abstient", "accent", "accident", "adhérent", "adjacent", "adolescent", "advient", "afférent",
    "agent", "ambivalent", "antécédent", "apparent", "appartient", "ardent", "argent", "astringent", "auvent",
    "avent", "cent", "client", "coefficient", "cohérent", "concurrent", "conscient", "consent", "conséquent",
    "content", "contient", "continent", "contingent", "convergent", "convient", "couvent", "dent", "devient",
    "différent", "diligent", "dissident", "divergent", "décent", "déficient", "déférent", "détergent", "détient",
    "efficient", "engagent", "entretient", "escient", "excellent", "excédent", "expédient", "fervent", "florent",
    "fluorescent", "fréquent", "grandiloquent", "imminent", "impatient", "imprudent", "impudent", "incident",
    "incohérent", "inconscient", "inconvénient", "indifférent", "indulgent", "indécent", "ingrédient", "inhérent",
    "innocent", "insolent", "intelligent", "intervient", "latent", "laurent", "lent", "maintient", "mécontent",
    "négligent", "obtient", "occident", "omniprésent", "opulent", "orient", "paravent", "parent", "parvient",
    "patent", "patient", "permanent", "pertinent", "polyvalent", "pourcent", "pressent", "provient", "prudent",
    "précédent", "présent", "président", "prévient", "quotient", "relent", "ressent", "retient", "revient",
    "récent", "récipient", "récurrent", "référent", "régent", "résident", "résilient", "réticent", "sent",
    "sergent", "serpent", "somnolent", "sous-jacent", "soutient", "souvent", "souvient", "strident", "subséquent",
    "succulent", "survient", "talent", "tient", "torrent", "transparent", "trident", "turbulent", "urgent", "vent",
    "vient", "vincent", "violent", "virulent", "éloquent", "émergent", "éminent", "équivalent", "évent", "évident",
})
# Verbs in -ment, whose ending is mute; other words in -ment are nouns and adverbs.
FR_VERBAL_MENT: frozenset[str] = frozenset({
    "abîment", "acclament", "affirment", "aiment", "allument", "animent", "arment", "assomment", "assument",
    "blâment", "calment", "chôment", "compriment", "confirment", "conforment", "consomment", "crèment", "dament",
    "diffament", "dorment", "déclament", "déforment", "dépriment", "embaument", "endorment", "enferment",
    "enflamment", "entament", "escriment", "estiment", "expriment", "ferment", "filment", "forment", "friment",
    "fument", "gomment", "impriment", "informent", "légitiment", "nomment", "parsèment", "performent", "plument",
    "priment", "proclament", "programment", "présument", "raniment", "reforment", "renferment", "riment",
    "rythment", "réaffirment", "réclament", "résument", "suppriment", "surnomment", "sèment", "trament",
    "transforment",
})
EN_WORDS: Mapping[str, int] = {
    "alien": 3, "alliance": 3, "angeles": 3, "antique": 2, "anyone": 3, "apostrophe": 4, "appliance": 3,
    "approx": 4, "area": 3, "arent": 1, "ave": 3, "behavior": 3, "blvd": 3, "boutique": 2, "business": 2,
    "businesses": 3, "cafe": 2, "california": 4, "catalogue": 3, "catholic": 2, "chaos": 2, "cheque": 1,
    "chocolate": 2, "christianity": 5, "coalition": 4, "coincidence": 4, "colleague": 2, "colonel": 2,
    "comfortable": 3, "compliance": 3, "compliant": 3, "convenience": 3, "convenient": 3, "cooperate": 4,
    "cooperation": 5, "coordinate": 4, "couldnt": 2, "cruel": 2, "dept": 2, "diabetes": 4, "dialogue": 3,
    "diamond": 2, "didnt": 2, "diego": 3, "diet": 2, "different": 2, "doesnt": 2, "duo": 2, "element": 3, "etc": 4,
    "evening": 2, "every": 2, "everybody": 4, "everyday": 3, "everything": 3, "everywhere": 3, "fatigue": 2,
    "favourite": 2, "fluid": 2, "fuel": 2, "genius": 2, "genuine": 3, "giant": 2, "hadnt": 2, "hasnt": 2,
    "hatred": 2, "hm": 1, "hmm": 1, "hundred": 2, "ian": 2, "idea": 3, "inconvenience": 4, "interest": 2,
    "intrigue": 2, "ios": 3, "isnt": 2, "joel": 2, "junior": 2, "kindred": 2, "laboratory": 4, "lbs": 1,
    "league": 1, "lion": 2, "louis": 2, "maybe": 2, "mhm": 2, "moreover": 3, "mosque": 1, "mrs": 2, "ms": 1,
    "museum": 3, "naive": 2, "naked": 2, "neon": 2, "ninety": 2, "noah": 2, "nuclear": 3, "ok": 2, "opaque": 2,
    "persuade": 2, "plague": 1, "plaque": 1, "pliers": 2, "poem": 2, "poet": 2, "poetry": 3, "prayer": 1,
    "preexisting": 5, "premier": 2, "quiet": 2, "ratio": 3, "real": 2, "really": 2, "recipe": 3, "reenter": 3,
    "reliant": 3, "reuse": 2, "ruin": 2, "sacred": 2, "safety": 2, "science": 2, "scientist": 3, "seattle": 3,
    "senior": 2, "several": 2, "shouldnt": 2, "soldier": 2, "someone": 2, "st": 1, "suicide": 3, "technique": 2,
    "theater": 3, "theatre": 3, "therefore": 2, "tongue": 1, "unique": 2, "vague": 1, "vegetable": 3, "vietnam": 3,
    "wasnt": 2, "wednesday": 2, "werent": 1, "whatsoever": 4, "whoever": 3, "wicked": 2, "wouldnt": 2, "y'all": 1,
}
# Initials with a vowel among them, said letter by letter.
EN_SPELLED: frozenset[str] = frozenset({
    "aaa", "ac", "aka", "aol", "api", "atm", "ceo", "cfo", "cia", "cpu", "diy", "dna", "dob", "epa", "espn", "eta",
    "eu", "fbi", "fda", "gmo", "hbo", "hiv", "hmo", "hoa", "ibm", "id", "iou", "ip", "iq", "irs", "nba", "nfl",
    "nsa", "omg", "ppo", "sos", "uk", "url", "usa", "usb", "usps", "ussr", "uv", "vip", "xl",
})
# fmt: on
