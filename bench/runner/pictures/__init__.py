"""The pictures beside a record."""
