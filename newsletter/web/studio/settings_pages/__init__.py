"""Pages of newsletter.toml: its settings with their findings, and what saves them."""
