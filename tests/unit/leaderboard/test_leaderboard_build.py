"""The files that are written: safe, reproducible, complete."""

import json
import os
import random
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from bench.errors import BenchError
from bench.leaderboard.build import build, write
from bench.leaderboard.grouping import groups_of
from bench.leaderboard.page.inline import inline_json
from bench.leaderboard.pictures import MOST_BYTES, picture
from bench.leaderboard.threat_words import card_in_words
from bench.records.files import read_record
from bench.records.schema import Record
from tests.factories import interval, make_record
from tests.gallery import PHANTOM, gallery

ATTACKS = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</script><b>", "javascript:alert(1)")
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


class Elements(HTMLParser):
    """Counts start tags and collects attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def page_of(out: Path, *records: Record) -> str:
    return build([(out / "record.json", record) for record in records], out).read_text(encoding="utf-8")


def page_unasked(out: Path, record: Record) -> str:
    """The page of a record that `build` would refuse: the second fence must hold alone."""
    return write(groups_of([(out / "record.json", record)]), out).read_text(encoding="utf-8")


def hostile(text: str) -> Record:
    """A record that says `text` wherever a record may say anything."""
    settings: dict[str, Any] = {text: text, "deep": {text: [text]}}
    score = {"value": {"value": 0.3, "low": 0.2, "high": 0.4, "n": 9}, "chance": 0.1}
    dice = {"value": 0.8, "low": 0.7, "high": 0.9, "n": 9}
    method = {"name": text, "summary": text, "source": text, "settings": settings}
    dial = [{"value": value, "dice": dice} for value in (0.1, 0.9)]
    lists = {"observes": [text], "knows": [text], "owns": [text]}
    return make_record(
        unveil_version=text,
        cell=text,
        created=text,
        command=text,
        reason=text,
        preset=text,
        protocol_version=text,
        settings=settings,
        defense=method,
        attack={**method, "isolation": text, "threat": {"goal": text, "phase": text, **lists}},
        data={
            "name": text,
            "settings": settings,
            "data_hash": text,
            "split_hash": text,
            "classes": ["background", text],
            "notes": [text],
        },
        utility={
            "dice": {text: dice},
            "dice_by_dial": {"name": text, "points": dial},
            "stability": {text: {"icc": 0.8, "low": 0.7, "high": 0.9, "kind": text, "n": 9}},
        },
        validity={"leaks": {text: {"passed": False, "score": None, "reason": text}}},
        privacy={
            "scores": {text: score},
            "headline": text,
            "controls": {text: {"meaning": text, "scores": {text: dice}}},
            "by_dial": {"along": text, "points": [{"at": at, "score": dice} for at in (0.1, 0.9)]},
            "linkage": text,
        },
        environment={"device": text},
        pictures=[text, f"{text}.png"],
        warnings=[text],
    )


@pytest.mark.parametrize("text", ATTACKS)
def test_markup_in_a_record_stays_text(tmp_path: Path, text: str) -> None:
    found = Elements(page_unasked(tmp_path, hostile(text)))
    plain = Elements(page_unasked(tmp_path, hostile("x" * len(text))))
    assert found.tags == plain.tags
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    assert not [value for name, value in found.attributes if name in ("href", "src") and not _harmless(value)]


def _harmless(value: str | None) -> bool:
    return value is not None and value.startswith(("#", "data:"))


def test_inlined_json_cannot_leave_its_element_and_stays_the_same_json() -> None:
    text = json.dumps({"a": "</script><!-- & \u2028\u2029"}, ensure_ascii=False)
    inlined = inline_json(text)
    assert not set("<>&\u2028\u2029") & set(inlined)
    assert json.loads(inlined) == json.loads(text)


def test_the_policy_forbids_everything_but_this_page(tmp_path: Path) -> None:
    html = page_of(tmp_path, make_record())
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy.startswith("default-src &#39;none&#39;; img-src data:;")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_the_page_names_no_other_file_or_host(tmp_path: Path) -> None:
    html = page_of(tmp_path, *(record for _, record in gallery()))
    links = {value for name, value in Elements(html).attributes if name in ("href", "src", "srcset", "action")}
    assert all(_harmless(value) for value in links)
    assert "url(" not in html
    assert "@import" not in html


def test_ids_are_unique_and_every_link_has_a_target(tmp_path: Path) -> None:
    attributes = Elements(page_of(tmp_path, *(record for _, record in gallery()))).attributes
    idents = [value for name, value in attributes if name == "id"]
    assert len(idents) == len(set(idents))
    assert {value[1:] for name, value in attributes if name == "href" and value and value[0] == "#"} <= {*idents}


def test_the_same_records_in_any_order_give_the_same_bytes(tmp_path: Path) -> None:
    records = gallery()
    first, second = tmp_path / "a", tmp_path / "b"
    build(records, first)
    random.Random(0).shuffle(records)
    build(records, second)
    for name in ("index.html", "leaderboard.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_groups_share_no_table(tmp_path: Path) -> None:
    html = page_of(tmp_path, make_record(), make_record(data=PHANTOM))
    sections = re.split(r'<section class="(?:group|glossary)"', html)[1:-1]
    assert len(sections) == 2
    # Worst cases up to T0, T1 and T2, the matrix, costs, cells, and what papers report on other data.
    assert [section.count("<table") for section in sections] == [7, 6]  # nothing is reported of made-up anatomy
    headings = [re.sub(r"<[^>]*>", "", heading) for heading in re.findall(r"<h2.*?</h2>", html)][:-1]
    among = f"preset quick, protocol {make_record().protocol_version}, split 5p1175p1"
    assert headings == [
        f"ixi, real scans, simulated second visits, {among}",
        f"phantom, made-up anatomy: difficulty is a dial, not evidence about patients, {among}",
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"utility": {"dice_average": interval(1e308)}}, "outside [0, 1]"),
        ({"cost": {"client_seconds": -1e300}}, "cost client_seconds is -1e+300, below 0"),
        ({"defense": {"summary": "x" * 2_000_000}}, "defense.summary is a text of 2000000 characters"),
        ({"data": {**PHANTOM, "synthetic": False}}, "scans of phantom are real; they are made up"),
    ],
)
def test_what_no_measurement_gives_is_not_built(changes: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=re.escape(words)) as caught:
        page_of(tmp_path, make_record(), make_record(**changes))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "index.html").exists()


@pytest.mark.parametrize("lie", [{"synthetic": True}, {"revisits": "real"}])
def test_the_same_scans_are_not_real_and_made_up(lie: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="of the same scans, and one says that they are real with simulated second"):
        page_of(tmp_path, make_record(), make_record(data=lie))


def test_what_is_no_plain_file_of_a_records_size_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "record.json")
    with pytest.raises(BenchError, match="it is no plain file"):
        read_record(tmp_path / "record.json")
    large = tmp_path / "large.json"
    with large.open("wb") as stream:
        stream.truncate(9 * 2**20)
    with pytest.raises(BenchError, match="9437184 bytes, 8388608 at most"):
        read_record(large)


def test_numbers_of_unscored_cells_are_null_in_the_json(tmp_path: Path) -> None:
    page_of(tmp_path, make_record(), make_record(seed=1, status="failed", reason="NaN"))
    content = json.loads((tmp_path / "leaderboard.json").read_text())
    scored, failed = content["groups"][0]["boards"][0]["rows"]
    assert scored["scores"]["macro_f1"]["value"] == 0.30
    assert scored["largest_headline_here"] is True
    assert (failed["scores"], failed["reason"], failed["largest_headline_here"]) == ({}, "NaN", False)


def test_half_a_surrogate_pair_does_not_break_the_page(tmp_path: Path) -> None:
    assert "\\ud800" in page_of(tmp_path, make_record(settings={"odd": "\ud800"}))


def test_no_records_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no records given"):
        build([], tmp_path)


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(BenchError, match="is a file; give a folder"):
        build([(tmp_path / "record.json", make_record())], tmp_path / "out")


def test_a_picture_beside_the_record_is_embedded(tmp_path: Path) -> None:
    (tmp_path / "example.png").write_bytes(PNG)
    html = page_of(tmp_path, make_record(pictures=["example.png"]))
    assert 'src="data:image/png;base64,iVBORw0KGgo' in html


def test_pictures_from_elsewhere_are_left_out_and_counted(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(PNG)
    run = tmp_path / "run"
    run.mkdir()
    (run / "link.png").symlink_to(secret)
    (run / "big.png").write_bytes(PNG + b"0" * MOST_BYTES)
    (run / "text.png").write_bytes(b"<svg onload=alert(1)>")
    (run / "photo.jpg").write_bytes(PNG)
    names = ["../secret.png", str(secret), "link.png", "big.png", "text.png", "photo.jpg", "missing.png", "a\0.png", ""]
    assert [picture(run / "record.json", name) for name in names] == [None] * len(names)
    assert f"{len(names)} listed pictures are not shown" in page_unasked(run, make_record(pictures=names))


def test_a_threat_card_reads_as_words() -> None:
    card = make_record(attack={"threat": {"tier": 2, "owns": ["auxiliary"], "queries": 1}}).attack.threat
    words = dict(card_in_words(card))
    assert words["Goal"] == "Re-identification: link scans of one person"
    assert words["Strength"] == "T2: runs the client's own code on scans of its own"
    assert (words["Sees"], words["Knows"]) == ("what the hospital sends", "nothing")
    assert (words["Owns"], words["Queries"]) == ("scans of other people", "1 per scan at most")
