from platformdb.bench.model import *  # noqa
