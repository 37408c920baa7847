"""Age and sex: as tables spell them, through the cache, and made up for the phantom without touching its scans."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.data.bids import Bids
from bench.data.bids_tables import read_traits
from bench.data.cached import load_cached
from bench.data.layouts.manifest import Manifest
from bench.data.phantom import Phantom
from bench.data.prepare.result import SCANS, Preparation, Prepared, write_tables
from bench.data.prepare.scan import Quality
from bench.data.prepare.write import IMAGE, LABELS
from bench.data.roles import data_hash
from bench.data.row import Listing, Row
from bench.data.traits import traits_in
from bench.dataset import Grid
from bench.errors import BenchError
from bench.types.traits import Sex, Traits, told_by
from tests.bids_trees import SMALL, ball, write
from tests.cohort_trees import manifest_tree, read_manifest, write_manifest

GRID = Grid((28, 36, 28), 6.0)
Tree = Callable[..., Path]


@pytest.mark.parametrize(
    ("cells", "traits"),
    [
        ({"age": "34", "sex": "M"}, Traits(34.0, Sex.MALE)),
        ({"age": "34.5", "sex": "female"}, Traits(34.5, Sex.FEMALE)),
        ({"age": " 89+ ", "sex": "Male"}, Traits(89.0, Sex.MALE)),
        ({"age": "n/a", "sex": "n/a"}, Traits()),
        ({"age": "", "sex": "other"}, Traits()),
        ({"handedness": "left"}, Traits()),
    ],
)
def test_bids_spellings(cells: dict[str, str], traits: Traits) -> None:
    assert traits_in(cells) == traits


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"age": "old"}, "age 'old'; write years as a number from 0 to 130, 89\\+ or n/a"),
        ({"age": "-1"}, "age '-1'"),
        ({"age": "nan"}, "age 'nan'"),
        ({"sex": "1"}, r"sex '1'; write M, F, O \(other\) or n/a"),
    ],
)
def test_what_is_no_trait_is_named(cells: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        traits_in(cells)


def test_participants_carry_theirs_to_every_visit(tree: Tree) -> None:
    root = tree(people=8)
    rows = [f"sub-{person:02d}\t{20 + person}\t{'MF'[person % 2]}" for person in range(8)]
    (root / "participants.tsv").write_text("participant_id\tage\tsex\n" + "\n".join(rows) + "\n")
    cohort = Bids(revisits="simulate").load(root, SMALL)
    assert {scan.traits for scan in cohort if scan.subject == "sub-03"} == {Traits(23.0, Sex.FEMALE)}
    assert cohort.traits == ("age", "sex")
    assert not any("traits" in note for note in cohort.notes)


def test_a_column_that_cannot_be_read_is_unknown_and_noted(tree: Tree) -> None:
    root = tree(people=8)
    rows = [f"sub-{person:02d}\t{'20-30' if person else '25'}" for person in range(8)]
    (root / "participants.tsv").write_text("participant_id\tage\n" + "\n".join(rows) + "\n")
    cohort = Bids().load(root, SMALL)
    assert cohort.traits == ()
    assert cohort.scans[0].traits == Traits(25.0)
    (note,) = [note for note in cohort.notes if "traits" in note]
    assert note.startswith("participants.tsv: traits of 7 people are taken as unknown; sub-01 has age '20-30'")


def test_of_several_lines_of_one_person_the_first_counts(tmp_path: Path) -> None:
    (tmp_path / "participants.tsv").write_text("participant_id\tage\nsub-1\t30\nsub-1\t32\n")
    assert read_traits(tmp_path) == ({"sub-1": Traits(30.0)}, ())
    assert read_traits(tmp_path / "nowhere") == ({}, ())


def test_a_manifest_may_say_both(tmp_path: Path) -> None:
    root = manifest_tree(tmp_path)
    heading, *lines = read_manifest(root)
    write_manifest(root, [[*heading, "age", "sex"], *([*line, "40", "f"] for line in lines)])
    assert {scan.traits for scan in Manifest().load(root, SMALL)} == {Traits(40.0, Sex.FEMALE)}


def test_a_manifest_that_contradicts_itself_is_one_line(tmp_path: Path) -> None:
    root = manifest_tree(tmp_path, sessions=2)
    heading, *lines = read_manifest(root)
    sexes = ["M", *["F"] * (len(lines) - 1)]
    write_manifest(root, [[*heading, "sex"], *([*line, sex] for line, sex in zip(lines, sexes, strict=True))])
    with pytest.raises(BenchError, match="the sexes F, M; keep one, or n/a"):
        Manifest().load(root, SMALL)
    write_manifest(root, [[*heading, "sex"], *([*line, "x"] for line in lines)])
    with pytest.raises(BenchError, match="line 2 has sex 'x'; write M, F"):
        Manifest().load(root, SMALL)


def test_a_preparation_carries_them_over(tmp_path: Path) -> None:
    quality = Quality(dice=0.95, correlation=0.5, mutual_information=0.7, scale=0.7, cut_off=0.0)
    people = {"a": Traits(34.5, Sex.FEMALE), "b": Traits()}
    for name in people:
        for file in (IMAGE, LABELS):
            write(tmp_path / SCANS / name / file, ball(0)[0])
    scans = [
        Prepared(Row(name, "1", tmp_path, tmp_path, traits=traits), tmp_path / SCANS / name, quality, True)
        for name, traits in people.items()
    ]
    listing = Listing(root=tmp_path, rows=tuple(scan.row for scan in scans))
    write_tables(tmp_path, scans, {0: "background", 1: "GM"}, listing, Preparation(), "test")
    assert {row.subject: row.traits for row in Manifest().listing(tmp_path).rows} == people


def test_the_phantom_has_both_and_the_scans_it_always_had(tmp_path: Path) -> None:
    phantom = Phantom(subjects=8)
    cohort = phantom.load(None, GRID)
    assert cohort.traits == ("age", "sex")
    assert all(20 <= (scan.traits.age or 0) <= 80 for scan in cohort)
    cached = load_cached(phantom, None, GRID, tmp_path)
    again = load_cached(phantom, None, GRID, tmp_path)
    assert [scan.traits for scan in again] == [scan.traits for scan in cached] == [scan.traits for scan in cohort]
    assert data_hash(cohort) == data_hash(cohort.without_traits())
    assert cohort.without_traits().traits == ()


def test_a_person_is_the_same_on_a_finer_grid() -> None:
    coarse, fine = (Phantom(subjects=4, visits=1).load(None, grid) for grid in (GRID, Grid((42, 54, 42), 4.0)))
    assert [scan.traits for scan in coarse] == [scan.traits for scan in fine]


@pytest.mark.parametrize(
    ("ages", "sexes", "told"),
    [
        ([20, 20, 20, 30], "MMMF", ("age",)),
        ([20, 20, 20, 20], "MMFF", ("sex",)),
        ([20, 30, 40, None], "MFFF", ()),
    ],
)
def test_too_few_or_equal_people_tell_nothing(ages: list[float | None], sexes: str, told: tuple[str, ...]) -> None:
    people = {
        str(place): [Traits(None if age is None else float(age), Sex(sex))]
        for place, (age, sex) in enumerate(zip(ages, sexes, strict=True))
    }
    assert told_by(people) == told
