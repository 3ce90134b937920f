"""A roofline picture as SVG: products per second over products per byte of weights."""
import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 860, 520, 70, 50, 30, 170
COLORS = ("#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#ff8ab7", "#a463f2", "#97bbf5", "#9c6b4e")


class Axes:
    """Logarithmic in both directions."""

    def __init__(self, xs, ys):
        self.x0, self.x1 = math.floor(math.log10(min(xs))), math.ceil(math.log10(max(xs)))
        self.y0, self.y1 = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))

    def x(self, value):
        return LEFT + (math.log10(value) - self.x0) / (self.x1 - self.x0) * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        return HEIGHT - BOTTOM - (math.log10(value) - self.y0) / (self.y1 - self.y0) * (HEIGHT - BOTTOM - TOP)


def text(x, y, words, anchor="start"):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{escape(words)}</text>'


def line(x0, y0, x1, y1, color, width=1):
    return f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{color}" stroke-width="{width}"/>'


def grid(axes):
    parts = []
    for e in range(axes.x0, axes.x1 + 1):
        x = axes.x(10 ** e)
        parts += [line(x, TOP, x, HEIGHT - BOTTOM, "#ddd"), text(x, HEIGHT - BOTTOM + 16, f"{10 ** e:g}", "middle")]
    for e in range(axes.y0, axes.y1 + 1):
        y = axes.y(10 ** e)
        parts += [line(LEFT, y, WIDTH - RIGHT, y, "#ddd"), text(LEFT - 6, y + 4, f"{10 ** e:g}", "end")]
    middle = (LEFT + WIDTH - RIGHT) / 2
    return parts + [text(middle, HEIGHT - 12, "multiply-accumulates per byte of weights", "middle"),
                    text(LEFT - 55, TOP - 12, "GMAC/s")]


def roof(axes, bandwidth, peak, words):
    """Rises with the bandwidth until the peak."""
    left, right, knee = 10 ** axes.x0, 10 ** axes.x1, peak / bandwidth
    parts = [line(axes.x(knee), axes.y(peak), axes.x(right), axes.y(peak), "#333", 1.5)]
    start = max(left, 10 ** axes.y0 / bandwidth)
    parts.append(line(axes.x(start), axes.y(start * bandwidth), axes.x(knee), axes.y(peak), "#333", 1.5))
    return parts + [text(axes.x(right) + 4, axes.y(peak) + 4, words)]


def points(axes, rows):
    kernels = sorted({(row["isa"], row["packing"]) for row in rows})
    color = {kernel: COLORS[i % len(COLORS)] for i, kernel in enumerate(kernels)}
    parts = []
    for row in rows:
        x, y = axes.x(row["gmacs"] / row["gbps"]), axes.y(row["gmacs"])
        fill = color[row["isa"], row["packing"]] if row["threads"] == 1 else "none"
        words = f"{row['isa']} {row['packing']} M={row['m']} {row['n']}x{row['k']} {row['threads']} threads"
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{fill}" stroke="{color[row["isa"], row["packing"]]}">'
                     f"<title>{escape(words)}: {row['gmacs']:.0f} GMAC/s</title></circle>")
    for i, kernel in enumerate(kernels):
        y = HEIGHT - BOTTOM - 16 * (len(kernels) - i)
        parts += [f'<circle cx="{WIDTH - RIGHT + 20}" cy="{y - 4}" r="4" fill="{color[kernel]}"/>',
                  text(WIDTH - RIGHT + 30, y, " ".join(kernel))]
    return parts


def roofs(results):
    """(bandwidth, peak, words) per number of threads and int8 instruction."""
    best = lambda name, key, t, isa=None: max(
        (r[key] for r in results if r["name"] == name and r["threads"] == t and isa in (None, r["isa"])), default=None)
    found = []
    for t in sorted({r["threads"] for r in results if r["name"] == "dram-read"}):
        for isa in sorted({r["isa"] for r in results if r["name"] == "int8-peak"}):
            found.append((best("dram-read", "gbps", t), best("int8-peak", "gmacs", t, isa), f"{isa}, {t} thr."))
    return found


def svg(results):
    rows = [row for row in results if row["name"] in ("gemv", "gemm") and row["cycles_per_64"] is None]
    parts = []
    if rows:
        lines = roofs(results)
        axes = Axes([row["gmacs"] / row["gbps"] for row in rows], [row["gmacs"] for row in rows] + [l[1] for l in lines])
        parts = grid(axes) + [part for l in lines for part in roof(axes, *l)] + points(axes, rows)
    body = "\n".join(parts)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" '
            f'font-size="11">\n<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n')
