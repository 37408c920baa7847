"""What is in a cohort of files, and what is wrong with it, before anybody trains on it."""
