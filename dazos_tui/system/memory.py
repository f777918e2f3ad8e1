"""Returns memory to the system that is free but kept by the C library for later."""

from contextlib import suppress


def return_free_memory() -> None:
    """Return free memory to the system, if the C library can: see malloc_trim(3) of glibc. It takes 10 ms.

    After a long list was read, small pieces that are still used keep the large ones around them.
    """
    # Only here: the start would wait for it.
    import ctypes

    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
