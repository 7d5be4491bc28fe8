"""Patterns for subjects, titles and other short lines: shouting, "Re:", pasted boilerplate, file names."""

import re
from itertools import pairwise

_EXCLAMATION = re.compile("[!\uff01\u203c\u2757\u2755\u00a1\u055c]")
_EXCLAMATIONS = re.compile(f"(?:{_EXCLAMATION.pattern}\\s*){{2,}}")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_REPLY = re.compile(r"(?:re|fwd?|aw|wg|sv|antw)(?:\[\d{1,3}\])?\s?[:：]", re.IGNORECASE)
_BOILERPLATE = re.compile(
    r"(?:having )?(?:trouble|problems?|difficulty|issues) (?:viewing|reading|seeing|displaying) (?:this|the|our)\b"
    r"|having (?:trouble|problems?|difficulty) (?:viewing|reading|seeing)\b"
    r"|\bview (?:it |(?:this|the) (?:e-?mail|message|newsletter|issue) )?in (?:your|a|the) (?:web )?browser\b"
    r"|\b(?:read|open|see) (?:this|the) (?:e-?mail|message|newsletter|issue) in (?:your|a|the) (?:web )?browser\b"
    r"|\bview in browser\b|\b(?:view|read|open|see) (?:this|the) (?:e-?mail|message|newsletter) online\b"
    r"|\b(?:e-?mail|message|newsletter) (?:is )?not (?:displaying|displayed|showing|rendering)\b"
    r"|\b(?:can['’]?t|cannot|unable to) (?:view|see|read) this (?:e-?mail|message|newsletter)\b"
    r"|\b(?:e-?mail|nachricht|newsletter) (?:wird )?nicht (?:richtig|korrekt) (?:dargestellt|angezeigt)\b"
    r"|\bprobleme? (?:mit|bei) der (?:darstellung|anzeige)\b|\bdarstellungsprobleme\b"
    r"|\b(?:online|web|browser)-?version (?:an(?:sehen|zeigen|schauen)|öffnen|lesen)\b"
    r"|\bim browser (?:an(?:sehen|zeigen)|öffnen|lesen|anschauen)\b"
    r"|\b(?:e-?mail|message|lettre) ne s['’]affiche pas\b|\bvoir (?:cet? [\w-]+ )?dans (?:un|votre|le) navigateur\b"
    r"|\bver (?:este [\w-]+ )?en (?:el|tu|su) navegador\b|\bvisualizza (?:questa [\w-]+ )?nel (?:tuo )?browser\b"
    r"|\bbekijk (?:deze [\w-]+ )?in (?:je|uw) browser\b",
    re.IGNORECASE,
)
# Lines that mail tools print above a message. Stricter, for entries may mention browsers and newsletters.
_PASTED = re.compile(
    r"^\W*(?:"
    r"(?:having|do you have) (?:trouble|problems?|difficulty|difficulties|issues) (?:viewing|reading|seeing|displaying)"
    r"|(?:is )?(?:this|the) (?:e-?mail|message|newsletter) (?:is )?not (?:displaying|displayed|showing|rendering)"
    r"|(?:if you )?(?:can['’]?t|cannot|are unable to) (?:view|see|read) this (?:e-?mail|message|newsletter)"
    r"|(?:view|read|open|see) (?:this|the) (?:e-?mail|message|newsletter|issue) "
    r"(?:online|in (?:your|a|the) (?:web )?browser)"
    r"|(?:wird|falls|sollte) (?:diese|dieser|die|der)\W+(?:e-?mail|nachricht|newsletter)\W+nicht (?:richtig|korrekt)"
    r"|si (?:ce|cet|cette) (?:message|e-?mail|courriel|lettre) ne s['’]affiche pas"
    r"|si vous ne visualisez pas (?:bien|correctement) ce"
    r"|voir (?:cet? |cette )?(?:e-?mail|message|lettre) (?:en ligne|dans (?:un|votre|le) navigateur)"
    r"|se non (?:visualizzi|riesci a (?:vedere|leggere|visualizzare)) (?:correttamente )?quest[ao]"
    r"|¿?(?:si )?no puedes? (?:ver|leer) (?:correctamente )?este (?:correo|mensaje|e-?mail)"
    r"|ver este (?:correo|mensaje|e-?mail) en (?:el|tu|su) navegador"
    r"|(?:se )?não consegue (?:ver|visualizar|ler) (?:corretamente )?est[ea]"
    r"|(?:zie|ziet) (?:je|u) deze (?:e-?mail|nieuwsbrief|bericht) niet (?:goed|correct)"
    r"|если (?:это )?письмо (?:не |неправильно |некорректно )отображается"
    r"|jeśli (?:ta )?wiadomość (?:nie wyświetla|wyświetla się nie)"
    r"|如果您?无法(?:正常|正确)?(?:查看|显示|阅读)|(?:この)?メールが正しく表示されない"
    r"|אם (?:אינך|אינכם|את/ה לא|אתה לא) רוא(?:ה|ים) (?:את )?ה(?:הודעה|דוא|מייל|מסר)"
    r"|إذا (?:كنت لا ترى|لم تتمكن من (?:عرض|رؤية|قراءة)) هذه الرسالة"
    r")",
    re.IGNORECASE | re.MULTILINE,
)
_PICTURE = r"\.(?:jpe?g|png|gif|webp|avif|svg|heic|bmp|tiff?)"
_FILE_NAME = re.compile(
    rf".*\S{_PICTURE}"
    r"|(?:img|dsc[fn]?|pxl|mvimg|p\d{0,2})[-_ ]?\d{3,}[\w-]*"
    r"|(?:screen ?shot|image|photo|picture|untitled)[-_ ]?\d*",
    re.IGNORECASE,
)


def shouting(text: str) -> str:
    """Return why a line shouts, or "". Acronyms alone don't shout, nor does text in a script without capitals."""
    if _EXCLAMATIONS.search(text) or len(_EXCLAMATION.findall(text.replace("¡", ""))) > 2:
        return "has several exclamation marks"
    return capitals(text)


def capitals(text: str) -> str:
    """Return why a line seems to be in capitals, or "".

    Among letters of a script without capitals, words in capitals are names (UNESCO in a Hebrew title).
    """
    if any(letter.isalpha() and letter.upper() == letter.lower() for letter in text):
        return ""
    words = [word for word in _WORD.findall(text) if word.upper() != word.lower()]
    letters = [letter for word in words for letter in word if letter.upper() != letter.lower()]
    upper = sum(letter != letter.lower() for letter in letters)
    long_capitals = [word for word in words if len(word) > 3 and word == word.upper()]
    if len(letters) >= 8 and upper > 0.7 * len(letters) and (long_capitals or len(words) > 4):
        return "is mostly capitals"
    for first, second in pairwise(words):
        if first in long_capitals and second in long_capitals and len(first + second) >= 12:
            return f'has words in capitals: "{first} {second}"'
    return ""


def same_letters(text: str, other: str) -> bool:
    """Return whether two lines differ only in capitals, spaces and punctuation.

    A line without letters is compared as it is.
    """
    return _letters(text) == _letters(other)


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum()) or text


def reply(subject: str) -> str:
    """Return the "Re:" or "Fwd:" that a subject begins with, or ""."""
    match = _REPLY.match(subject.lstrip())
    return match[0] if match else ""


def boilerplate(text: str) -> str:
    """Return the words of a text that tell how to view the message, or ""."""
    match = _BOILERPLATE.search(text)
    return match[0] if match else ""


def pasted_boilerplate(text: str) -> str:
    """Return the beginning of a line that tells how to view a message, or "".

    Stricter than ``boilerplate``, because an entry may mention browsers and other newsletters.
    """
    match = _PASTED.search(text)
    return match[0].strip() if match else ""


def is_file_name(words: str) -> bool:
    """Return whether an image's alternative text is a file name."""
    return _FILE_NAME.fullmatch(words.strip()) is not None
