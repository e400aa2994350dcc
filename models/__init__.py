"""Learned or fitted models behind one-method adapters; the only importer of onnxruntime and ctranslate2."""
