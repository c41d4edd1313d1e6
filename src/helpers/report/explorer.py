"""Choosing a night to look at: which recordings and folds can be shown, and the controls for it in JupyterLab.

The controls need a kernel, so they are for JupyterLab alone; the published page shows the window of the parameters.
"""

from helpers.errors import InputError


def chosen(predictions, recording=None, fold=None):
    """The recording and fold to show: as given, or the first recording that was tested and the first fold that did.

    Raises
    ------
    InputError
        For a recording that no fold tested, or a fold that did not test it.
    """
    tested = predictions[["recording", "fold"]].astype({"recording": str}).drop_duplicates()
    if recording is None and fold is not None:
        tested = tested[tested["fold"] == fold]
        if tested.empty:
            raise InputError(f"fold {fold}: there is none of this number, or it tested nothing; "
                             f"there are {', '.join(str(one) for one in sorted(predictions['fold'].unique()))}")
    name = str(recording) if recording is not None else tested["recording"].iloc[0]
    folds = sorted(int(one) for one in tested.loc[tested["recording"] == name, "fold"])
    if not folds:
        raise InputError(f"recording {name}: no fold tested it; tested are "
                         f"{', '.join(sorted(set(tested['recording'])))}")
    if fold is not None and fold not in folds:
        raise InputError(f"fold {fold}: did not test recording {name}; folds that did: "
                         f"{', '.join(str(one) for one in folds)}")
    return name, folds[0] if fold is None else int(fold)


def explore(study, shares, minutes=120):
    """Controls for subject, night, fold, rule and window above figure 3, for JupyterLab.

    Returns
    -------
    ipywidgets.VBox, whose figure follows the controls.
    """
    import ipywidgets
    from IPython.display import display

    from helpers.analysis.timelines import timeline
    from helpers.report.timelines import timeline as draw

    epochs, predictions, picture = study.epochs(), study.predictions(), ipywidgets.Output()
    controls, shown = made(predictions, shares, minutes), {}

    def show(_=None):
        asked = tuple(controls[name].value for name in ("night", "fold", "rule", "start", "minutes"))
        if asked == shown.get("asked"):
            return
        shown["asked"] = asked
        window = timeline(epochs, predictions, shares, *asked[:3], start_s=60 * asked[3], minutes=asked[4])
        picture.clear_output(wait=True)
        with picture:
            display(draw(window).marked(study.notice))

    linked(controls, predictions, lambda night: epochs.info(night)["duration_s"])
    for name in ("night", "fold", "rule", "start", "minutes"):
        controls[name].observe(show, "value")
    show()
    rows = [[controls[name] for name in names] for names in (("subject", "night", "fold"), ("rule", "start", "minutes"))]
    return ipywidgets.VBox([*(ipywidgets.HBox(row) for row in rows), picture])


def made(predictions, shares, minutes):
    """The controls by name; nights and folds are filled in by `linked`."""
    import ipywidgets

    from helpers.report import palette

    rules = palette.rules(shares["rule"].astype(str))
    return {"subject": ipywidgets.Dropdown(options=sorted(set(predictions["subject"].astype(str))),
                                           description="Subject"),
            "night": ipywidgets.Dropdown(description="Night"), "fold": ipywidgets.Dropdown(description="Fold"),
            "rule": ipywidgets.Dropdown(options=[(palette.rule_label(one), one) for one in rules], description="Rule"),
            "start": ipywidgets.IntSlider(description="From, min", step=5, continuous_update=False),
            "minutes": ipywidgets.IntSlider(minutes, 5, max(600, minutes), 5, description="Length, min",
                                            continuous_update=False)}


def offer(dropdown, options):
    """New options with the first of them chosen; a Dropdown that was empty would choose none by itself."""
    dropdown.options = options
    dropdown.value = options[0]


def linked(controls, predictions, duration_s):
    """A subject offers its own nights, a night the folds that tested it and the minutes it has."""
    nights = predictions[["subject", "recording", "fold"]].astype({"subject": str, "recording": str}).drop_duplicates()

    def choose_night(_=None):
        mine = nights["subject"] == controls["subject"].value
        offer(controls["night"], sorted(set(nights.loc[mine, "recording"])))

    def choose_fold(_=None):
        night = controls["night"].value
        if night is not None:
            offer(controls["fold"], sorted(int(one) for one in nights.loc[nights["recording"] == night, "fold"]))
            controls["start"].max = max(0, int(duration_s(night) // 60) - 5)

    controls["subject"].observe(choose_night, "value")
    controls["night"].observe(choose_fold, "value")
    choose_night()
    choose_fold()
