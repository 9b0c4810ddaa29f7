"""The modules of ``dev.py``. Standard library only; nothing of the portal is imported here."""
