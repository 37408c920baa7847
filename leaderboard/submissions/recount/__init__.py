"""What a record says counted again from the linkage that it was scored on."""
