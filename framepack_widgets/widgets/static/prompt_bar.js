// The timeline: which text really rules which time of the clip, and where parts may begin.
function drawBar(element, facts) {
  element.hidden = !facts;
  if (!facts) return;
  const { length, pieces, lines } = facts;
  const percent = (time) => `${Math.min(100, (100 * time) / length)}%`;
  const told = ({ start, end, text }) => `${start.toFixed(1)} to ${end.toFixed(1)} seconds: ${text}`;
  const boxes = pieces.map((piece) =>
    make(
      "div",
      {
        class: `fpw-prompt-piece fpw-prompt-tint${piece.row % 5}`,
        style: { left: percent(piece.start), width: percent(piece.end - piece.start) },
        title: told(piece),
      },
      make("b", { textContent: piece.row ? String(piece.row) : "" }),
      ` ${piece.text}`,
    ),
  );
  const ticks = lines.map((time) =>
    make("i", { class: "fpw-prompt-tick", style: { left: percent(time) }, title: `${time} s: a part may begin here` }),
  );
  const spoken = `Which text rules when: ${pieces.map(told).join("; ")}`;
  const words = ["0 s", lines.length ? "a part may begin at each mark" : "", `${length.toFixed(2)} s`];
  element.replaceChildren(
    make("div", { class: "fpw-prompt-track", role: "img", "aria-label": spoken }, ...boxes),
    make("div", { class: "fpw-prompt-ticks", "aria-hidden": "true" }, ...ticks),
    make("div", { class: "fpw-prompt-ends fpw-quiet" }, ...words.map((textContent) => make("span", { textContent }))),
  );
}
