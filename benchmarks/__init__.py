"""Figures to read, never timed tests: each job beside its peers and its floor.

``python3 dev.py bench [names] [--full]``; what was measured stands in ``docs/performance.md``.
"""
