"""The worker, which runs scheduled sends, counts days, reminds people and mails notices."""
