"""Which codes at a .5 tie must be rounded the other way so that the reference gives stored outputs?

Stored outputs come without the codes behind them, so those are searched. A state is a choice of codes:
the reference's own, but for a few at a tie. All codes of later layers follow from it as the reference
rounds them. States are tried nearest to the stored outputs first.
"""

import heapq

import numpy as np

MAX_STATES = 500
INT8 = (-128, 127)


class State:
    """A choice of codes, and what the reference computes from it."""

    def __init__(self, codes, values, flips, last):
        self.codes = codes  # name -> array, of every layer
        self.values = values
        self.flips = flips
        self.last = last  # (layer, index) of the last flip


class Search:
    """`run(codes)` gives the reference's values with these codes in place of its own."""

    def __init__(self, layers, run, natural, ulps_off, error, limits):
        self.layers = layers
        self.run = run
        self.natural = natural  # (layer, values) -> codes as the reference rounds them
        self.ulps_off = ulps_off
        self.error = error
        self.max_ulp, self.max_flips = limits

    def follow(self, codes, first, flips, last):
        """The state in which the layers from `first` on are rounded by the reference."""
        codes = dict(codes)
        values = self.run(codes)
        for layer in self.layers[first:]:
            following = self.natural(layer, values)
            if not np.array_equal(following, codes[layer.codes]):
                codes[layer.codes] = following
                values = self.run(codes)
        return State(codes, values, flips, last)

    def flips_of(self, state):
        """(layer, index, other code) of each code at a tie behind the last flip."""
        for number, layer in enumerate(self.layers):
            value = state.values[layer.value].astype(np.float64).ravel()
            ulps = self.ulps_off(state.values[layer.value]).ravel()
            for index in np.flatnonzero(ulps <= self.max_ulp):
                code = float(state.codes[layer.codes].ravel()[index])
                other = 2 * np.floor(value[index]) + 1 - code
                one_step = abs(other - code) == 1 and INT8[0] <= other <= INT8[1]
                if one_step and (number, index) > state.last:
                    yield number, index, other

    def flip(self, state, number, index, other):
        layer = self.layers[number]
        codes = state.codes[layer.codes].copy()
        codes.ravel()[index] = other
        changed = {**state.codes, layer.codes: codes}
        return self.follow(changed, number + 1, state.flips + 1, (number, index))

    def find(self, tolerance):
        """(flips, error) of the first state within `tolerance`, or else of the nearest one seen."""
        start = self.follow({layer.codes: layer.ours for layer in self.layers}, 0, 0, (-1, -1))
        tried = 1
        queue = [(self.error(start.values), tried, start)]
        best = queue[0]
        while queue and best[0] > tolerance and tried < MAX_STATES:
            state = heapq.heappop(queue)[2]
            if state.flips == self.max_flips:
                continue
            for flip in self.flips_of(state):
                reached = self.flip(state, *flip)
                tried += 1
                entry = (self.error(reached.values), tried, reached)
                heapq.heappush(queue, entry)
                best = min(best, entry)
        return best[2].flips, best[0]
