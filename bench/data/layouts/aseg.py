"""From FreeSurfer's aseg to gray matter, white matter and CSF.

Source: FreeSurfer's own tissue-type schema `default-apr-2019+head` (`TissueTypeSchemaDefaultHead` in utils/colortab.cpp
of FreeSurfer 7), whose cortical and subcortical gray matter are one class here. Numbers and names are those of
`FreeSurferColorLUT.txt`; the set is what recon-all writes into `aseg.mgz` or its manual editing offers (Fischl et al.,
"Whole brain segmentation", Neuron 33(3), 2002).

Differs from the schema in one point: the brain stem is white matter, as in the schema of 2014 and in the tissue maps
of other tools; in a T1-weighted image it looks like it. Where the schema is silent (`not in the schema`), our choice.
"""

from collections.abc import Mapping
from typing import NamedTuple

BACKGROUND, GM, WM, CSF = range(4)
CLASSES = {BACKGROUND: "background", GM: "GM", WM: "WM", CSF: "CSF"}


class Structure(NamedTuple):
    """A label of aseg with its name and its tissue."""

    label: int
    name: str
    tissue: int


ASEG = (
    Structure(0, "Unknown", BACKGROUND),
    Structure(1, "Left-Cerebral-Exterior", BACKGROUND),  # not in the schema: outside of the brain
    Structure(2, "Left-Cerebral-White-Matter", WM),
    Structure(3, "Left-Cerebral-Cortex", GM),
    Structure(4, "Left-Lateral-Ventricle", CSF),
    Structure(5, "Left-Inf-Lat-Vent", CSF),
    Structure(6, "Left-Cerebellum-Exterior", BACKGROUND),  # not in the schema: outside of the brain
    Structure(7, "Left-Cerebellum-White-Matter", WM),
    Structure(8, "Left-Cerebellum-Cortex", GM),
    Structure(9, "Left-Thalamus-unused", GM),  # not in the schema: as label 10
    Structure(10, "Left-Thalamus", GM),
    Structure(11, "Left-Caudate", GM),
    Structure(12, "Left-Putamen", GM),
    Structure(13, "Left-Pallidum", GM),
    Structure(14, "3rd-Ventricle", CSF),
    Structure(15, "4th-Ventricle", CSF),
    Structure(16, "Brain-Stem", WM),  # the schema of 2019 says gray matter
    Structure(17, "Left-Hippocampus", GM),
    Structure(18, "Left-Amygdala", GM),
    Structure(24, "CSF", CSF),
    Structure(25, "Left-Lesion", WM),  # not in the schema: drawn into white matter
    Structure(26, "Left-Accumbens-area", GM),
    Structure(27, "Left-Substancia-Nigra", GM),  # not in the schema: within label 28
    Structure(28, "Left-VentralDC", GM),
    Structure(29, "Left-undetermined", GM),
    Structure(30, "Left-vessel", CSF),
    Structure(31, "Left-choroid-plexus", CSF),
    Structure(40, "Right-Cerebral-Exterior", BACKGROUND),  # not in the schema: outside of the brain
    Structure(41, "Right-Cerebral-White-Matter", WM),
    Structure(42, "Right-Cerebral-Cortex", GM),
    Structure(43, "Right-Lateral-Ventricle", CSF),
    Structure(44, "Right-Inf-Lat-Vent", CSF),
    Structure(45, "Right-Cerebellum-Exterior", BACKGROUND),  # not in the schema: outside of the brain
    Structure(46, "Right-Cerebellum-White-Matter", WM),
    Structure(47, "Right-Cerebellum-Cortex", GM),
    Structure(48, "Right-Thalamus-unused", GM),  # not in the schema: as label 49
    Structure(49, "Right-Thalamus", GM),
    Structure(50, "Right-Caudate", GM),
    Structure(51, "Right-Putamen", GM),
    Structure(52, "Right-Pallidum", GM),
    Structure(53, "Right-Hippocampus", GM),
    Structure(54, "Right-Amygdala", GM),
    Structure(57, "Right-Lesion", WM),  # not in the schema: drawn into white matter
    Structure(58, "Right-Accumbens-area", GM),
    Structure(59, "Right-Substancia-Nigra", GM),  # not in the schema: within label 60
    Structure(60, "Right-VentralDC", GM),
    Structure(61, "Right-undetermined", GM),
    Structure(62, "Right-vessel", CSF),
    Structure(63, "Right-choroid-plexus", CSF),
    Structure(72, "5th-Ventricle", CSF),
    Structure(75, "Left-Lateral-Ventricle, older number", CSF),
    Structure(76, "Right-Lateral-Ventricle, older number", CSF),
    Structure(77, "WM-hypointensities", WM),
    Structure(78, "Left-WM-hypointensities", WM),
    Structure(79, "Right-WM-hypointensities", WM),
    Structure(80, "non-WM-hypointensities", GM),
    Structure(81, "Left-non-WM-hypointensities", GM),  # not in the schema: as label 80
    Structure(82, "Right-non-WM-hypointensities", GM),  # not in the schema: as label 80
    Structure(85, "Optic-Chiasm", WM),
    Structure(192, "Corpus_Callosum", WM),
    Structure(251, "CC_Posterior", WM),
    Structure(252, "CC_Mid_Posterior", WM),
    Structure(253, "CC_Central", WM),
    Structure(254, "CC_Mid_Anterior", WM),
    Structure(255, "CC_Anterior", WM),
)

TISSUE_OF: Mapping[int, int] = {structure.label: structure.tissue for structure in ASEG}
"""Class number of every aseg label."""
