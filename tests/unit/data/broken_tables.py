"""Tables of scans and of labels."""

from pathlib import Path

from tests.cohort_trees import read_manifest, write_manifest
from tests.unit.data.broken import IMAGE, broken, change_line


@broken("give each a session of its own")
def two_scans_of_one_name(root: Path) -> str:
    change_line(root, 2, "p01")
    return IMAGE


@broken("keep one of them")
def one_scan_under_two_names(root: Path) -> str:
    change_line(root, 0, "scans/01-0.nii.gz")
    return "scans/01-0.nii.gz"


@broken("keep one")
def one_person_of_two_families(root: Path) -> str:
    lines = read_manifest(root)
    lines[3][2:] = ["p01", "v2", "smith"]
    write_manifest(root, lines)
    return "manifest.csv"


@broken("four disjoint roles need at least 8")
def people_who_are_all_related(root: Path) -> str:
    lines = read_manifest(root)
    for line in lines[1:]:
        line[4] = "one"
    write_manifest(root, lines)
    return ""


@broken("fill that cell or remove the line")
def nobody_in_particular(root: Path) -> str:
    change_line(root, 2, "n/a")
    return "manifest.csv line 4"


@broken("save it as UTF-8")
def table_that_is_not_utf8(root: Path) -> str:
    (root / "manifest.csv").write_bytes("image,label,subject\nGrün,x,y\n".encode("latin-1"))
    return "manifest.csv"


@broken("it must be comma-separated with a heading line")
def table_without_its_column(root: Path) -> str:
    change_line(root, 2, "patient", line=0)
    return "manifest.csv"


@broken("it must be comma-separated with a heading line")
def table_with_semicolons(root: Path) -> str:
    text = (root / "manifest.csv").read_text()
    (root / "manifest.csv").write_text(text.replace(",", ";"))
    return "manifest.csv"


@broken("mend that line")
def row_with_a_missing_cell(root: Path) -> str:
    text = (root / "manifest.csv").read_text()
    (root / "manifest.csv").write_text(text.replace("p02,v1,", "p02"))
    return "manifest.csv line 4"


@broken("save it again as plain text")
def quote_that_never_ends(root: Path) -> str:
    with (root / "manifest.csv").open("a") as stream:
        stream.write('"scans/x.nii.gz,labels/x.nii.gz,px,v1,\n')
    return "manifest.csv"


@broken("it must be comma-separated")
def empty_table(root: Path) -> str:
    (root / "manifest.csv").write_bytes(b"")
    return "manifest.csv"


@broken("add a line for each")
def table_with_a_heading_only(root: Path) -> str:
    write_manifest(root, read_manifest(root)[:1])
    return "manifest.csv"


@broken("an index is a whole number")
def table_of_labels_with_a_word_for_a_number(root: Path) -> str:
    (root / "dseg.tsv").write_text("index\tname\nx\tGM\n")
    return "dseg.tsv"


@broken("save it as UTF-8")
def table_of_labels_that_is_not_utf8(root: Path) -> str:
    (root / "dseg.tsv").write_bytes("index\tname\n1\tHöhle\n".encode("latin-1"))
    return "dseg.tsv"
