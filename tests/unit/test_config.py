"""Settings: defaults, presets, the user's own."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from bench.attacks.reid_msssim import ReidMsssim
from bench.config import PRESETS, Assignment, Evaluation, build, plain, resolve
from bench.data.phantom import Phantom
from bench.defenses.mixup.variants import MixupLearnedTTA
from bench.errors import BenchError
from bench.plugin import Plugin

CLASSES: dict[str, type[Any]] = {
    "data": Phantom,
    "defense": MixupLearnedTTA,
    "attack": ReidMsssim,
    "evaluation": Evaluation,
}


def _resolve(*texts: str, preset: str = "quick") -> dict[str, Any]:
    return resolve(CLASSES, preset, [Assignment.parse(text) for text in texts])


def test_paper_preset_is_the_papers_settings() -> None:
    defense = _resolve(preset="paper")["defense"]
    assert (defense.iterations, defense.learning_rate, defense.batch_size, defense.patch) == (200_000, 1e-4, 4, 32)
    assert defense.queries == 30
    assert _resolve(preset="paper")["evaluation"].shape == (144, 192, 160)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_resolves(preset: str) -> None:
    assert set(_resolve(preset=preset)) == set(CLASSES)


def test_the_user_wins_over_the_preset_and_the_preset_over_the_default() -> None:
    assert _resolve()["defense"].queries == 10
    assert _resolve("queries=3")["defense"].queries == 3


@pytest.mark.parametrize(
    ("text", "component", "key", "expected"),
    [
        ("alpha_test=fixed", "defense", "alpha_test", "fixed"),
        ("alpha_value=0.7", "defense", "alpha_value", 0.7),
        ("alpha_shared=false", "defense", "alpha_shared", False),
        ("ref_pool_size=none", "defense", "ref_pool_size", None),
        ("widths=4,8,16", "defense", "widths", (4, 8, 16)),
        ("widths=[4,8]", "defense", "widths", (4, 8)),
        ("attack.window=5", "attack", "window", 5),
        ("shape=32,32,32", "evaluation", "shape", (32, 32, 32)),
        ("learning_rate=1e-3", "defense", "learning_rate", 1e-3),
    ],
)
def test_values_are_read_as_the_type_of_their_field(text: str, component: str, key: str, expected: object) -> None:
    assert getattr(_resolve(text)[component], key) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("queries", "--set 'queries' is not of the form key=value"),
        ("querys=3", r"no setting named 'querys' \(did you mean 'queries'\?\)"),
        ("attack.queries=3", "no setting named 'queries'"),
        ("nowhere.queries=3", "no component 'nowhere' .* allowed: data, defense, attack, evaluation"),
        ("queries=many", "mixup-learned-tta: queries='many' does not fit: .*valid integer.*bench show mixup-learned"),
        ("queries=0", "mixup-learned-tta: queries must be >= 1, got 0"),
        ("alpha_test=beta", "does not fit: Input should be 'uniform' or 'fixed'"),
        ("window=4", "reid-msssim: window must be odd and >= 3, got 4"),
        ("shares=0.5,0.3,0.2", r"evaluation: shares=\[0.5, 0.3, 0.2\] does not fit: too few values"),
        ("shares=1,1,1,1", "shares must be four positive numbers that sum to 1"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(text: str, message: str) -> None:
    with pytest.raises(BenchError, match=message) as caught:
        _resolve(text)
    assert "\n" not in str(caught.value)


def test_an_ambiguous_setting_asks_for_its_component() -> None:
    with pytest.raises(BenchError, match=r"--set window is ambiguous; write first\.window or second\.window"):
        resolve({"first": ReidMsssim, "second": ReidMsssim}, "quick", [Assignment.parse("window=5")])


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(BenchError, match="no preset named 'fast'; available: smoke, quick, standard, paper"):
        _resolve(preset="fast")


def test_plain_settings_build_the_same_settings_again() -> None:
    defense = _resolve("widths=4,8")["defense"]
    assert build(MixupLearnedTTA, plain(defense)) == defense


@pytest.mark.parametrize(("text", "expected"), [("none", "none"), ("1", "1"), ('"x"', "x"), ("a,b", "a,b")])
def test_a_setting_that_is_text_takes_any_text(text: str, expected: str) -> None:
    @dataclass(frozen=True)
    class Told(Plugin):
        name: ClassVar[str] = "told"
        words: str = ""

    found = resolve({"attack": Told}, "smoke", [Assignment.parse(f"words={text}")])
    assert found["attack"].words == expected
