"""The readers' pages, the archive, the sign-up API, tracked links and the providers' webhooks."""
