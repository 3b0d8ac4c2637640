"""One network in training: its loss, its optimiser, its running average, and one step of them."""

import contextlib
import math
from collections.abc import Callable, Mapping

import numpy as np
import torch
from timm.utils import ModelEmaV3
from torch import Tensor
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

from dataset.idmap import IGNORED
from pipeline.errors import InputError
from pipeline.seeds import seed_for
from train.loader import Batch
from train.model import Network, autocast, build_from, device, freeze, to_training
from train.ranks import alike, rank, world
from train.settings import Fit
from train.task import Task

# Not segmentation_models_pytorch.losses: its Dice leaves out a category that no photo of the batch shows, so that what
# is made up on photos without the object costs nothing, and its focal loss takes each category by itself (sigmoid).
GAMMA = 2.0  # gamma of the focal loss, as its paper recommends


def cross_entropy(logits: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
    """Return the mean cross entropy of logits (B, C, H, W) against truth (B, H, W) int64, pixels weighted by category.

    weights: (C,) float32; the mean is over weights, not pixels.
    """
    return functional.cross_entropy(logits, truth, weights)


def focal(logits: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
    """Return the focal loss (Lin et al. 2017, eq. 5): cross entropy, each pixel times (1 - its probability) ** `GAMMA`.

    Arguments and mean as of `cross_entropy`, whose value a gamma of 0 gives; weights are the paper's alpha.
    """
    surprise = functional.cross_entropy(logits, truth, reduction="none")  # (B, H, W), -log p
    weight = weights[truth]
    return (weight * (1 - torch.exp(-surprise)) ** GAMMA * surprise).sum() / weight.sum()


def soft_dice(logits: Tensor, truth: Tensor) -> Tensor:
    """Return 1 - Dice (Milletari et al. 2016, with sums for squares), averaged over categories without background.

    logits: (B, C + 1, H, W). truth: (B, H, W) int64. Pixels are summed over the batch, so that a photo without the
    object counts by its false pixels alone; a category that is neither there nor predicted costs nothing.
    """
    probability = logits.softmax(1)[:, 1:]  # (B, C, H, W)
    there = functional.one_hot(truth, logits.shape[1]).permute(0, 3, 1, 2)[:, 1:]  # (B, C, H, W)
    over = (0, 2, 3)
    dice = (2 * (probability * there).sum(over) + 1) / (probability.sum(over) + there.sum(over) + 1)
    return 1 - dice.mean()


def unweighted_dice(logits: Tensor, truth: Tensor, weights: Tensor) -> Tensor:  # noqa: ARG001 - one signature for all
    """Return `soft_dice`, which weighs every category the same as it is."""
    return soft_dice(logits, truth)


PARTS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "ce": cross_entropy,
    "focal": focal,
    "dice": unweighted_dice,
}


def counted(logits: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """Return logits and truth as they are, or where pixels are `IGNORED` all others, as images of one pixel each.

    logits: (B, C + 1, H, W). truth: (B, H, W) uint8; returned as int64.
    """
    kept = truth != IGNORED
    if kept.all():
        return logits, truth.to(torch.int64)
    places = kept.flatten().nonzero()[:, 0]
    each = logits.movedim(1, -1).flatten(0, 2).index_select(0, places)  # (N, C + 1)
    return each[:, :, None, None], truth[kept][:, None, None].to(torch.int64)


def loss_of(logits: Tensor, truth: Tensor, loss: str = "ce+dice", weights: Tensor | None = None) -> Tensor:
    """Return the loss of logits (B, C + 1, H, W) against a truth (B, H, W) uint8, as a scalar in float32.

    loss: names of `PARTS` joined by "+". weights: (C + 1,) float32, of a pixel by its category; None = 1 each.
    Pixels that are `IGNORED` take no part; where there are no others, the loss is 0.
    """
    logits, target = counted(logits.float(), truth)  # bfloat16 cannot count the pixels of a batch
    if not target.numel():
        return logits.sum()
    of_class = torch.ones(logits.shape[1], device=logits.device) if weights is None else weights
    terms = [PARTS[name](logits, target, of_class) for name in loss.split("+")]
    return torch.stack(terms).sum()


WARM_UP = 20  # steps in which the learning rate rises, at most a tenth of all
COOLDOWN = 0.3  # share of the steps, the last ones, in which it falls
MAX_GRAD_NORM = 1.0  # the norm to which a step's gradient is cut
MOMENTS = ("step", "exp_avg", "exp_avg_sq")  # what AdamW keeps of a parameter


def rate_at(step: int, steps: int) -> float:
    """Return the learning rate of a step (0 = first) as a share of its peak: up a line, constant, down to 0.

    It falls as 1 - sqrt (Hägele et al. 2024, section 3.1). Up to the fall a training of more steps has the same rates,
    so what a long one scores on the way is what a short one would score there.
    """
    rise = min(WARM_UP, max(steps // 10, 1))
    if step < rise:
        return (step + 1) / rise
    begin = steps * (1 - COOLDOWN)
    return 1 - math.sqrt(max(step - begin, 0) / (steps - begin))


class Learner:
    """A network that learns batch by batch; what a step does depends on its number, the seed and the batch alone."""

    def __init__(self, settings: Fit, num_classes: int, weights: Tensor, seed: int, task: Task | None = None) -> None:
        """weights: (num_classes,) float32, of a pixel in the loss by its category; background included."""
        torch.manual_seed(seed_for(seed, "fit"))  # the decoder's first weights
        self.settings, self.seed, self.weights, self.task = settings, seed, weights.to(device()), task
        self.network = build_from(vars(settings), num_classes, pretrained=True)
        if task:
            task.adapt(self.network)
        freeze(self.network, settings.freeze, settings.img_size)
        self.average = ModelEmaV3(self.network, settings.ema, use_warmup=True) if settings.ema is not None else None
        self.learned = {name: p for name, p in self.network.named_parameters() if p.requires_grad}
        self.optimiser = torch.optim.AdamW(
            self.learned.values(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )
        self.forward: Callable[[Tensor], Tensor] = self.network

    def start(self) -> None:
        """Get ready for steps, once the network has the weights to begin with: join the processes, compile."""
        to_training(self.network, self.settings.keep_norms)
        if world() > 1:
            self.forward = DistributedDataParallel(self.network)
        if self.settings.compile:
            self.forward = torch.compile(self.forward)

    def step(self, number: int, batch: Batch) -> float:
        """Learn from this process's batch as step `number` (0 = first); return the loss of its images.

        The batch is taken in `accumulate` parts, each with its own loss, dropout and batch statistics; the step follows
        their mean over all processes. So two processes do as one does with twice the parts.
        Raises InputError when the loss is not finite.
        """
        images, truths = (torch.from_numpy(array).to(device(), non_blocking=True) for array in batch)
        parts = self.settings.accumulate
        self.optimiser.zero_grad()
        total = 0.0
        pairs = zip(images.chunk(parts), truths.chunk(parts), strict=True)
        for part, (some, truth) in enumerate(pairs):
            with self.unsent(last=part == parts - 1):
                total += self.backward(number, rank() * parts + part, some, truth) / parts
        torch.nn.utils.clip_grad_norm_(self.learned.values(), MAX_GRAD_NORM)
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.learning_rate * rate_at(number, self.settings.steps)
        self.optimiser.step()
        if self.average:
            self.average.update(self.network, number + 1)
        return total

    def backward(self, number: int, part: int, images: Tensor, truths: Tensor) -> float:
        """Add the gradients of one part of a step to those that are there; return its loss."""
        torch.manual_seed(seed_for(self.seed, "step", number, part))  # dropout, the same whoever takes this part
        if self.task:
            images = self.task.ask(self.network, images, truths, seed_for(self.seed, "ask", number, part))
        with autocast():
            logits = self.forward(images)
        loss = loss_of(logits, truths, self.settings.loss, self.weights)
        found = loss.item()
        if not math.isfinite(found):
            raise InputError(
                f"params.yaml: with fit.learning_rate {self.settings.learning_rate} the loss is {found} at step "
                f"{number}, wanted a number; lower the learning rate"
            )
        (loss / self.settings.accumulate).backward()  # type: ignore[no-untyped-call]
        return found

    def unsent(self, last: bool) -> contextlib.AbstractContextManager[None]:
        """Return the context in which gradients stay in this process, unless it is a step's last part."""
        if last or world() == 1:
            return contextlib.nullcontext()
        return self.forward.no_sync()  # type: ignore[attr-defined,no-any-return]

    @property
    def answer(self) -> Network:
        """The network to score: the running average of the weights, or the weights themselves; in the mode it has."""
        return self.average.module if self.average else self.network

    def settle(self) -> Network:
        """Return the network to score in eval mode, the same in all processes."""
        network = self.answer.eval()
        alike(list(network.body.state_dict().values()))
        return network

    def tensors(self) -> dict[str, Tensor]:
        """Return all tensors that a later step depends on, by name; they are the live ones."""
        found = {f"network.{name}": tensor for name, tensor in self.network.body.state_dict().items()}
        if self.average:
            found |= {f"average.{name}": t for name, t in self.average.module.body.state_dict().items()}
        for name, parameter in self.learned.items():
            state = self.optimiser.state.get(parameter, {})
            found |= {f"optimiser.{moment}.{name}": state[moment] for moment in MOMENTS if moment in state}
        return found

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from what `tensors` gave; raise KeyError or RuntimeError when they are of another network."""
        self.network.body.load_state_dict(below("network", tensors))
        if self.average:
            self.average.module.body.load_state_dict(below("average", tensors))
        for moment in MOMENTS:
            for name, saved in below(f"optimiser.{moment}", tensors).items():
                parameter = self.learned[name]
                like = parameter if saved.shape == parameter.shape else saved.to(device())
                self.optimiser.state[parameter][moment] = torch.empty_like(like).copy_(saved)  # in the same strides


def below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors whose names begin with a prefix and a dot, without these."""
    start = f"{prefix}."
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}


def as_weights(weights: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Tensor:
    """Return weights (C,) float64 as a float32 tensor."""
    return torch.from_numpy(weights).float()
