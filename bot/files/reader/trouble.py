"""What can be wrong with a file."""


class Trouble(Exception):
    """A file cannot be read; `name` says why.

    encrypted    it has a password
    sealed       all of it is encrypted for somebody's mail program
    broken       it is not what it says, or damaged
    bomb         unpacked it is far larger than any real document
    pixels       a picture of more than `most` megapixels
    unsupported  a form of it that nothing here reads
    missing      what would read it is not installed
    """

    def __init__(self, name: str, **values: object) -> None:
        super().__init__(name)
        self.name = name
        self.values = values
