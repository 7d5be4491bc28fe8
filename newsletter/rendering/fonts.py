"""Fonts for Outlook on Windows, which falls back to Times New Roman if a stack's first family is missing."""

# Windows and Office have had these for many years.
_WINDOWS = {
    name.casefold(): name
    for name in (
        *("Arial", "Arial Black", "Book Antiqua", "Bookman Old Style", "Calibri", "Cambria", "Candara"),
        *("Century Gothic", "Century Schoolbook", "Comic Sans MS", "Consolas", "Constantia", "Corbel", "Courier New"),
        *("Franklin Gothic Medium", "Garamond", "Georgia", "Gill Sans MT", "Impact", "Lucida Console"),
        *(
            "Lucida Sans Unicode",
            "Palatino Linotype",
            "Segoe UI",
            "Tahoma",
            "Times New Roman",
            "Trebuchet MS",
            "Verdana",
        ),
    )
}
_GENERIC = {"serif": "Georgia", "sans-serif": "Arial", "monospace": "Courier New"}
_ALIASES = {"palatino": "Palatino Linotype", "helvetica": "Arial", "times": "Times New Roman", "courier": "Courier New"}


def windows_stack(stack: str) -> str:
    """Return a stack with its first family that Windows has, or a Windows font, and its generic family."""
    families = [family.strip().strip("'\"").casefold() for family in stack.split(",")]
    known = {**_ALIASES, **_WINDOWS}
    generic = next((family for family in families if family in _GENERIC), "serif")
    first = next((known[family] for family in families if family in known), _GENERIC[generic])
    return f"'{first}', {generic}" if " " in first else f"{first}, {generic}"
