"""What a segmentation tells about whom it shows."""
