"""Folds to shares: which relevance each modality of each epoch receives, under each rule."""

from . import rules
from .explainer import Explainer, Maps

__all__ = ["Explainer", "Maps", "rules"]
