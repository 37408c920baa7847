"""Content addresses, and where things with a content address are kept."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CACHE_VARIABLE = "UNVEIL_CACHE"


def address(parts: Mapping[str, Any]) -> str:
    """A 16-digit hash of JSON values; equal content, equal address."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Store:
    """Folders of the cache: prepared cohorts, trained networks, transcripts, utilities. Safe to delete at any time."""

    root: Path

    @classmethod
    def default(cls) -> "Store":
        """`$UNVEIL_CACHE`, else `$XDG_CACHE_HOME/unveil`, else `~/.cache/unveil`."""
        given = os.environ.get(CACHE_VARIABLE)
        if given:
            return cls(Path(given).expanduser())
        base = os.environ.get("XDG_CACHE_HOME")
        return cls((Path(base) if base else Path.home() / ".cache") / "unveil")

    @property
    def cohorts(self) -> Path:
        """Prepared cohorts."""
        return self.root / "cohorts"

    def networks(self, content: str) -> Path:
        """Checkpoints of one training run."""
        return self.root / "networks" / content

    def transcript(self, content: str) -> Path:
        """The recorded traffic of one defense on one cohort."""
        return self.root / "transcripts" / content

    def utility(self, content: str) -> Path:
        """The measured utility of one defense on one cohort."""
        return self.root / "utility" / f"{content}.json"

    def fold_score(self, content: str) -> Path:
        """One setting of a defense on one fold of the training role."""
        return self.root / "tuning" / "folds" / f"{content}.json"

    def tuning(self, content: str) -> Path:
        """What the last cross-validation of one defense on one cohort chose."""
        return self.root / "tuning" / f"{content}.json"

    def validity(self, content: str) -> Path:
        """The known-answer checks of one attack."""
        return self.root / "validity" / f"{content}.json"
