"""The built-in pair: VGG19's topology at an eighth of its width for 128 × 128 pixels, and a generator that inverts
its relu7. Pictures are BGR, 0–255 less the mean. Batch norm is for training and is folded into the layers
after it."""
import torch
from torch import nn

MEAN = (104.00699, 116.66877, 122.67892)  # BGR
SCALE = 64.0  # pixels are divided by it inside; export folds it into conv1_1 and deconv1

BLOCKS = [[8, 8], [16, 16], [32] * 4, [64] * 4, [64] * 4]
CONVS = [f"conv{b + 1}_{i + 1}" for b, block in enumerate(BLOCKS) for i in range(len(block))]


class Network(nn.Module):
    """forward gives the pre-activations of all 19 layers by name and relu7, with batch norm or folded."""

    def __init__(self, classes, folded=False):
        super().__init__()
        self.layers, self.norms, c = nn.ModuleDict(), nn.ModuleDict(), 3
        for name in CONVS:
            out = BLOCKS[int(name[4]) - 1][0]
            self.layers[name] = nn.Conv2d(c, out, 3, padding=1, bias=folded)
            c = out
        for name, i, o in (("fc6", 1024, 512), ("fc7", 512, 512), ("fc8", 512, classes)):
            self.layers[name] = nn.Linear(i, o, bias=folded or name == "fc8")
        if not folded:
            for name, l in self.layers.items():
                if name != "fc8":
                    kind = nn.BatchNorm2d if name.startswith("conv") else nn.BatchNorm1d
                    self.norms[name] = kind(l.weight.shape[0])

    def forward(self, x, upto="fc8", start="conv1_1"):
        """x is pool5, flat, where start is fc6."""
        f, h, begun = {}, x if len(self.norms) == 0 else x / SCALE, False
        for name, l in self.layers.items():
            begun = begun or name == start
            if not begun:
                continue
            if name == "fc6":
                h = f["pool5"] = h.flatten(1)  # C, H, W order
            h = l(h)
            if name in self.norms:
                h = self.norms[name](h)
            f[name] = h
            if name == upto:
                break
            h = torch.relu(h)
            if name == "fc7":
                f["relu7"] = h
            if name in ("conv1_2", "conv2_2", "conv3_4", "conv4_4", "conv5_4"):
                h = nn.functional.max_pool2d(h, 2)
        return f


HEAD = [("defc7", 512, 1024), ("defc6", 1024, 1024), ("defc5", 1024, 2048)]
TAIL = [("deconv5", 128, 128, 4), ("conv5_1", 128, 128, 3), ("deconv4", 128, 96, 4), ("conv4_1", 96, 96, 3),
        ("deconv3", 96, 48, 4), ("conv3_1", 48, 48, 3), ("deconv2", 48, 24, 4), ("deconv1", 24, 3, 4)]


class Generator(nn.Module):
    """relu7 in, picture out; leaky ReLU of 0.3 after all layers but deconv1."""

    def __init__(self, folded=False):
        super().__init__()
        self.layers, self.norms = nn.ModuleDict(), nn.ModuleDict()
        for name, i, o in HEAD:
            self.layers[name] = nn.Linear(i, o, bias=folded)
        for name, i, o, k in TAIL:
            s = 2 if k == 4 else 1
            self.layers[name] = nn.ConvTranspose2d(i, o, k, s, 1, bias=folded or name == "deconv1")
        if not folded:
            for name, _, o in HEAD:
                self.norms[name] = nn.BatchNorm1d(o)
            for name, _, o, _ in TAIL[:-1]:
                self.norms[name] = nn.BatchNorm2d(o)

    def forward(self, z, f=None):
        """f, where given, collects what the layers make, after their activation."""
        h = z
        for name, l in self.layers.items():
            if name == "deconv5":
                h = h.unflatten(1, (128, 4, 4))
            h = l(h)
            if name in self.norms:
                h = self.norms[name](h)
            if name != "deconv1":
                h = nn.functional.leaky_relu(h, 0.3)
            if f is not None:
                f[name] = h
        return h if len(self.norms) == 0 else h.float() * SCALE


def fold(model):
    """Gives a copy without batch norm that computes what model.eval() computes; a folded model as it is."""
    if len(model.norms) == 0:
        return model
    out = Network(model.layers["fc8"].out_features, True) if isinstance(model, Network) else Generator(True)
    for name, l in model.layers.items():
        w = l.weight.detach().double()
        b = l.bias.detach().double() if l.bias is not None else 0.0
        if name in model.norms:
            n = model.norms[name]
            k = n.weight.detach().double() / torch.sqrt(n.running_var.double() + n.eps)
            axis = 1 if isinstance(l, nn.ConvTranspose2d) else 0
            shape = [1] * w.dim()
            shape[axis] = -1
            w, b = w * k.reshape(shape), (b - n.running_mean.double()) * k + n.bias.detach().double()
        if name == "conv1_1":
            w = w / SCALE
        if name == "deconv1":
            w, b = w * SCALE, b * SCALE
        out.layers[name].weight.data.copy_(w)
        out.layers[name].bias.data.copy_(b)
    return out.eval()
