"""Ways to explain an output that are no rules of relevance propagation, as data: name, formula, source. What computes them is
`helpers.relevance.attributions`.

f is the logit of the class that is explained, x an epoch, b a baseline: 0, which is the mean of a night, or another epoch of the
same night. x_S is x with every modality outside the set S taken from b.
"""

from __future__ import annotations

from dataclasses import dataclass

#: What stands in for what is taken away.
ZERO, EPOCH = "zero", "epoch"


@dataclass(frozen=True)
class Method:
    """What all methods share.

    Attributes
    ----------
    title, source, formula : as of a rule.
    maps : whether it gives one value per time point and channel; else one per modality.
    innvestigate : None, as of a rule that iNNvestigate is not asked for.
    """

    title, source, formula = "", "", ""
    maps = True
    innvestigate = None


@dataclass(frozen=True)
class GradientInput(Method):
    """Gradient × input. Shrikumar et al. 2016, arXiv 1605.01713."""

    title, source = "gradient × input", "shrikumar2016"
    formula = r"a_i = x_i\,\frac{\partial f}{\partial x_i}"


@dataclass(frozen=True)
class IntegratedGradients(Method):
    """Integrated gradients from a baseline, by the midpoint rule. Sundararajan et al. 2017, arXiv 1703.01365."""

    baseline: str = ZERO
    steps: int = 32
    title, source = "integrated gradients", "sundararajan2017"
    formula = r"a_i = (x_i - b_i) \frac{1}{m}\sum_{k=1}^{m} \frac{\partial f}{\partial x_i}\Big(b + \frac{k - 1/2}{m}(x - b)\Big)"


@dataclass(frozen=True)
class SmoothGrad(Method):
    """SmoothGrad: the mean gradient at noisy copies. Smilkov et al. 2017, arXiv 1706.03825.

    `spread` is the noise's standard deviation, in standard deviations of the channel.
    """

    draws: int = 16
    spread: float = 0.2
    title, source = "SmoothGrad", "smilkov2017"
    formula = r"a_i = \frac{1}{m}\sum_{k=1}^{m} \frac{\partial f}{\partial x_i}(x + \sigma n_k),\; n_k \sim N(0, 1)"


@dataclass(frozen=True)
class DeepLift(Method):
    """DeepLIFT, rescale rule. Shrikumar et al. 2017, arXiv 1704.02685."""

    baseline: str = ZERO
    title, source = "DeepLIFT", "shrikumar2017"
    formula = r"a_i = (x_i - b_i)\,m_i,\; m_i = \sum_j m_j \frac{\Delta y_j}{\Delta x_j}\,\text{at ReLU},\; \sum_j w_{ij} m_j\,\text{at weights}"


@dataclass(frozen=True)
class Occlusion(Method):
    """Occlusion of windows of one modality by zeros. Zeiler and Fergus 2014, arXiv 1311.2901."""

    window_s: float = 2.0
    title, source = "occlusion", "zeiler2014"
    formula = r"a_w = f(x) - f(x\;\text{with window}\;w\;\text{of a modality 0})"

    def __post_init__(self):
        if not self.window_s > 0:
            raise ValueError(f"window of {self.window_s:g} s: must be longer than 0 s")


@dataclass(frozen=True)
class Shapley(Method):
    """Exact Shapley values of modalities over epochs of the same night. Shapley 1953; Lundberg and Lee 2017, arXiv 1705.07874."""

    draws: int = 8
    title, source = "Shapley values", "lundberg2017"
    formula = (r"\phi_m = \sum_{S \not\ni m} \frac{\lvert S\rvert!\,(k - \lvert S\rvert - 1)!}{k!}\,[v(S \cup m) - v(S)],\; "
               r"v(S) = \frac{1}{B}\sum_b f(x_S, b)")
    maps = False


@dataclass(frozen=True)
class Ablation(Method):
    """Local ablation: what the logit loses without a modality. Ellis et al. 2023, doi 10.3389/fninf.2023.1123376.

    `replacement` : as `helpers.relevance.replacement.Substitutes.without` takes it.
    """

    replacement: object = "zeros"
    title, source = "ablation", "ellis2023"
    formula = r"a_m = f(x) - f(x\;\text{without}\;m)"
    maps = False
