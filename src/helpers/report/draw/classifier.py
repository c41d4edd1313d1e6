"""Figures of how well the network stages sleep: confusion and training history."""

import numpy

from ...constants import STAGES
from . import palette
from .canvas import canvas
from .display import Figure
from .recordings import span
from .true_stages import given


def confusion(counts, notice=""):
    """True stage down, predicted across: epochs and, in colour, percent of the true stage.

    `counts` has the columns true, predicted and n (model.scores.confusion).
    """
    counts = counts.pivot_table(index="true", columns="predicted", values="n", aggfunc="sum", observed=True)
    counts = counts.reindex(index=list(STAGES), columns=list(STAGES)).fillna(0).astype(int)
    totals = counts.sum(axis=1).replace(0, numpy.nan)
    percent = 100 * counts.div(totals, axis=0)
    cells = [[f"{percent.loc[true, predicted]:.0f} %<br>{counts.loc[true, predicted]:,}" if totals[true] > 0 else "–"
              for predicted in STAGES] for true in STAGES]
    hover = [[f"{counts.loc[true, predicted]:,} of {totals[true]:,.0f} epochs {given(notice)} {true}<br>were predicted {predicted}: "
              f"{percent.loc[true, predicted]:.1f} %" if totals[true] > 0 else f"no epochs {given(notice)} {true}"
              for predicted in STAGES] for true in STAGES]
    plot = canvas()
    plot.add_heatmap(z=percent.to_numpy(), x=list(STAGES), y=list(STAGES), colorscale=palette.sequential(), zmin=0,
                     zmax=100, text=cells, texttemplate="%{text}", hovertext=hover, hoverinfo="text", xgap=2, ygap=2,
                     showscale=False, textfont={"size": 12, "color": palette.TEXT})
    plot.update_xaxes(side="top", showgrid=False, title_text="predicted")
    plot.update_yaxes(autorange="reversed", showgrid=False, title_text="true")
    right = numpy.trace(counts.to_numpy())
    alt = (f"Confusion matrix of {counts.to_numpy().sum():,} test epochs, {right:,} of them on the diagonal. Recall: "
           + ", ".join(f"{stage} {percent.loc[stage, stage]:.0f} %" if totals[stage] > 0 else f"{stage} no epochs"
                       for stage in STAGES) + ".")
    return Figure(plot, alt, counts.rename_axis("true").rename_axis(columns=None).reset_index(), height=400,
                  name="confusion")


def history(table):
    """Loss and accuracy by training epoch, a line per fold, training dashed and validation solid."""
    plot = canvas(1, 2, subplot_titles=["loss", "accuracy"], horizontal_spacing=0.12)
    for column_number, kind in enumerate(("loss", "accuracy"), start=1):
        for number, (fold, of_fold) in enumerate(table.groupby("fold")):
            for column, dash, words in ((kind, "dot", "training"), (f"val_{kind}", "solid", "validation")):
                hover = [f"fold {fold}, training epoch {row.training_epoch}<br>{words} {kind} {getattr(row, column):.3f}"
                         for row in of_fold.itertuples()]
                plot.add_scatter(x=of_fold["training_epoch"], y=of_fold[column], mode="lines+markers", marker={"size": 4},
                                 line={"dash": dash, "width": 1.5,
                                       "color": palette.TEXT if dash == "solid" else palette.MUTED},
                                 opacity=0.75, name=words, legendgroup=words, hovertext=hover, hoverinfo="text",
                                 showlegend=column_number == 1 and number == 0, row=1, col=column_number)
    plot.update_xaxes(title_text="training epoch", showgrid=False)
    plot.update_yaxes(range=[0, 1.02], row=1, col=2)
    plot.update_layout(legend={"y": 1.09}, margin={"t": 70})
    best = table.groupby("fold")["val_accuracy"].max()
    last = table.groupby("fold")["training_epoch"].max()
    alt = (f"Loss and accuracy of training and validation over training epochs in {len(best)} folds. The best validation "
           f"accuracy lies between {best.min():.3f} and {best.max():.3f}; training ran for {span(last)} "
           f"training epochs.")
    columns = ["fold", "training_epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"]
    return Figure(plot, alt, table[columns], height=340, name="training")
