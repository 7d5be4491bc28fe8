"""An issue's way to its audience: plan it, start it, go on with it after an interruption; and proofs to the editor."""

from newsletter.sending.begin import resume, start
from newsletter.sending.editions import Overview, overview
from newsletter.sending.plan import Plan, plan
from newsletter.sending.post import Post, proof

__all__ = ["Overview", "Plan", "Post", "overview", "plan", "proof", "resume", "start"]
