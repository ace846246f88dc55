export default {
  render({ model, el }) {
    el.classList.add("fpw", "fpw-earlier");
    const posters = posterShelf(model);
    const endPresence = tellPresence(model, el);
    const row = make("div", { class: "fpw-row" });
    const head = make("h3", { class: "fpw-head" }, "Newest clips");
    el.append(head, row);
    let buttons = new Map();
    function draw() {
      const rows = model.get("rows");
      el.hidden = !rows.length;
      const kept = new Map();
      rows.forEach(({ id, title }, number) => {
        let button = buttons.get(id);
        if (!button) {
          const image = make("img", { alt: "" });
          button = make("button", {
            type: "button", class: "fpw-small", title, "aria-label": `Show the clip: ${title || id}`,
            onclick: () => model.send({ kind: "choose", job: id }),
          }, image);
          posters.show(id, image);
        }
        button.setAttribute("aria-pressed", String(id === model.get("chosen")));
        kept.set(id, button);
        if (row.children[number] !== button) row.insertBefore(button, row.children[number] ?? null);
      });
      for (const [id, button] of buttons) if (!kept.has(id)) button.remove();
      buttons = kept;
      posters.keepOnly(new Set(kept.keys()));
    }
    model.on("change:rows", draw);
    model.on("change:chosen", draw);
    draw();
    return () => {
      model.off("change:rows", draw);
      model.off("change:chosen", draw);
      endPresence();
      posters.end();
    };
  },
};
