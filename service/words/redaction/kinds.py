"""Which strings of digits are what: python-stdnum and phonenumbers decide, never checks of our own."""

from __future__ import annotations

from service.words.masks import Kind

_REGIONS = {"fr": ("FR", "BE", "CH"), "en": ("GB", "US", "IE", "AU", "IN")}
_WITHOUT_ZERO: dict[str, tuple[str, ...]] = {"fr": (), "en": ("US", "IN")}
_CARD_DIGITS = range(13, 20)
_PHONE_DIGITS = range(8, 16)
_NIR_DIGITS, _NIR_WITHOUT_KEY = 15, 13


def kind_of_digits(digits: str, language: str, *, international: bool = False) -> Kind | None:
    """Card (Luhn), French social security number, or telephone number; None for anything else."""
    if is_card(digits):
        return "card"
    if is_nir(digits):
        return "nir"
    return "phone" if is_phone(digits, language, international=international) else None


def is_card(digits: str) -> bool:
    """A payment card: 13 to 19 digits whose Luhn check holds, not all alike."""
    from stdnum import luhn

    return len(digits) in _CARD_DIGITS and len(set(digits)) > 1 and bool(luhn.is_valid(digits))


def is_nir(digits: str) -> bool:
    """A French NIR with its key, or without it (13 digits: then only its sex and month can be checked)."""
    from stdnum.fr import nir

    if len(digits) == _NIR_DIGITS:
        return bool(nir.is_valid(digits))
    return len(digits) == _NIR_WITHOUT_KEY and digits[0] in "12" and 1 <= int(digits[3:5]) <= 12


def is_iban(text: str) -> bool:
    """An IBAN whose check digits hold; `text` without blanks."""
    from stdnum import iban

    return bool(iban.is_valid(text))


def is_phone(digits: str, language: str, *, international: bool = False) -> bool:
    """A number that can be dialled where the language is spoken, or anywhere when it is written internationally."""
    if len(digits) not in _PHONE_DIGITS:
        return False
    if international or digits.startswith("00"):
        return _valid(f"+{digits.removeprefix('00')}", None)
    regions = _REGIONS[language] if digits.startswith("0") else _WITHOUT_ZERO[language]
    return any(_valid(digits, region) for region in regions)


def _valid(text: str, region: str | None) -> bool:
    from phonenumbers import NumberParseException, is_valid_number, parse

    try:
        return is_valid_number(parse(text, region))
    except NumberParseException:
        return False
