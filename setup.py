"""Everything else about the distribution is declared in ``setup.cfg``."""

from setuptools import find_namespace_packages, find_packages, setup

# What has no ``__init__.py`` and is a package nevertheless: PEP 561.
STUBS = find_namespace_packages(include=["*-stubs", "*-stubs.*"])

setup(packages=[*find_packages(include=["cliquet", "cliquet.*"]), *STUBS])
