"""What applications declare in Python, looked at when it is declared.

Each module looks at one kind: ``resources``, ``schemas``, ``services``,
``subscribers``, ``users`` (policies, id generators), ``hooks`` (when they were called).
What cannot work is refused with a ``ConfigurationError``; what 3.1 let pass is a
warning, as somebody may live with it. Either is one sentence: which class, what is
wrong, what to write instead (docs: mistakes).
"""
