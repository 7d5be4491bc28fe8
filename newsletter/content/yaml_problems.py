"""Say what is wrong with YAML in an editor's words. No I/O."""

# Messages of ruamel.yaml (scanner.py, parser.py), each with the mistake in an editor's words and how to fix it.
_PROBLEMS = (
    (
        "mapping values are not allowed",
        "a second colon",
        'put text with a colon in quotes: title: "Night trains: a return"',
    ),
    ("'\\t'", "a tab", "indent with spaces, not with tabs"),
    ("cannot start any token", "a value that begins with @, ` or %", "put text that begins with @ ` or % in quotes"),
    ("alias", "a value that begins with *", "put text that begins with * in quotes"),
    ("anchor", "a value that begins with &", "put text that begins with & in quotes"),
    ("escape", "a backslash before a letter that can't be escaped", "write the backslash twice, or remove it"),
    (
        "quoted scalar",
        "a quotation mark that is not closed",
        "close the quotation mark, and write one within the text as \\\" or, in single quotes, as ''",
    ),
    (
        "flow sequence",
        "a list that is not closed",
        "close the list with ], and put text with [ ] { } or a comma in quotes",
    ),
    ("flow mapping", "a { that is not closed", "put text that begins with { in quotes"),
    ("block scalar", "a value that begins with | or >", 'put the text in quotes: "…"'),
    (
        "could not find expected ':'",
        "a line without a colon",
        "each line is a name, a colon, a value; longer text is indented",
    ),
    (
        "expected <block end>",
        "fields in different columns, or words behind a closing quotation mark",
        "begin all fields in the same column; text with quotes in it goes in quotes as a whole",
    ),
    (
        "<document start>",
        "fields in different columns",
        "begin all fields in the same column, without spaces before the names",
    ),
)


def yaml_problem(message: str) -> tuple[str, str]:
    """Return the mistake in a line that ruamel.yaml can't read, and how to fix it."""
    known = ((what, hint) for sign, what, hint in _PROBLEMS if sign in message)
    return next(known, ("a value that can't be read", 'put the text in quotes: "…"'))
