"""Our spectra against librosa's, the reference of the field: importing it costs 3 s of CPU, so only tests do."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from models.mixture_features import FeatureOptions, _cosines, _fft_size, _mel_filters

FILTER_TOLERANCE = 1e-5  # float32 triangles of height 1


@pytest.fixture(scope="module")
def librosa_filters():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # librosa's own imports warn
        return pytest.importorskip("librosa.filters")


@pytest.mark.parametrize("rate_hz", [8000, 16000])
def test_mel_filters_are_those_of_librosa(librosa_filters, rate_hz):
    options = FeatureOptions()
    reference = librosa_filters.mel(
        sr=rate_hz,
        n_fft=_fft_size(rate_hz, options),
        n_mels=options.n_bands,
        fmin=options.low_hz,
        fmax=options.high_hz,
        htk=True,
        norm=None,
    )
    np.testing.assert_allclose(_mel_filters(rate_hz, options), reference.T, atol=FILTER_TOLERANCE)


def test_cosines_are_the_dct_of_scipy_which_librosa_uses():
    from scipy.fft import dct

    options = FeatureOptions()
    rng = np.random.default_rng(3)
    log_mel = rng.standard_normal((5, options.n_bands)).astype(np.float32)
    reference = dct(log_mel, axis=1, type=2)[:, 1 : options.n_cepstra + 1] / 2
    np.testing.assert_allclose(log_mel @ _cosines(options.n_bands, options.n_cepstra), reference, atol=1e-4)
