"""When the tests that drive a browser are skipped."""

import os

import pytest

from tests.recordings.chromium import find_chromium

_IN_CI = not {"CI", "TESTS_WITHOUT_BROWSER"}.isdisjoint(os.environ)

needs_chromium = [
    pytest.mark.skipif(_IN_CI, reason="a browser is not driven in CI"),
    pytest.mark.skipif(find_chromium() is None, reason="there is no chromium: apt-get install chromium"),
]
