"""Times of functions that take turns."""
import time


def block(function, seconds):
    """Best and median time of calls for about `seconds`."""
    samples, stop = [], time.perf_counter() + seconds
    while len(samples) < 3 or time.perf_counter() < stop:
        start = time.perf_counter()
        function()
        samples.append(time.perf_counter() - start)
    samples.sort()
    return samples[0], samples[len(samples) // 2]


def in_turn(functions, seconds, rounds=5):
    """Per name the best time and the best median of a round. Each gets warm again before
    its turn, after the threads of the one before it had time to fall asleep."""
    times = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            time.sleep(0.01)
            function()
            times[name].append(block(function, seconds / rounds))
    return {name: tuple(map(min, zip(*found))) for name, found in times.items()}
