"""What stands in a text instead of something private: one word per passage, so that words and times stay in step."""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["card", "iban", "nir", "phone", "birth_date", "email", "number"]
KINDS: tuple[Kind, ...] = ("card", "iban", "nir", "phone", "birth_date", "email", "number")
"""Where two lie on the same words, the earlier in this list names both."""

MASKS: dict[str, dict[Kind, str]] = {
    "fr": {
        "card": "[carte]",
        "iban": "[iban]",
        "nir": "[sécu]",
        "phone": "[téléphone]",
        "birth_date": "[naissance]",
        "email": "[courriel]",
        "number": "[numéro]",
    },
    "en": {
        "card": "[card]",
        "iban": "[iban]",
        "nir": "[nir]",
        "phone": "[phone]",
        "birth_date": "[birthdate]",
        "email": "[email]",
        "number": "[number]",
    },
}


KIND_OF: dict[str, Kind] = {mask: kind for masks in MASKS.values() for kind, mask in masks.items()}
"""What a mask stands for."""

MASKED = re.compile("|".join(re.escape(mask) for masks in MASKS.values() for mask in masks.values()))
"""A mask in a text: no word to match a rule with, and no content to echo."""


def unmasked(text: str) -> str:
    """The text with blanks for its masks, as long as before."""
    return MASKED.sub(lambda mask: " " * len(mask.group()), text) if "[" in text else text
