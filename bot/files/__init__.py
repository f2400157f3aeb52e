"""What becomes of the files that people send: told apart by their content, kept, read, shown to models, given back;
answers strictly from them, with checked quotations."""
