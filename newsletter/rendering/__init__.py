"""Render emails from issues and themes (MJML templates, authors' Markdown, plain text), and check themes."""

from newsletter.rendering.bidi import ARROWS
from newsletter.rendering.compiling import compile_issue, readable_mjml, render
from newsletter.rendering.edition_check import part_findings
from newsletter.rendering.page_templates import page_environment
from newsletter.rendering.page_text import PageText, isolated_line
from newsletter.rendering.service_email import service_email
from newsletter.rendering.theme_chain import ThemeChain, default_templates, theme_chain, theme_files, theme_names
from newsletter.rendering.theme_check import theme_findings
from newsletter.rendering.theme_faults import BROKEN
from newsletter.rendering.theme_files import ThemeFiles
from newsletter.rendering.theme_options import ThemeOption
from newsletter.rendering.theme_originals import CopiedFile, copied_files, digest_of, with_originals
from newsletter.rendering.theme_overrides import OverrideFault, refused_look
from newsletter.rendering.themes import Theme, load_theme
from newsletter.rendering.welcome_email import welcome_email

__all__ = [
    "ARROWS",
    "BROKEN",
    "CopiedFile",
    "OverrideFault",
    "PageText",
    "Theme",
    "ThemeChain",
    "ThemeFiles",
    "ThemeOption",
    "compile_issue",
    "copied_files",
    "default_templates",
    "digest_of",
    "isolated_line",
    "load_theme",
    "page_environment",
    "part_findings",
    "readable_mjml",
    "refused_look",
    "render",
    "service_email",
    "theme_chain",
    "theme_files",
    "theme_findings",
    "theme_names",
    "welcome_email",
    "with_originals",
]
