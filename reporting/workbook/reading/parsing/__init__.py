"""What happens to a strange file in the limited child: weighed, told by content, cut into grids.

Nothing here imports Django or anything of ours outside this package, so that the child starts
quickly and holds no connection. ``child`` is its only door; the parent talks to it by ``sandbox``.
"""
