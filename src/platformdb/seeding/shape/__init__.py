"""Which rows there are: how many, what each refers to, and when."""
