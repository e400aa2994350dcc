"""Learned or fitted models behind one-method adapters; the only importer of onnxruntime and ctranslate2.

onnxruntime (1.29 and later, on every system) reports to its maker by default: an identifier and a database under
`~/.cache`, events about sessions and models. Its switch is read once, when the library loads; importing anything
from this package turns it off first, whatever the caller's environment says.
"""

from __future__ import annotations

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
