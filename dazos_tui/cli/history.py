"""``dazos-tui history``: shows, counts and exports what was sent."""

import csv
import io
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import batched
from pathlib import Path
