"""Networks of other libraries by name (`timm:resnet10t`), one file a library: `maker` gives what makes one of `classes`
and `shape`, `source` says by a hash which code and which settings that is. Only architectures are theirs: weights come
from the match's own draws, or from a file beside the scenario (`base: {weights: ...}`); nothing is ever fetched."""
