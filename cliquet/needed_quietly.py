"""Import what Pyramid 2.1 and Cornice 6.1 need, and what warns of itself.

``pkg_resources`` is deprecated; ``setup.cfg`` holds a setuptools whose warning is for
developers alone, but an environment may have another one. Those who start a service can
do nothing about it. It warns whoever imports it first, and only once: no warning of an
application is lost.
"""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pkg_resources

# pytest loads packages that bring plugins, as ours does, by a loader of its own, for
# which pkg_resources finds no files: static views of Pyramid would be a 500.
if type(pkg_resources.get_provider(__name__)) is pkg_resources.NullProvider:
    pkg_resources.register_loader_type(
        type(__spec__.loader), pkg_resources.DefaultProvider
    )
