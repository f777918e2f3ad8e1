"""Disruptions of the disk: a power cut loses everything that was not synced, and the disk may be full.

A library in front of the system's `fsync` (`disk.c`) keeps each file of the history as it was last synced.
After a power cut the history is in that state, with garbage after its log: blocks that were allocated to a
file and never written.
"""

import os
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

_SOURCE = Path(__file__).with_name("disk.c")
_MAX_GARBAGE = 10_000


def has_compiler() -> bool:
    """Return whether the library can be built on this machine."""
    return shutil.which("cc") is not None


@dataclass(frozen=True)
class Disk:
    """A folder for the history of commands, and an image of what would survive a power cut."""

    folder: Path
    workshop: Path

    @property
    def _image(self) -> Path:
        return self.workshop / "image"

    @property
    def _ballast(self) -> Path:
        return self.folder.parent / "ballast"

    def environment(self) -> dict[str, str]:
        """Return the variables that make a command keep the image; empty if that is not possible."""
        if not has_compiler():
            return {}
        library = self.workshop / "disk.so"
        if not library.exists():
            subprocess.run(
                ["cc", "-shared", "-fPIC", "-O1", "-o", library, _SOURCE, "-ldl"],
                check=True,
            )
            self._image.mkdir()
        return {"LD_PRELOAD": str(library), "DISK_FROM": str(self.folder), "DISK_TO": str(self._image)}

    def cut_power(self, rng: Random) -> None:
        """Reset the history to what was synced. No process may have it open."""
        for file in self.folder.glob("history.db*"):
            file.unlink()
        self._copy(self._image, self.folder)
        log = self.folder / "history.db-wal"
        if log.exists():
            with log.open("ab") as end:
                end.write(rng.randbytes(rng.randrange(_MAX_GARBAGE)))

    def settle(self) -> None:
        """Sync everything, as the system does within half a minute anyway."""
        if self._image.exists():
            self._copy(self.folder, self._image)

    def fill(self) -> None:
        """Fill the disk. Only for a small disk with nothing else on it."""
        with suppress(OSError), self._ballast.open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)

    def clear(self) -> None:
        """Make room again."""
        self._ballast.unlink(missing_ok=True)

    def _copy(self, source: Path, target: Path) -> None:
        for file in source.glob("history.db*"):
            # The index of the log is only in memory.
            if not file.name.endswith("-shm"):
                shutil.copy(file, target / file.name)


SMALL = 'mount -t tmpfs -o size=4m,mode=0700 tmpfs "$0" && exec "$@"'


def may_mount() -> bool:
    """Return whether a small disk can be mounted: by root, in its own mount namespace."""
    if os.geteuid() or shutil.which("unshare") is None:
        return False
    command = ["unshare", "--mount", "sh", "-c", SMALL, "/mnt", "true"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def on_small_disk(mount: Path, command: list[str]) -> int:
    """Run a command that sees a disk of 4 MB at `mount`, as no other process does; return its exit code."""
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", SMALL, str(mount), *command], check=False
    ).returncode
