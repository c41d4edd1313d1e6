"""The two errors that the command line prints as one line: the input is at fault, or the work failed."""

import difflib


class InputError(ValueError):
    """Says in one line which file, row or value is wrong and how to mend it; exit status 2, no traceback.

    Names and texts come from files, so that what cannot be printed in a line is shown as a blank.
    """

    def __str__(self):
        return "".join(letter if letter.isprintable() else " " for letter in super().__str__())


def one_of(name, value, allowed):
    """Raise an InputError unless the parameter's value is among those allowed, which it lists."""
    if value not in allowed:
        raise InputError(f"{name} = {value!r}: must be one of {', '.join(map(str, allowed))}{nearest(value, allowed)}")


def nearest(given, known):
    """`; did you mean NAME?` where a name that is known comes near the one given, else nothing."""
    names = {str(name).casefold(): name for name in known}
    return "".join(f"; did you mean {names[name]}?" for name in difflib.get_close_matches(str(given).casefold(), names, n=1))


class WorkError(RuntimeError):
    """Says in one line which task or notebook failed and why; exit status 1, no traceback."""
