"""Draw the pictures the notebooks start from: a cat on a windowsill, and the cat asleep at dusk.

Drawn here, so that they are free to use and the same for everybody. Coordinates are fractions of
the picture; everything is drawn four times as large and then shrunk, for smooth edges.
"""

import math
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

FOLDER = Path(__file__).resolve().parent.parent / "notebooks" / "images"
SIZE = 640  # px, one of the sizes that a Studio renders without cropping
SCALE = 4

DAY = {
    "sky": ((126, 186, 226), (244, 226, 196)),
    "hills": ((120, 160, 128), (150, 182, 132)),
    "sun": (255, 244, 208),
    "wall": (232, 218, 200),
    "wood": (168, 116, 76),
    "fur": (214, 138, 72),
    "light": 1.0,
}
DUSK = {
    "sky": ((46, 48, 96), (232, 132, 92)),
    "hills": ((54, 60, 92), (74, 70, 96)),
    "sun": (255, 206, 140),
    "wall": (128, 108, 122),
    "wood": (104, 70, 62),
    "fur": (168, 100, 66),
    "light": 0.62,
}


def shade(colour, factor):
    return tuple(max(0, min(255, round(part * factor))) for part in colour)


class Canvas:
    """Shapes on a square picture, placed in fractions of its side."""

    def __init__(self):
        self.side = SIZE * SCALE
        self.image = Image.new("RGB", (self.side, self.side))
        self.draw = ImageDraw.Draw(self.image)

    def px(self, points):
        return [(x * self.side, y * self.side) for x, y in points]

    def gradient(self, box, top, bottom):
        left, upper, right, lower = (round(part * self.side) for part in box)
        for y in range(upper, lower):
            part = (y - upper) / max(1, lower - upper - 1)
            colour = tuple(round(a + (b - a) * part) for a, b in zip(top, bottom))
            self.draw.line([(left, y), (right, y)], fill=colour)

    def ellipse(self, x, y, rx, ry, fill, angle=0.0):
        turn = math.radians(angle)
        points = []
        for step in range(120):
            t = step * math.tau / 120
            dx, dy = rx * math.cos(t), ry * math.sin(t)
            points.append(
                (
                    x + dx * math.cos(turn) - dy * math.sin(turn),
                    y + dx * math.sin(turn) + dy * math.cos(turn),
                )
            )
        self.draw.polygon(self.px(points), fill=fill)

    def polygon(self, points, fill):
        self.draw.polygon(self.px(points), fill=fill)

    def box(self, box, fill):
        left, upper, right, lower = box
        self.polygon([(left, upper), (right, upper), (right, lower), (left, lower)], fill)

    def stroke(self, points, width, fill):
        """A round line through the points."""
        line = self.px(points)
        thick = round(width * self.side)
        self.draw.line(line, fill=fill, width=thick, joint="curve")
        for x, y in (line[0], line[-1]):
            radius = thick / 2
            self.draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=fill)

    def arc(self, x, y, rx, ry, start, end, width, fill):
        steps = [math.radians(start + (end - start) * i / 40) for i in range(41)]
        self.stroke([(x + rx * math.cos(t), y + ry * math.sin(t)) for t in steps], width, fill)

    def glow(self, x, y, radius, colour, strength):
        mask = Image.new("L", (SIZE, SIZE))
        box = [(x - radius) * SIZE, (y - radius) * SIZE, (x + radius) * SIZE, (y + radius) * SIZE]
        ImageDraw.Draw(mask).ellipse(box, fill=round(255 * strength))
        mask = mask.filter(ImageFilter.GaussianBlur(radius * SIZE / 2)).resize(self.image.size)
        self.image.paste(Image.new("RGB", self.image.size, colour), mask=mask)

    def finished(self):
        return self.image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


def view(canvas, look, sun):
    """What is outside the window."""
    canvas.gradient((0, 0, 1, 0.62), *look["sky"])
    canvas.glow(*sun, 0.2, look["sun"], 0.75)
    canvas.ellipse(*sun, 0.055, 0.055, look["sun"])
    far, near = look["hills"]
    for x, width, colour in ((0.1, 0.42, far), (0.62, 0.5, far)):
        canvas.ellipse(x, 0.66, width, 0.24, colour)
    for x, width in ((0.32, 0.45), (0.95, 0.4)):
        canvas.ellipse(x, 0.72, width, 0.22, near)


def room(canvas, look):
    """Window frame, wall, curtain and sill."""
    wall, wood = look["wall"], look["wood"]
    for box in ((0, 0, 1, 0.05), (0, 0, 0.07, 0.8), (0.93, 0, 1, 0.8), (0, 0.7, 1, 1)):
        canvas.box(box, wall)
    frame = shade(wood, 1.12)
    canvas.box((0.07, 0.05, 0.93, 0.075), frame)
    for x in (0.07, 0.4875, 0.905):
        canvas.box((x, 0.05, x + 0.025, 0.72), frame)
    canvas.box((0.07, 0.33, 0.93, 0.35), frame)
    curtain = shade((196, 92, 84), look["light"])
    for i in range(5):
        colour = shade(curtain, 1.0 + 0.09 * (-1) ** i)
        canvas.polygon(
            [
                (0.02 * i, 0.03),
                (0.02 * i + 0.02, 0.03),
                (0.026 * i + 0.03, 0.72),
                (0.026 * i, 0.72),
            ],
            colour,
        )
    canvas.gradient((0, 0.715, 1, 0.8), shade(wood, 1.25), wood)
    canvas.box((0, 0.8, 1, 0.822), shade(wood, 0.72))
    canvas.gradient((0, 0.822, 1, 1), shade(wall, 0.86), shade(wall, 0.98))


def plant(canvas, look):
    leaf = shade((92, 142, 88), look["light"])
    for x, y, angle in (
        (0.80, 0.53, -62),
        (0.88, 0.52, -112),
        (0.84, 0.47, -88),
        (0.77, 0.58, -30),
    ):
        canvas.ellipse(x, y, 0.075, 0.024, shade(leaf, 1 + (angle % 7) / 30), angle)
    pot = shade((186, 96, 70), look["light"])
    canvas.polygon([(0.775, 0.61), (0.905, 0.61), (0.885, 0.745), (0.795, 0.745)], pot)
    canvas.box((0.765, 0.595, 0.915, 0.63), shade(pot, 1.12))


def ears(canvas, x, y, fur):
    for side in (-1, 1):
        tip = (x + side * 0.098, y - 0.155)
        canvas.polygon([(x + side * 0.112, y - 0.01), tip, (x + side * 0.02, y - 0.092)], fur)
        inner = [
            (x + side * 0.096, y - 0.03),
            (x + side * 0.092, y - 0.128),
            (x + side * 0.045, y - 0.085),
        ]
        canvas.polygon(inner, shade((226, 150, 136), fur[0] / 214))


def head(canvas, x, y, look, awake):
    fur = look["fur"]
    ears(canvas, x, y, fur)
    canvas.ellipse(x, y, 0.122, 0.104, fur)
    dark, pale = shade(fur, 0.7), shade((252, 232, 212), look["light"] * 0.95 + 0.05)
    for dx, length in ((-0.034, 0.035), (0, 0.05), (0.034, 0.035)):
        canvas.stroke(
            [(x + dx, y - 0.098 + abs(dx) / 4), (x + dx * 0.8, y - 0.098 + length)], 0.011, dark
        )
    for side in (-1, 1):
        canvas.ellipse(x + side * 0.03, y + 0.045, 0.04, 0.032, pale)
        if awake:
            canvas.ellipse(x + side * 0.05, y - 0.008, 0.027, 0.029, (232, 214, 120))
            canvas.ellipse(x + side * 0.05 + 0.004, y - 0.008, 0.012, 0.025, (30, 26, 28))
            canvas.ellipse(x + side * 0.05 + 0.01, y - 0.02, 0.006, 0.006, (255, 255, 255))
        else:
            canvas.arc(x + side * 0.05, y - 0.012, 0.026, 0.018, 15, 165, 0.007, shade(fur, 0.38))
        for lift in (-0.012, 0.008, 0.026):
            start = (x + side * 0.06, y + 0.045 + lift / 3)
            canvas.stroke([start, (x + side * 0.165, y + 0.036 + lift)], 0.0025, pale)
    canvas.polygon(
        [(x - 0.016, y + 0.024), (x + 0.016, y + 0.024), (x, y + 0.042)],
        shade((214, 116, 112), look["light"]),
    )
    for side in (-1, 1):
        canvas.arc(x + side * 0.014, y + 0.046, 0.014, 0.016, 0, 180, 0.005, shade(fur, 0.42))


def stripes(canvas, spots, fur):
    for x, y, rx, angle in spots:
        canvas.ellipse(x, y, rx, 0.011, shade(fur, 0.74), angle)


def sitting_cat(canvas, look):
    fur, pale = look["fur"], shade((252, 232, 212), look["light"])
    canvas.arc(0.55, 0.66, 0.1, 0.085, 125, -50, 0.04, shade(fur, 0.92))
    canvas.ellipse(0.40, 0.615, 0.13, 0.165, fur)
    canvas.ellipse(0.40, 0.70, 0.158, 0.085, fur)
    stripes(
        canvas,
        (
            (0.51, 0.56, 0.03, 60),
            (0.525, 0.61, 0.034, 72),
            (0.29, 0.56, 0.03, -60),
            (0.275, 0.61, 0.034, -72),
        ),
        fur,
    )
    canvas.ellipse(0.40, 0.60, 0.062, 0.1, pale)
    for x in (0.362, 0.438):
        canvas.stroke([(x, 0.64), (x, 0.752)], 0.05, shade(fur, 1.06))
        canvas.ellipse(x, 0.766, 0.036, 0.022, pale)
    head(canvas, 0.40, 0.42, look, awake=True)


def sleeping_cat(canvas, look):
    fur, pale = look["fur"], shade((252, 232, 212), look["light"])
    canvas.ellipse(0.47, 0.685, 0.23, 0.108, fur)
    canvas.ellipse(0.60, 0.70, 0.13, 0.088, shade(fur, 1.05))
    stripes(
        canvas,
        (
            (0.47, 0.605, 0.036, 84),
            (0.53, 0.61, 0.036, 92),
            (0.59, 0.63, 0.034, 100),
            (0.65, 0.66, 0.03, 112),
        ),
        fur,
    )
    canvas.arc(0.52, 0.735, 0.2, 0.035, -10, 170, 0.042, shade(fur, 0.92))
    canvas.ellipse(0.335, 0.765, 0.05, 0.024, pale)
    canvas.ellipse(0.41, 0.77, 0.05, 0.024, pale)
    head(canvas, 0.36, 0.665, look, awake=False)


def picture(look, sun, cat):
    canvas = Canvas()
    view(canvas, look, sun)
    room(canvas, look)
    plant(canvas, look)
    canvas.ellipse(0.45, 0.775, 0.24, 0.022, shade(look["wood"], 0.8))
    cat(canvas, look)
    return canvas.finished()


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    drawn = {
        "cat.jpg": picture(DAY, (0.70, 0.19), sitting_cat),
        "cat_asleep.jpg": picture(DUSK, (0.70, 0.46), sleeping_cat),
    }
    for name, image in drawn.items():
        image.save(FOLDER / name, quality=88, optimize=True)
        print(f"{FOLDER / name}: {(FOLDER / name).stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
