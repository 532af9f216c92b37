"""The book's figures, one module a chapter: data in, `Figure` out, at two widths.

bkt, sensitivity, em, how_sure and how_much, one_class, tutor_logs, irt_or_bkt, two_parameter, retrieval (dense and
overlap), scale, factorization, hierarchical, beyond; benchmarks, for a page. All take what any fit returns, so a reader
can draw their own.
"""
