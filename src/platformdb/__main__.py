"""``python -m platformdb``."""

from platformdb.cli import main

if __name__ == "__main__":
    main()
