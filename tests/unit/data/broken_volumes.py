"""Headers, voxels, labels and masks."""

import struct
from pathlib import Path

import numpy as np

from tests.bids_trees import SHAPE, ball, small_affine, write
from tests.cohort_trees import read_manifest, write_manifest
from tests.unit.data.broken import IMAGE, LABELS, broken, patch_header


@broken("correct its header")
def negative_spacing(root: Path) -> str:
    patch_header(root / IMAGE, 80, struct.pack("<f", -8.0))
    return IMAGE


@broken("correct its header")
def spacing_of_zero(root: Path) -> str:
    patch_header(root / IMAGE, 80, struct.pack("<f", 0.0))
    return IMAGE


@broken("resample it to orthogonal axes")
def sheared_affine(root: Path) -> str:
    affine = small_affine()
    affine[0, 1] = 3
    write(root / IMAGE, ball(2)[0], affine)
    return IMAGE


@broken("correct its header")
def affine_that_cannot_be_inverted(root: Path) -> str:
    patch_header(root / IMAGE, 280, bytes(16))  # srow_x
    return IMAGE


@broken("")
def affine_that_is_not_a_number(root: Path) -> str:
    patch_header(root / IMAGE, 280, struct.pack("<f", np.nan))
    return IMAGE


@broken("its header is damaged")
def header_that_claims_more_than_any_scanner_makes(root: Path) -> str:
    patch_header(root / IMAGE, 40, struct.pack("<4h", 3, 32000, 32000, 32000))
    return IMAGE


@broken("keep one 3D volume")
def two_dimensions(root: Path) -> str:
    write(root / IMAGE, ball(2)[0][:, :, 7])
    return IMAGE


@broken("keep one 3D volume")
def several_frames(root: Path) -> str:
    write(root / IMAGE, np.stack([ball(2)[0]] * 2, axis=-1))
    return IMAGE


@broken("keep one 3D volume")
def five_dimensions(root: Path) -> str:
    write(root / IMAGE, np.stack([ball(2)[0]] * 3, axis=-1)[..., None, :])
    return IMAGE


@broken("save one real number per voxel")
def complex_voxels(root: Path) -> str:
    write(root / IMAGE, ball(2)[0].astype(np.complex64))
    return IMAGE


@broken("save one real number per voxel")
def rgb_voxels(root: Path) -> str:
    write(root / IMAGE, np.zeros(SHAPE, [("R", "u1"), ("G", "u1"), ("B", "u1")]))
    return IMAGE


@broken("replace them with numbers")
def not_a_number(root: Path) -> str:
    image = ball(2)[0]
    image[3, 3, 3] = np.nan
    write(root / IMAGE, image)
    return IMAGE


@broken("replace them with numbers")
def infinity(root: Path) -> str:
    image = ball(2)[0]
    image[3, 3, 3] = -np.inf
    write(root / IMAGE, image)
    return IMAGE


@broken("replace or remove this scan")
def constant_image(root: Path) -> str:
    write(root / IMAGE, np.full(SHAPE, 7, np.float32))
    return IMAGE


@broken("check image and labels")
def image_that_is_dark_where_the_labels_are(root: Path) -> str:
    image = np.zeros(SHAPE, np.float32)
    image[0, 0, 0] = 50
    write(root / IMAGE, image)
    return IMAGE


@broken("replace or remove this scan")
def no_labelled_voxel(root: Path) -> str:
    write(root / LABELS, np.zeros(SHAPE, np.uint8))
    return LABELS


@broken("correct the file")
def negative_label(root: Path) -> str:
    write(root / LABELS, np.where(ball(2)[1] == 3, -1, 0).astype(np.int16))
    return LABELS


@broken("correct the file")
def label_of_a_thousand(root: Path) -> str:
    write(root / LABELS, np.where(ball(2)[1] == 3, 1001, 0).astype(np.int16))
    return LABELS


@broken("labels are whole numbers")
def interpolated_labels(root: Path) -> str:
    write(root / LABELS, ball(2)[1] * np.float32(0.5))
    return LABELS


@broken("add it there or correct the file")
def label_that_the_table_does_not_list(root: Path) -> str:
    (root / "dseg.tsv").write_text("index\tname\n1\tGM\n2\tWM\n3\tCSF\n")
    write(root / LABELS, np.where(ball(2)[1] == 3, 9, ball(2)[1]).astype(np.uint8))
    return LABELS


@broken("resample the labels to the image")
def label_map_of_another_shape(root: Path) -> str:
    write(root / LABELS, ball(2)[1][:-1])
    return LABELS


@broken("resample the labels to the image or correct the header")
def label_map_at_another_place(root: Path) -> str:
    affine = small_affine()
    affine[0, 3] += 0.25
    write(root / LABELS, ball(2)[1], affine)
    return LABELS


def with_mask(root: Path, mask: np.ndarray) -> str:
    write(root / "labels/mask.nii.gz", mask)
    lines = read_manifest(root)
    lines[0].append("brain")
    for number, line in enumerate(lines[1:], start=1):
        line.append("labels/mask.nii.gz" if number == 3 else "")
    write_manifest(root, lines)
    return "labels/mask.nii.gz"


@broken("replace or remove this scan")
def empty_mask(root: Path) -> str:
    return with_mask(root, np.zeros(SHAPE, np.uint8))


@broken("resample the mask to the image")
def mask_of_another_shape(root: Path) -> str:
    return with_mask(root, np.ones((4, 4, 4), np.uint8))
