"""来件: from a file somebody mailed to rows with their source.

``receiving`` keeps files as sent, ``reading_job`` reads them, ``understanding`` lays answers over
what was read, ``difference`` sets it beside what is there, ``taking_over`` writes it, all or nothing.
``kept`` and ``sheets`` are how a reading and a sheet lie in the database.
"""
