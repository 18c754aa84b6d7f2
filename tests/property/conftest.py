"""One profile for all property tests: a slow machine is not a failure."""

from hypothesis import settings

settings.register_profile("platformdb", deadline=None)
settings.load_profile("platformdb")
