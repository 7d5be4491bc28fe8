"""An issue and a theme become an email: MJML templates, authors' Markdown, plain text, and the checks of a theme."""

from newsletter.rendering.compiling import compile_issue, readable_mjml, render
from newsletter.rendering.merge import MergeField, merge_fields, merge_findings
from newsletter.rendering.parting import part_findings
from newsletter.rendering.proofreading import theme_findings
from newsletter.rendering.prose import Prose
from newsletter.rendering.service import service_email
from newsletter.rendering.themes import Theme, default_templates, load_theme

__all__ = [
    "MergeField",
    "Prose",
    "Theme",
    "compile_issue",
    "default_templates",
    "load_theme",
    "merge_fields",
    "merge_findings",
    "part_findings",
    "readable_mjml",
    "render",
    "service_email",
    "theme_findings",
]
