"""Affine registration of one brain to the template.

Source: mutual information after Mattes et al., "PET-CT image registration in the chest using free-form deformations",
IEEE TMI 22(1), 2003, with 32 bins, maximised by regular-step gradient descent over a pyramid, as SimpleITK offers it;
bias field after Tustison et al., "N4ITK", IEEE TMI 29(6), 2010.
"""

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from jaxtyping import Float64

from bench.data.prepare.space import TO_LPS
from bench.errors import BenchError

SHRINK = (4, 2, 1)
SMOOTHING_MM = (4.0, 2.0, 0.0)
SAMPLED = (0.8, 0.2, 0.03)
"""Share of the template's voxels that enter the mutual information at each level."""
BINS, STEPS = 32, 100
N4_SHRINK, N4_STEPS = 4, (40, 30, 20)


@dataclass(frozen=True, eq=False)
class Registration:
    """Where the template's points lie in the scan.

    Attributes:
        transform: template mm -> scan mm, in SimpleITK's world.
        mutual_information: in nats, between template and scan; higher is more alike.
    """

    transform: sitk.Transform
    mutual_information: float

    def matrix(self) -> Float64[np.ndarray, "4 4"]:
        """Template mm -> scan mm, axes right, anterior and superior."""
        offset = np.asarray(self.transform.TransformPoint((0.0, 0.0, 0.0)))
        linear = np.stack([np.asarray(self.transform.TransformPoint(tuple(unit))) - offset for unit in np.eye(3)], 1)
        matrix = np.eye(4)
        matrix[:3, :3] = TO_LPS @ linear @ TO_LPS
        matrix[:3, 3] = TO_LPS @ offset
        return matrix


def register(scan: sitk.Image, template: sitk.Image, seed: int, file: str) -> Registration:
    """The affine map under which scan and template are most alike.

    Args:
        scan: the brain, 0 elsewhere.
        template: the same of the template.
        seed: of the sampled voxels.
        file: named in the error.

    Raises:
        BenchError: scan and template cannot be brought to overlap.
    """
    try:
        start = sitk.CenteredTransformInitializer(
            template, scan, sitk.AffineTransform(3), sitk.CenteredTransformInitializerFilter.MOMENTS
        )
        method = sitk.ImageRegistrationMethod()
        method.SetMetricAsMattesMutualInformation(numberOfHistogramBins=BINS)
        method.SetMetricSamplingStrategy(method.RANDOM)
        method.SetMetricSamplingPercentagePerLevel(list(SAMPLED), seed=seed % (2**31 - 1) + 1)  # 0 means the clock
        method.SetInterpolator(sitk.sitkLinear)
        method.SetOptimizerAsRegularStepGradientDescent(
            learningRate=1.0, minStep=1e-3, numberOfIterations=STEPS, relaxationFactor=0.6
        )
        method.SetOptimizerScalesFromPhysicalShift()
        method.SetShrinkFactorsPerLevel(list(SHRINK))
        method.SetSmoothingSigmasPerLevel(list(SMOOTHING_MM))
        method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
        method.SetInitialTransform(start, inPlace=True)
        method.Execute(template, scan)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise BenchError(f"{file} cannot be registered to the template ({reason}); check its orientation") from error
    return Registration(start, -float(method.GetMetricValue()))


def without_bias(scan: sitk.Image, mask: sitk.Image) -> sitk.Image:
    """The scan divided by its smooth bias field, which is estimated on a coarser copy."""
    coarse, inside = sitk.Shrink(scan, [N4_SHRINK] * 3), sitk.Shrink(mask, [N4_SHRINK] * 3)
    corrector = sitk.N4BiasFieldCorrectionImageFilter()
    corrector.SetMaximumNumberOfIterations(list(N4_STEPS))
    corrector.Execute(coarse, inside)
    return sitk.Cast(
        scan / sitk.Exp(sitk.Cast(corrector.GetLogBiasFieldAsImage(scan), sitk.sitkFloat32)), sitk.sitkFloat32
    )
