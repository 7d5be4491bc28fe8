"""A curated daily issue, from Markdown entries to each reader's inbox."""
