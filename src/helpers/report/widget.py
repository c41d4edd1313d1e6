"""The subject browser by the name that notebooks gave it before `study.browser(…)`."""


def Browser(study, **state):  # noqa: N802
    """`study.browser(**state)`."""
    return study.browser(**state)
