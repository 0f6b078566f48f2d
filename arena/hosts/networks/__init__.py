"""The networks that can be hosts: ROSE's three (appendix VI), a small one for 8x8 digits, and any of torchvision's
classification models.

Every network has two parts, `features` and `decision` (the fully connected layers): transfer learning replaces the
second (ROSE II-A). Input: float images in 0..1, (N, C, H, W); output: logits (N, classes). An `Architecture` says how
to build one again.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from arena.base.draws import borrowed
from arena.base.errors import ArenaError, suggest
from arena.base.told import summary
from arena.game.ledger import meter
from arena.hosts.architecture import Architecture
from arena.hosts.networks import residual
from arena.hosts.networks.exponential import weight_exponentially

IMAGENET_MEAN, IMAGENET_SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CAFFE_MEAN = (104.0, 117.0, 123.0)


class Network(nn.Module):
    """A classifier in two parts; `architecture` says how it was built."""

    def __init__(self, architecture: Architecture, features: nn.Module, decision: nn.Module) -> None:
        super().__init__()
        self.architecture, self.features, self.decision = architecture, features, decision

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.decision(self.features(images))


def _conv(inputs: int, outputs: int, kernel: int, padding: int = 0, pool: bool = False) -> list[nn.Module]:
    """A convolution with ReLU, and max pooling before it where asked for: the same function as pooling behind it, at a
    quarter of the cost."""
    return [nn.Conv2d(inputs, outputs, kernel, padding=padding), *([nn.MaxPool2d(2)] if pool else []),
            nn.ReLU(inplace=True)]


def _width(features: nn.Module, shape: tuple[int, int, int]) -> int:
    """How many numbers the features give for one image."""
    with meter().paused(), torch.no_grad():
        return features(torch.zeros(1, *shape)).shape[1]


def _digits_cnn(architecture: Architecture) -> Network:
    """three 3x3 convolutions (32, 64, 128 filters) with batch norm, two max poolings; fully connected 128: for 8x8
    digits"""
    inputs, layers = architecture.shape[0], []
    for outputs, pool in ((32, False), (64, True), (128, True)):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs),
                   *([nn.MaxPool2d(2)] if pool else []), nn.ReLU(inplace=True)]
        inputs = outputs
    features = nn.Sequential(*layers, nn.Flatten())
    width = _width(features, architecture.shape)
    decision = nn.Sequential(nn.Linear(width, 128), nn.ReLU(), nn.Linear(128, architecture.classes))
    return Network(architecture, features, decision)


def _rose_cnn(architecture: Architecture, dropout: float = 0.0) -> Network:
    """ROSE's MNIST network: two 5x5 convolutions (64, 128 filters) with max pooling; fully connected 256"""
    channels = architecture.shape[0]
    features = nn.Sequential(*_conv(channels, 64, 5, pool=True), *_conv(64, 128, 5, pool=True), nn.Flatten())
    layers = [nn.Dropout(dropout), nn.Linear(_width(features, architecture.shape), 256), nn.ReLU(),
              nn.Dropout(dropout), nn.Linear(256, architecture.classes)]
    decision = nn.Sequential(*(layer for layer in layers if dropout or not isinstance(layer, nn.Dropout)))
    return Network(architecture, features, decision)


def _rose_cnn_dropout(architecture: Architecture) -> Network:
    """ROSE's Fashion-MNIST network: `rose-cnn` with dropout 0.2 behind the last pooling and between the fully connected
    layers"""
    return _rose_cnn(architecture, 0.2)


def _rose_cifar(architecture: Architecture) -> Network:
    """ROSE's CIFAR-10 network: four blocks of two 3x3 convolutions (32, 64, 128, 256), pooling and dropout 0.2; fully
    connected 128, 256"""
    inputs, layers = architecture.shape[0], []
    for outputs in (32, 64, 128, 256):
        layers += [*_conv(inputs, outputs, 3, 1), *_conv(outputs, outputs, 3, 1, pool=True), nn.Dropout(0.2)]
        inputs = outputs
    features = nn.Sequential(*layers, nn.Flatten())
    width = _width(features, architecture.shape)
    decision = nn.Sequential(nn.Linear(width, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 256), nn.ReLU(),
                             nn.Linear(256, architecture.classes))
    network = Network(architecture, features, decision)
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.get_parameter("bias"))
    return network


def _residual(architecture: Architecture, features: nn.Sequential) -> Network:
    decision = nn.Linear(_width(features.eval(), architecture.shape), architecture.classes)
    return Network(architecture, features, decision).train()


def _wide_resnet(architecture: Architecture) -> Network:
    """Uchida et al.'s wide residual network: N=1, k=4, for 32x32 images (Table 3)"""
    return _residual(architecture, residual.wide(architecture.shape[0], 4))


def _wide_resnet_narrow(architecture: Architecture) -> Network:
    """the same with k=1, for small images"""
    return _residual(architecture, residual.wide(architecture.shape[0], 1))


def _resnet_32(architecture: Architecture) -> Network:
    """He et al.'s ResNet-32 for 32x32 images, Namba and Sakuma's host"""
    return _residual(architecture, residual.residual(architecture.shape[0], 32))


def _resnet_8(architecture: Architecture) -> Network:
    """the same family with 8 layers, for small machines"""
    return _residual(architecture, residual.residual(architecture.shape[0], 8))


def rose_decision(inputs: int, classes: int) -> nn.Module:
    """ROSE's decision part for transfer learning: fully connected 1024, 512, classes (appendix VI.3)."""
    return nn.Sequential(nn.Linear(inputs, 1024), nn.ReLU(), nn.Linear(1024, 512), nn.ReLU(), nn.Linear(512, classes))


NETWORKS: dict[str, Callable[[Architecture], Network]] = {
    "digits-cnn": _digits_cnn, "rose-cnn": _rose_cnn, "rose-cnn-dropout": _rose_cnn_dropout, "rose-cifar": _rose_cifar,
    "wide-resnet": _wide_resnet, "wide-resnet-narrow": _wide_resnet_narrow, "resnet-32": _resnet_32,
    "resnet-8": _resnet_8,
}


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
        raise ArenaError(f"unknown network {name!r}{suggest(name, [*NETWORKS, *torchvision_names()])}")
    model = models.get_model(name, weights=None,
                             **({"aux_logits": False} if name in ("googlenet", "inception_v3") else {}))
    part = next(part for part in ("fc", "classifier", "head", "heads") if hasattr(model, part))
    setattr(model, part, nn.AdaptiveAvgPool2d(1) if name.startswith("squeezenet") else nn.Identity())
    return _Body(model)


def _torchvision(architecture: Architecture) -> Network:
    side = architecture.resize or max(32, architecture.shape[-1])
    backbone = torchvision_backbone(architecture.network).eval()
    features = nn.Sequential(ImageNetInput(side, architecture.input), backbone)
    width = _width(features, architecture.shape)
    return Network(architecture, features.train(), rose_decision(width, architecture.classes))


def build(architecture: Architecture, generator: torch.Generator | None = None) -> Network:
    """A new network with weights drawn from `generator` (None: the weights will be loaded). ArenaError for an unknown
    name."""
    maker = NETWORKS.get(architecture.network, _torchvision)
    with borrowed(generator or torch.Generator()):
        try:
            return weight_exponentially(maker(architecture), architecture.temperature)  # type: ignore[return-value]
        except (RuntimeError, ValueError) as error:
            what = f"network {architecture.network!r} can't take images of shape {tuple(architecture.shape)}"
            raise ArenaError(f"{what}: {str(error).splitlines()[0]}") from None


def replace_decision(network: Network, architecture: Architecture, generator: torch.Generator) -> Network:
    """A network with the features of `network` and a new decision part (transfer learning, ROSE II-A)."""
    fresh = build(architecture, generator)
    fresh.features.load_state_dict(network.features.state_dict())
    return fresh


def known_networks() -> dict[str, str]:
    """Name -> one line, of our own networks (torchvision's come on top)."""
    return {name: summary(maker.__doc__) for name, maker in NETWORKS.items()}
