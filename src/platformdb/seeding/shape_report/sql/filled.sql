-- How many rows were looked at, and in how many of them each column has a value.
SELECT count(*), {counts} FROM {table} {sample}
