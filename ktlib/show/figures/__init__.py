"""The figures of the book, a module a chapter: what a fit or a trace gave goes in, a `Figure` comes out."""
