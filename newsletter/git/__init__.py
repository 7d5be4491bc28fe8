"""Run git for the newsletter's folder: commits of single paths, a file's history, and a remote."""
