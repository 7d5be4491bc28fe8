"""Links that editors catch: pasted, fetched in the background, and made into entries."""
