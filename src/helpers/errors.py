"""The one error that means: the user's input is at fault, not the program. The command line prints it as one line."""


class InputError(ValueError):
    """Says in one line which file, row or value is wrong and how to mend it; exit status 2, no traceback."""
