"""How much of real files arrives: public samples, read in the sandbox, beside an independent reader of each kind.

    python -m tests.files.accuracy [subject ...] [--from CHECKOUT]

A subject is one kind of file: its packages with samples, and who reads them independently. `subjects/` has a module for
each; `__main__` lists them. `--from` measures the reader of another checkout on the same files. Samples are fetched by
name from the registries into the cache folder and never committed.
"""
