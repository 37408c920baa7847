"""A method that was trained elsewhere: TorchScript or `torch.export` files and a TOML that says how to call them."""
