"""Explain multimodal sleep-stage classifiers: files to epochs, folds, relevance shares, findings, book."""
