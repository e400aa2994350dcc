"""Redaction: what nobody needs to read in a scorecard, masked before anything is stored.

Masked    payment cards (Luhn), IBAN, telephone numbers, French social security numbers (NIR), e-mail addresses, dates
          of birth, and any other number of 8 digits or more, or of 6 dictated in three pieces or more; written in
          figures or said in words, in French and in English, over the hesitations between.
How       python-stdnum and phonenumbers say what a number is. A passage becomes one word (`[carte]`) that keeps its
          time, one per stretch without a pause, so that it stays in its turn.
Not       names, postal addresses, and numbers a recogniser heard wrongly beyond recognition. One voice dictates a
          number: digits that two parties share between them are found on each side alone.
Measures of the rate keep the words as they were said; only text is masked.
"""

from __future__ import annotations

from service.words.redaction.masking import Masked, Redaction, mask_text, mask_words
from service.words.redaction.transcripts import mask_transcript

__all__ = ["Masked", "Redaction", "mask_text", "mask_transcript", "mask_words"]
