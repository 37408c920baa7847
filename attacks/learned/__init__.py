"""What attacks learn from scans of their own: releases under fresh keys, made-up visits, networks."""
