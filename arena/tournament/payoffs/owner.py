"""to the owner: his model where granted, less accuracy and work

A point of accuracy that the mark costs is a tenth of the model, a training's worth of work a twentieth.
"""

EXPRESSION = "granted - 10 * (unmarked - marked) - 0.05 * owner_ops / host_ops"
