"""What draft-ietf-vcon-vcon-core-04 asks of an unsigned document, as a JSON Schema of our own making from its text.

Sections: 4.1 (document), 4.2 (parties), 4.3 (dialog), 4.5 (analysis), 2.3 and 2.4 (content within and by address);
`role` of a party from draft-ietf-vcon-cc-extension-02. Stricter than the draft where we write no more than that.
"""

from __future__ import annotations

PLACE = {"type": "integer", "minimum": 0}
DATE = {"type": "string", "format": "date-time"}
HASH = {"type": "string", "pattern": "^sha512-[A-Za-z0-9_-]+$"}
CONTENT = {
    "body": {},
    "encoding": {"enum": ["base64url", "json", "none"]},
    "url": {"type": "string", "format": "uri"},
    "content_hash": {"anyOf": [HASH, {"type": "array", "items": HASH}]},
}
NOT_BOTH = {
    "not": {"required": ["body", "url"]},
    "dependentRequired": {"body": ["encoding", "mediatype"], "encoding": ["body"], "url": ["content_hash"]},
    "if": {"properties": {"encoding": {"const": "json"}}, "required": ["encoding"]},
    "else": {"properties": {"body": {"type": "string"}}},
}
PARTY = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "tel": {"type": "string"}, "role": {"type": "string"}},
}
DIALOG = {
    "type": "object",
    "required": ["type", "start"],
    "properties": {
        "type": {"enum": ["recording", "text", "transfer", "incomplete", "recording-set"]},
        "start": DATE,
        "duration": {"type": "number", "minimum": 0},
        "parties": {
            "anyOf": [
                PLACE,
                {"type": "array", "items": {"anyOf": [PLACE, {"type": "array", "items": PLACE}, {"type": "null"}]}},
            ]
        },
        "mediatype": {"type": "string", "pattern": "^[a-z]+/[A-Za-z0-9.+-]+$"},
        "filename": {"type": "string"},
        **CONTENT,
    },
    **NOT_BOTH,
}
ANALYSIS = {
    "type": "object",
    "required": ["type", "vendor"],
    "properties": {
        "type": {"type": "string"},
        "dialog": {"anyOf": [PLACE, {"type": "array", "items": PLACE}]},
        "mediatype": {"type": "string"},
        "vendor": {"type": "string"},
        "product": {"type": "string"},
        "schema": {"type": "string"},
        **CONTENT,
    },
    **NOT_BOTH,
}
VCON = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["uuid", "created_at"],
    "properties": {
        "vcon": {"const": "0.4.0"},
        "uuid": {"type": "string", "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"},
        "created_at": DATE,
        "extensions": {"type": "array", "items": {"type": "string"}},
        "subject": {"type": "string"},
        "redacted": {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}},
        "parties": {"type": "array", "items": PARTY},
        "dialog": {"type": "array", "items": DIALOG},
        "analysis": {"type": "array", "items": ANALYSIS},
    },
    "additionalProperties": False,
}
