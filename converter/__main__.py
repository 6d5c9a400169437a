"""`python -m converter` is the same as the command `nbpress`."""

from converter.cli import main

if __name__ == "__main__":
    main()
