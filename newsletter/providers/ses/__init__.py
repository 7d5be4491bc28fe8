"""Amazon SES: sending, events, webhook and suppression list."""
