"""When the tests that drive a browser are skipped."""

import os

import pytest

from tests.recordings.chromium import find_chromium

needs_chromium = [
    pytest.mark.skipif("CI" in os.environ, reason="a browser is not driven in CI"),
    pytest.mark.skipif(find_chromium() is None, reason="there is no chromium: apt-get install chromium"),
]
