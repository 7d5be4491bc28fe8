"""An issue's way to its audience: plan it, start it, go on with it after an interruption; and proofs to the editor."""

from newsletter.sending.plan import Plan, plan
from newsletter.sending.run import Post, proof, resume, start

__all__ = ["Plan", "Post", "plan", "proof", "resume", "start"]
