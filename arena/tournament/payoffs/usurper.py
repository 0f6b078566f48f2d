"""to the forger of a claim: the model where he is granted it, less his work"""

EXPRESSION = "false_grant - usurper_ops / host_ops"
