"""The vendor's books: what is owed in training, what was earned, what will end (docs/books.md)."""
