"""Made-up records with linkages beside them: two attacks that complete each other, every kind of loss."""

from pathlib import Path

from bench.records.claims import CLAIM_NAME
from bench.records.schema import Record
from tests.factories import judged_record, make_record, seeing

PEOPLE = tuple(f"p{number // 2:02d}" for number in range(24))
EVEN, ODD = set(PEOPLE[::4]), set(PEOPLE[2::4])


def judged_gallery(folder: Path) -> list[tuple[Path, Record]]:
    """`mixup` gives way to two attacks together, `deformation` to none; `identity` has cells that are not OK."""
    known = {
        ("mixup", "reid-msssim"): EVEN,
        ("mixup", "siamese"): ODD,
        ("deformation", "reid-msssim"): set[str](),
        ("deformation", "siamese"): set[str](),
        ("identity", "reid-msssim"): set(PEOPLE),
        ("proxy", "reid-msssim"): EVEN,
        ("proxy", "siamese"): EVEN,
    }
    cells = [
        judged_record(
            folder / f"{defense}-{attack}",
            PEOPLE,
            seeing(PEOPLE, people, seed),
            defense={"name": defense},
            attack={"name": attack},
        )
        for seed, ((defense, attack), people) in enumerate(known.items())
    ]
    (folder / "proxy-siamese" / CLAIM_NAME).unlink()
    for attack, status, reason in (
        ("siamese", "failed", "loss became NaN at step 120"),
        ("blind", "invalid", "missed the planted leak identity"),
        ("slow", "timeout", "stopped after 600 s"),
    ):
        record = make_record(
            cell=f"identity-{attack}",
            defense={"name": "identity"},
            attack={"name": attack},
            status=status,
            reason=reason,
        )
        cells.append((folder / f"identity-{attack}" / "record.json", record))
    other = make_record(preset="paper", defense={"name": "mixup"}, attack={"name": "reid-msssim"})
    return [*cells, (folder / "paper" / "record.json", other)]
