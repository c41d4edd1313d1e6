"""Names and texts as they are compared."""

import unicodedata


def folded(text):
    """A text without regard to case, width of letters, the two signs for micro, and repeated blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def decoded(content):
    """Text of bytes: UTF-8 first, Latin-1 where that fails."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")
