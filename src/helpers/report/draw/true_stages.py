"""What the report calls the stages that the network is held against: a scorer's, or those that were planted in simulated nights.
"""


def source(notice):
    """`the scorer`, or `the planted stage` where the notice of a study says that its nights are simulated."""
    return "the planted stage" if given(notice) == "planted" else "the scorer"


def given(notice):
    """`scored`, or `planted`: what was done to an epoch to give it its true stage."""
    return "planted" if notice.startswith("Simulated nights") else "scored"
