"""Layers that a CPU computes faster than torch's own, with the same weights and, but for rounding, the same results."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import torch
from segmentation_models_pytorch.decoders.fpn.decoder import MergeBlock
from timm.layers import Conv2dSame, pad_same
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.grad import conv2d_input

SMALL = 20  # pixels: the side of outputs up to which `DepthwiseProduct` is faster; 16 are, 32 are not


class Pointwise(nn.Conv2d):
    """A 1x1 convolution in bfloat16 that takes and gives float32: half of an encoder's work on a CPU.

    As a matrix product over the channels_last view: as a convolution torch copies all it takes first.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's name
        """Return (B, out, H, W) float32 of (B, in, H, W) float32."""
        with torch.autocast("cpu", torch.bfloat16):
            made = functional.linear(input.permute(0, 2, 3, 1), self.weight.flatten(1), self.bias)
        return made.float().permute(0, 3, 1, 2)


class FloatGroupNorm(nn.GroupNorm):
    """A group norm in float32 whatever autocast says: in bfloat16 its gradient takes three times as long on a CPU."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's name
        """Return (B, C, H, W) of (B, C, H, W), of the same dtype."""
        with torch.autocast("cpu", enabled=False):
            return super().forward(input.float()).to(input.dtype)


class Added(nn.Module):
    """The sum of feature maps: FPN's own stacks them first, and then sums over the stack."""

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Return the sum (B, C, H, W) of one or more (B, C, H, W)."""
        return functools.reduce(torch.add, maps)


class Halving(nn.Conv2d):
    """A 3x3 convolution of stride 2 that pads as TensorFlow does, without a padded copy of images with even sides.

    There TensorFlow pads one pixel less above and left than below and right. A kernel with a row and a column of zeros
    before its own, on as many pixels on all sides, gives the same.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's name
        """Return (B, C', H / 2, W / 2), rounded up, of (B, C, H, W)."""
        if input.shape[-2] % 2 or input.shape[-1] % 2:
            seen = pad_same(input, self.kernel_size, self.stride)
            return functional.conv2d(seen, self.weight, self.bias, 2, 0, 1, self.groups)
        kernel = functional.pad(self.weight, (1, 0, 1, 0))
        return functional.conv2d(input, kernel, self.bias, 2, 1, 1, self.groups)


def multiplies_bf16() -> bool:
    """Return whether this CPU multiplies in bfloat16; elsewhere that is slower than float32, by up to 500 times.

    Asked of the processor, not timed: a timing may come out otherwise on a busy machine, and then weights do, too.
    """
    able = torch.cpu.get_capabilities()
    return bool(able.get("amx_bf16") or able.get("avx512_bf16"))


class DepthwiseProduct(torch.autograd.Function):
    """A depthwise convolution; the gradient of its weights is itself one.

    dW[c, i, j] = sum over b, y, x of seen[b, c, s y + i, s x + j] * slope[b, c, y, x]: each channel of each image is
    convolved with the slope of its output, as a kernel dilated by the stride s, and the images are summed. Of kernels
    wider than 3 oneDNN computes that gradient slowly: of 5x5 in ten times what the other gradient takes.
    """

    @staticmethod
    def forward(context: Any, seen: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
        """Return the convolution of (B, C, H, W) with (C, 1, K, K)."""
        context.save_for_backward(seen, weight)
        context.stride, context.padding = stride, padding
        return functional.conv2d(seen, weight, None, stride, padding, 1, len(weight))

    @staticmethod
    def backward(context: Any, *slopes: Tensor) -> tuple[Tensor | None, Tensor, None, None]:
        """Return the gradients of the input, where it is asked for, and of the weights."""
        (slope,), (seen, weight) = slopes, context.saved_tensors
        (count, channels, height, width), kernel = seen.shape, weight.shape[-1]
        back = None
        if context.needs_input_grad[0]:
            back = conv2d_input(  # type: ignore[no-untyped-call]
                seen.shape, weight, slope, context.stride, context.padding, 1, channels
            )
        images = seen.permute(2, 3, 0, 1).reshape(1, height, width, -1).permute(0, 3, 1, 2)
        kernels = slope.permute(2, 3, 0, 1).reshape(*slope.shape[2:], 1, -1).permute(3, 2, 0, 1)
        found = functional.conv2d(images, kernels, None, 1, context.padding, context.stride, count * channels)
        found = found[..., :kernel, :kernel].reshape(count, channels, kernel, kernel)
        return back, found.sum(0).unsqueeze(1), None, None


class Depthwise(nn.Conv2d):
    """A depthwise convolution by `DepthwiseProduct` where that is faster: where its output is small."""

    same = False  # whether the input is padded so that the output is the input's size / stride, as in TensorFlow

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's name
        """Return (B, C, H', W') of (B, C, H, W)."""
        seen = pad_same(input, self.weight.shape[-2:], self.stride) if self.same else input
        padding, stride = 0 if self.same else self.weight.shape[-1] // 2, self.stride[0]
        small = seen.shape[-2] * seen.shape[-1] <= (SMALL * stride) ** 2
        if small and torch.is_grad_enabled() and self.weight.requires_grad:
            return DepthwiseProduct.apply(seen, self.weight, stride, padding)  # type: ignore[no-any-return]
        return functional.conv2d(seen, self.weight, None, stride, padding, 1, self.groups)


def put(network: nn.Module, made: Callable[[Any], nn.Module | None]) -> None:
    """Put what `made` returns of a layer in its place; None leaves it."""
    for name, module in list(network.named_modules()):
        if new := made(module):
            network.set_submodule(name, new)


def with_pointwise(encoder: nn.Module) -> None:
    """Put `Pointwise` in the place of every plain 1x1 convolution of an encoder; its weights stay the same tensors."""
    put(encoder, pointwise_of)


def pointwise_of(module: nn.Conv2d) -> Pointwise | None:
    """Return the `Pointwise` of a plain 1x1 convolution, None of anything else."""
    plain = {"kernel_size": (1, 1), "stride": (1, 1), "padding": (0, 0), "groups": 1}
    if type(module) is not nn.Conv2d or any(getattr(module, key) != value for key, value in plain.items()):
        return None
    made = Pointwise(module.in_channels, module.out_channels, 1, bias=module.bias is not None)
    made.weight, made.bias = module.weight, module.bias
    return made


def with_depthwise(encoder: nn.Module) -> None:
    """Put `Depthwise` in the place of depthwise convolutions wider than 3; their weights stay the same tensors."""
    put(encoder, depthwise_of)


def depthwise_of(module: nn.Conv2d) -> Depthwise | None:
    """Return the `Depthwise` of a convolution that it may be faster than, None of anything else."""
    if type(module) not in {nn.Conv2d, Conv2dSame} or not is_wide_depthwise(module):
        return None
    channels = module.in_channels
    made = Depthwise(channels, channels, module.kernel_size[0], module.stride[0], groups=channels, bias=False)
    made.weight, made.same = module.weight, type(module) is Conv2dSame
    return made


def is_wide_depthwise(module: nn.Conv2d) -> bool:
    """Return whether `Depthwise` can take the place of a convolution, and may be faster."""
    side, stride = module.kernel_size[0], module.stride[0]
    wanted = {
        "kernel_size": (side, side),
        "stride": (stride, stride),
        "dilation": (1, 1),
        "groups": module.in_channels,
        "out_channels": module.in_channels,
        "padding_mode": "zeros",
        "bias": None,
    }
    padded = type(module) is Conv2dSame or module.padding == (side // 2, side // 2)
    return side > 3 and side % 2 == 1 and padded and all(getattr(module, key) == value for key, value in wanted.items())


def with_halving(encoder: nn.Module) -> None:
    """Put `Halving` in the place of the 3x3 convolutions that it can do; their weights stay the same tensors."""
    put(encoder, halving_of)


def halving_of(module: nn.Conv2d) -> Halving | None:
    """Return the `Halving` of a 3x3 convolution of stride 2 that pads as TensorFlow does, None of anything else."""
    wanted = {"kernel_size": (3, 3), "stride": (2, 2), "dilation": (1, 1)}
    if type(module) is not Conv2dSame or any(getattr(module, key) != value for key, value in wanted.items()):
        return None
    made = Halving(module.in_channels, module.out_channels, 3, 2, groups=module.groups, bias=module.bias is not None)
    made.weight, made.bias = module.weight, module.bias
    return made


def with_added(decoder: nn.Module) -> None:
    """Put `Added` in the place of FPN's merging of its pyramid, where that is a sum."""
    put(decoder, lambda module: Added() if type(module) is MergeBlock and module.policy == "add" else None)


def with_float_norms(body: nn.Module) -> None:
    """Put `FloatGroupNorm` in the place of every group norm; its weights stay the same tensors."""
    put(body, float_norm_of)


def float_norm_of(module: nn.GroupNorm) -> FloatGroupNorm | None:
    """Return the `FloatGroupNorm` of a group norm, None of anything else."""
    if type(module) is not nn.GroupNorm:
        return None
    made = FloatGroupNorm(module.num_groups, module.num_channels, module.eps, module.affine)
    made.weight, made.bias = module.weight, module.bias
    return made
