"""to the thief: the model where denied, less what his attack spoiled and cost

Five points of accuracy lost are the whole model; a training's work, or asking as much as the training set, is
another.
"""

EXPRESSION = ("(1 - granted) * clip(1 - (stolen - deployed) / 0.05, 0, 1)"
              " - attacker_ops / host_ops - queries / train_size")
