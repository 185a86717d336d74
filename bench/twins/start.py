"""What our side began with: its first state, and the batches of its first steps with all of their random numbers."""

import json
import math

import torch

TYPES = {"F32": torch.float32, "I32": torch.int32}


def read_safetensors(path):
    """Tensors by name. Eight bytes with the length of a JSON header, the header, the numbers."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        numbers = bytearray(file.read())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        kind, count = TYPES[entry["dtype"]], math.prod(entry["shape"])
        flat = torch.empty(0, dtype=kind)
        if end > begin:
            flat = torch.frombuffer(numbers, dtype=kind, count=count, offset=begin)
        tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors


class Start:
    """`state`: tensors by the names that they have on our side; batches by number, and over again after the last."""

    def __init__(self, path):
        tensors = {
            name: tensor.to(torch.get_default_dtype()) if tensor.is_floating_point() else tensor
            for name, tensor in read_safetensors(path).items()
        }
        self.state = {name[6:]: tensor for name, tensor in tensors.items() if name.startswith("state.")}
        batches = {name[6:]: tensor for name, tensor in tensors.items() if name.startswith("batch.")}
        self.count = len(next(iter(batches.values())))
        self.batches = [{name: tensor[i] for name, tensor in batches.items()} for i in range(self.count)]
        for batch in self.batches:
            if "target" in batch:
                batch["labels"] = batch.pop("target").long()

    def batch(self, index):
        return self.batches[index % self.count]

    def parameter(self, name, gradient=True):
        """A copy of the tensor of that name, to be trained."""
        return self.state[name].clone().requires_grad_(gradient)

    def dense(self, name, gradient=True):
        """Weight and bias of the layer of that name."""
        return [self.parameter(f"{name}.{leaf}", gradient) for leaf in ("weight", "bias")]
