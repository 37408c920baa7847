"""One file per attack; each says its source and its threat model. An attack never imports a defense."""
