"""From raw files to a common grid: registration to the MNI152 template, a brain mask, robust intensities."""
