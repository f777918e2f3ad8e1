"""What happens to the disk: a power cut takes all that was not synced, and the disk may be full.

A library in front of the system's `fsync` (`disk.c`) keeps each file of the history as it was last synced.
After a power cut the history is just that, with rubbish behind its log: blocks that a file was given and that
were never written.
"""

import os
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

_SOURCE = Path(__file__).with_name("disk.c")
_MOST_RUBBISH = 10_000


def has_compiler() -> bool:
    """Tell whether the library can be made here."""
    return shutil.which("cc") is not None


@dataclass(frozen=True)
class Disk:
    """A folder that commands keep their history in, and what of it would outlast a power cut."""

    folder: Path
    workshop: Path

    @property
    def _image(self) -> Path:
        return self.workshop / "image"

    @property
    def _ballast(self) -> Path:
        return self.folder.parent / "ballast"

    def environment(self) -> dict[str, str]:
        """Return the variables with which a command keeps the image; none where it cannot be kept."""
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
        """Leave of the history what was synced, once nobody has it open any more."""
        for file in self.folder.glob("history.db*"):
            file.unlink()
        self._copy(self._image, self.folder)
        log = self.folder / "history.db-wal"
        if log.exists():
            with log.open("ab") as end:
                end.write(rng.randbytes(rng.randrange(_MOST_RUBBISH)))

    def settle(self) -> None:
        """Have all on the disk, as it is half a minute later anyway."""
        if self._image.exists():
            self._copy(self.folder, self._image)

    def fill(self) -> None:
        """Leave no room at all. For a small disk, kept for nothing else."""
        with suppress(OSError), self._ballast.open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)

    def clear(self) -> None:
        """Make room again."""
        self._ballast.unlink(missing_ok=True)

    def _copy(self, source: Path, target: Path) -> None:
        for file in source.glob("history.db*"):
            # The index of the log lives in memory alone.
            if not file.name.endswith("-shm"):
                shutil.copy(file, target / file.name)


SMALL = 'mount -t tmpfs -o size=4m,mode=0700 tmpfs "$0" && exec "$@"'


def may_mount() -> bool:
    """Tell whether a small disk can be had here: by root, in a mount namespace of its own."""
    if os.geteuid() or shutil.which("unshare") is None:
        return False
    command = ["unshare", "--mount", "sh", "-c", SMALL, "/mnt", "true"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def on_small_disk(mount: Path, command: list[str]) -> int:
    """Run a command that sees a disk of 4 MB at `mount`, as nobody else does; return its exit code."""
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", SMALL, str(mount), *command], check=False
    ).returncode
