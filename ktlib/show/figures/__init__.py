"""The book's figures, one module a chapter: data in, `Figure` out, at two widths.

bkt, sensitivity, em, how_sure, one_class, tutor_logs, irt_or_bkt, two_parameter, retrieval (dense and overlap),
factorization, hierarchical. All take what any fit returns, so they can be drawn of a reader's own.
"""
