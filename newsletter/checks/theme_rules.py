"""Rules about themes, which ``rendering`` checks, and ``composing`` when a theme fails."""

from newsletter.checks.rule import error, warning

THEMES = (
    error(
        "theme-broken",
        "The theme can't be loaded, or an issue doesn't compile with it.",
        "fix the template",
        "Without a theme there is no email.",
    ),
    error(
        "theme-unsubscribe",
        "The HTML or the text has no unsubscribe link.",
        "print {{ links.unsubscribe }} in a link",
        "The law and all large mailbox providers require it, in both parts.",
    ),
    error(
        "theme-address",
        "The HTML or the text has no postal address.",
        "print {{ newsletter.postal_address }}",
        "The law requires it (in the United States, CAN-SPAM).",
    ),
    error(
        "theme-parts",
        "An edition of a tailored issue has text of an entry, or a section's heading, that it should leave out.",
        "put all of an entry between {% part entry %} and {% endpart %}, headings in {% part section %}",
        "Editions leave out whole parts. Text outside a part goes to every reader.",
    ),
    error(
        "theme-sponsor",
        "A sponsor's block has no label.",
        "print {{ labels.advertisement }}",
        "The law requires paid content to be recognizable as such.",
    ),
    warning(
        "theme-blocks",
        "The theme prints only entries, and leaves out notes, lists of links, quotes, sponsors or images.",
        'print each section with {% include "items.mjml" %}',
        "Readers would miss a part of the issue, and a sponsor would have paid for nothing.",
    ),
    error(
        "theme-mjml",
        "A template's MJML isn't well-formed, or the compiler would join two words.",
        "close every tag; write an empty one as <br/>",
        "The compiler fails without naming a line, or silently drops the line break between two inline tags.",
    ),
    error(
        "theme-mjml-tag",
        "A tag isn't MJML, or isn't allowed where it is.",
        "use the tag that is suggested",
        "The compiler silently drops it with its content.",
    ),
    warning(
        "theme-mjml-attribute",
        "A tag has an attribute that MJML doesn't know there.",
        "use the attribute that is suggested",
        "The compiler silently ignores it.",
    ),
    warning(
        "theme-contrast",
        "Text and its background have less contrast than WCAG AA requires, in light or dark mode.",
        "choose two colours that differ more",
        "Many readers can't read it, especially on a phone in the sun. (A pair with an unknown colour is an error.)",
    ),
    warning(
        "theme-inline-css",
        "inline.css has something that can't be inlined (`!important`, `@media`), colours like"
        " `rgb(…)`, or an unmatched brace.",
        "put the rule into style.css; write colours as #1a2b3c",
        "It would be lost, here or in mail clients.",
    ),
    warning(
        "theme-remote-font",
        "The theme loads fonts or styles from the web: `<mj-font>`, `@import`, `@font-face`.",
        "use fonts that readers have",
        "The font's server learns who opens a message and when, and most mail clients don't load it.",
    ),
    warning(
        "theme-style-size",
        "A `<style>` is larger than 16,384 bytes.",
        "shorten style.css",
        "Gmail drops all of it, and with it dark mode and the layout for phones.",
    ),
    warning(
        "theme-original-changed",
        "The original of a file that your theme has copied has changed since, or is gone.",
        "copy the changes you want, and record the original's new digest in theme.toml",
        "Your copy doesn't get the program's improvements by itself.",
    ),
)
