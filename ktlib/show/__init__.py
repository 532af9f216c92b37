"""What a reader sees: figures and the strokes they are drawn with."""
