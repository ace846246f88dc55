// What differs between two pictures, per pixel and as one number.
class DifferenceOf {
  constructor() {
    this.boards = [0, 1].map(() => make("canvas").getContext("2d", { willReadFrequently: true }));
  }

  // Draws |a - b| * gain on `canvas`; the mean of |a - b| over all pixels and colours, in levels of
  // 0 to 255. b is scaled to the size of a.
  draw(canvas, a, b, gain) {
    const [width, height] = [canvas.width, canvas.height];
    const [one, other] = [a, b].map((picture, n) => this.#pixels(this.boards[n], picture, width, height));
    const pixels = one.data;
    const others = other.data;
    let sum = 0;
    for (let i = 0; i < pixels.length; i += 4) {
      for (let c = i; c < i + 3; c++) {
        const apart = Math.abs(pixels[c] - others[c]);
        sum += apart;
        pixels[c] = apart * gain; // clamped by the array itself
      }
      pixels[i + 3] = 255;
    }
    canvas.getContext("2d").putImageData(one, 0, 0);
    return sum / (width * height * 3);
  }

  #pixels(board, picture, width, height) {
    if (board.canvas.width !== width || board.canvas.height !== height) {
      board.canvas.width = width;
      board.canvas.height = height;
    }
    board.drawImage(picture, 0, 0, width, height);
    return board.getImageData(0, 0, width, height);
  }
}
