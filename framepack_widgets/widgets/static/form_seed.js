// The seed: unlocked, each render draws one of its own; locked, it stays.
function seedRow(spec, id, send) {
  const box = make("input", {
    id, class: "fpw-number fpw-long", type: "text", inputMode: "numeric", autocomplete: "off",
    placeholder: "drawn with each render",
    oninput: () => send({ text: box.value }, { soon: 600 }),
    onchange: () => send({ text: box.value }),
    onkeydown: (event) => { if (event.key === "Enter") send({ text: box.value }); },
  });
  const dice = make("button", {
    type: "button", textContent: "🎲 draw", title: "Draw a seed now, and keep it",
    onclick: () => send({ dice: true }),
  });
  const lock = make("button", {
    type: "button", class: "fpw-lock", "aria-pressed": "false",
    onclick: () => send({ lock: lock.getAttribute("aria-pressed") !== "true" }),
  });
  const said = make("div", { class: "fpw-quiet" });
  const element = make("div", { class: "fpw-seed" },
    make("div", { class: "fpw-control" }, box, dice, lock), said);
  const update = ({ value, last }) => {
    const locked = value !== "";
    if (box.value !== value) box.value = value;
    lock.setAttribute("aria-pressed", String(locked));
    lock.textContent = locked ? "🔒 locked" : "🔓 unlocked";
    lock.title = locked
      ? "The same seed for every render. Press for a new one each time"
      : "A new seed with each render. Press to keep the last one";
    said.textContent = locked ? "" : last
      ? `A new seed with each render; the last was ${last}.` : "A new seed with each render.";
  };
  return { element, update, focus: () => box.focus() };
}
