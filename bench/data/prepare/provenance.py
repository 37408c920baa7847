"""What a prepared scan was made from, as it is kept beside the scan."""

import hashlib
import json
from pathlib import Path

from bench.data.file_hash import hash_of

PROVENANCE = "provenance.json"


def content(file: Path) -> str:
    """Hash of what a prepared file was made from: raw files, settings, versions of the software.

    Registration is rounded otherwise on another processor, so bytes differ where nothing else does; with their hash the
    same scans would be other data there, sent under other keys. A file that was changed after its preparation, or has
    no provenance, stands for itself.

    Raises:
        BenchError: it cannot be read.
    """
    own = hash_of(file)
    try:
        kept = json.loads((file.parent / PROVENANCE).read_text(encoding="utf-8"))
        inputs = kept["inputs"] if kept["outputs"][file.name] == own else None
    except (OSError, ValueError, KeyError, TypeError):
        inputs = None
    return own if inputs is None else hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
