"""Any of torchvision's classification models as a host, with the input that models trained on ImageNet expect."""

from __future__ import annotations

import torch
from torch import nn

from arena.base.errors import ArenaError, suggest
from arena.hosts.architecture import Architecture
from arena.hosts.networks.parts import Network, rose_decision, width

IMAGENET_MEAN, IMAGENET_SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CAFFE_MEAN = (104.0, 117.0, 123.0)


class ImageNetInput(nn.Module):
    """What models trained on ImageNet expect: three channels, a size of at least 32, and either torchvision's mean and
    spread or Caffe's (BGR, 0..255, mean only)."""

    mean: torch.Tensor
    sd: torch.Tensor

    def __init__(self, side: int, kind: str) -> None:
        super().__init__()
        self.side, self.caffe = side, kind == "caffe"
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("sd", torch.tensor(IMAGENET_SD).view(1, 3, 1, 1), persistent=False)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if images.shape[1] == 1:
            images = images.expand(-1, 3, -1, -1)
        if images.shape[-1] != self.side:
            images = nn.functional.interpolate(images, size=(self.side, self.side), mode="bilinear", antialias=False)
        if self.caffe:
            return images.flip(1) * 255 - images.new_tensor(CAFFE_MEAN).view(1, 3, 1, 1)
        return (images - self.mean) / self.sd

    def extra_repr(self) -> str:
        return f"side={self.side}, caffe={self.caffe}"


class _Body(nn.Module):
    """A torchvision model without its last layer, which became the identity."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.model(images).flatten(1)


def torchvision_names() -> list[str]:
    """The names of torchvision's classification models."""
    from torchvision import models

    return models.list_models(module=models)


def torchvision_backbone(name: str) -> nn.Module:
    """A torchvision classification model without its decision part (`fc`, `classifier`, `head` or `heads`); ArenaError
    when unknown."""
    from torchvision import models

    if name not in torchvision_names():
        raise ArenaError(f"unknown network {name!r}{suggest(name, torchvision_names())}")
    model = models.get_model(name, weights=None,
                             **({"aux_logits": False} if name in ("googlenet", "inception_v3") else {}))
    part = next(part for part in ("fc", "classifier", "head", "heads") if hasattr(model, part))
    setattr(model, part, nn.AdaptiveAvgPool2d(1) if name.startswith("squeezenet") else nn.Identity())
    return _Body(model)


def make(architecture: Architecture) -> Network:
    """A torchvision model by its name there, with ROSE's decision part (appendix VI.3)."""
    side = architecture.resize or max(32, architecture.shape[-1])
    backbone = torchvision_backbone(architecture.network).eval()
    features = nn.Sequential(ImageNetInput(side, architecture.input), backbone)
    decision = rose_decision(width(features, architecture.shape, architecture.resize), architecture.classes)
    return Network(architecture, features.train(), decision)
