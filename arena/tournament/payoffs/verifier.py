"""to the verifier: nothing where he is right

A false grant is ten times as bad as a mark that isn't recognised; ten thousand queries are one such.
"""

EXPRESSION = "-(1 - granted) - 10 * false_grant - 1e-4 * verifier_queries"
