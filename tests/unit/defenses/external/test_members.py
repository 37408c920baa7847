"""An archive is no larger than it looks."""

import io
import zipfile
from typing import Any

import pytest
import torch

from bench.defenses.external.archives import pickled_again
from bench.defenses.external.exported import load_exported
from bench.defenses.external.torchscript import load_script
from bench.errors import BenchError

CPU = torch.device("cpu")


@pytest.mark.parametrize("load", [load_script, load_exported])
def test_an_archive_that_unpacks_to_far_more_than_it_has_is_refused(load: Any) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/models/model.json", b" " * 1_000_000)
    with pytest.raises(
        BenchError, match=r"an archive of \d{4} bytes unpacks to 1000000; PyTorch writes nothing like it"
    ):
        load(stream.getvalue(), "segmenter file", CPU)


def test_an_archive_that_says_less_than_it_unpacks_to_is_refused() -> None:
    """A reader stops at the size that is written, so nothing grows beyond the sum."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/models/model.json", b" " * 1_000_000)
    data = stream.getvalue().replace((1_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    with pytest.raises(BenchError, match="no archive: Bad CRC-32"):
        load_exported(data, "segmenter file", CPU)


def test_tensors_that_unpack_to_far_more_than_they_have_are_refused() -> None:
    plain, tight = io.BytesIO(), io.BytesIO()
    torch.save(torch.zeros(1_000_000), plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(tight, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    with pytest.raises(BenchError, match="PyTorch writes nothing like it"):
        pickled_again(tight.getvalue(), "weights")
    found = torch.load(io.BytesIO(pickled_again(plain.getvalue(), "weights")))
    torch.testing.assert_close(found, torch.zeros(1_000_000))
