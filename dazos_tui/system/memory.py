"""How the C library keeps memory: what is free is returned, and threads share one heap."""

from contextlib import suppress

_M_ARENA_MAX = -8
"""The parameter of mallopt(3) for the number of heaps."""


def return_free_memory() -> None:
    """Return free memory to the system, if the C library can: see malloc_trim(3) of glibc. It takes 10 ms.

    After a long list was read, small pieces that are still used keep the large ones around them.
    """
    # Only here: the start would wait for it.
    import ctypes

    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def share_heap_between_threads() -> None:
    """Let new threads use the heap that is there, if the C library can: see mallopt(3) of glibc.

    Otherwise each of them has a heap of its own, with its own gaps. With Python's lock, two hardly ever
    allocate at once.
    """
    import ctypes

    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
