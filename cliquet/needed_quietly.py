"""Import what Pyramid 2.1 and Cornice 6.1 need, and what warns of itself.

``pkg_resources`` is deprecated; ``setup.cfg`` holds the setuptools that have it. Those
who start a service can do nothing about it. It warns whoever imports it first, and only
once, so that no warning of an application is lost.
"""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pkg_resources  # noqa: F401 -- for its effect
