"""Hyperparameters by cross-validation on the training role; nobody of another role is looked at."""
