"""Whose scans a group is of: what most of its records say."""

from pathlib import Path

import pytest

from bench.leaderboard.build import PLAIN, build
from bench.leaderboard.cohorts import notes_of, title_of
from bench.leaderboard.grouping import Group, groups_of
from tests.factories import make_record

PREPARED = "Data: bids, prepared; licence: that of the scans that it was made from."
IXI = "Data: IXI (Hammersmith subset), brain-masked, 2 mm; licence: CC BY-SA 3.0."
OTHER = "Second visits are simulated."


def _group(*notes: list[str]) -> Group:
    records = [make_record(seed=seed, data={"notes": one}) for seed, one in enumerate(notes)]
    (found,) = groups_of([(Path(f"{number}/record.json"), record) for number, record in enumerate(records)])
    return found


@pytest.mark.parametrize(
    ("notes", "title"),
    [
        ([PREPARED, IXI, OTHER], "IXI (Hammersmith subset), brain-masked, 2 mm (ixi)"),
        (["Data: BraTS 2021, task 1."], "BraTS 2021, task 1 (ixi)"),
        ([OTHER], "ixi"),
        ([], "ixi"),
    ],
)
def test_the_scans_that_others_were_made_from_name_the_cohort(notes: list[str], title: str) -> None:
    name = _group(notes).key.data
    assert title_of(_group(notes)) == title.replace("ixi", name)


def test_one_claim_neither_adds_nor_takes_away_a_sentence() -> None:
    found = _group([IXI, OTHER], [IXI, OTHER], ["Data: the best; licence: none."])
    assert notes_of(found) == [IXI, OTHER]


def test_page_and_files_name_the_cohort_and_its_licence(tmp_path: Path) -> None:
    build([(tmp_path / "record.json", make_record(data={"notes": [PREPARED, IXI]}))], tmp_path / "site")
    for name in ("index.html", "leaderboard.json", *PLAIN):
        text = (tmp_path / "site" / name).read_text()
        assert "IXI" in text, name
        assert "CC BY-SA 3.0" in text or name == "leaderboard.csv", name
