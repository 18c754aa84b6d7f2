from platformdb.bench.judge import *  # noqa
