"""The tables of README and docs that are made of records: `python -m docs.tables` writes them anew."""
