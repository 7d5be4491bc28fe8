"""The review of an issue: who has changed it, what they say about it, its proofs, and its approval."""
