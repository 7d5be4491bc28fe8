"""Render emails from issues and themes (MJML templates, authors' Markdown, plain text), and check themes."""

from newsletter.rendering.compiling import compile_issue, readable_mjml, render
from newsletter.rendering.edition_check import part_findings
from newsletter.rendering.page_templates import page_environment
from newsletter.rendering.page_text import Prose
from newsletter.rendering.service_email import service_email
from newsletter.rendering.theme_check import theme_findings
from newsletter.rendering.themes import Theme, default_templates, load_theme

__all__ = [
    "Prose",
    "Theme",
    "compile_issue",
    "default_templates",
    "load_theme",
    "page_environment",
    "part_findings",
    "readable_mjml",
    "render",
    "service_email",
    "theme_findings",
]
