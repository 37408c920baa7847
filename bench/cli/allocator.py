"""What the C library does with the memory of one volume before the next one wants it."""

import ctypes
import os

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Parameters of glibc's mallopt(3)."""
_LARGEST_OWN_MAPPING = 2**30
"""In bytes; what is larger still gets pages of its own, and gives them back."""
_NEVER = -1


def keep_pages() -> bool:
    """Let glibc keep freed pages for the next allocation; True where that was done.

    Left alone it returns the activations of every layer of every volume to the system, which has to clear the pages
    when the next layer asks for them: a fifth to a third of the processor time of inference on a CPU. The process
    stays as large as it once was; results are the same. Other C libraries have no such switch and need none.
    """
    try:
        os.confstr("CS_GNU_LIBC_VERSION")
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, ValueError):
        return False
    return bool(mallopt(_TRIM_THRESHOLD, _NEVER)) and bool(mallopt(_MMAP_THRESHOLD, _LARGEST_OWN_MAPPING))
