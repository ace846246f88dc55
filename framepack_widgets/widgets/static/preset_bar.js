// Settings under names: choose one to load, or name these and save them.
export default {
  render({ model, el }) {
    const select = make("select", { class: "fpw-preset-name", "aria-label": "Preset", title: "Settings that were saved under a name" });
    const name = make("input", {
      type: "text", class: "fpw-preset-new", placeholder: "name", maxLength: 80, "aria-label": "Name to save these settings under",
      oninput: () => update(), onkeydown: (event) => { if (event.key === "Enter") save.click(); },
    });
    const act = (kind, value) => model.send({ kind, name: value });
    const load = make("button", { type: "button", textContent: "load", title: "Fill the form with this preset", onclick: () => act("load", select.value) });
    const save = make("button", {
      type: "button", textContent: "save as", title: "Save these settings under this name",
      onclick: () => { if (name.value.trim()) act("save", name.value.trim()); else name.focus(); },
    });
    let sure = false;
    const remove = make("button", {
      type: "button", textContent: "delete", title: "Delete this preset",
      onclick: () => {
        if (sure) act("delete", select.value);
        sure = !sure;
        update();
      },
      onblur: () => { sure = false; update(); },
    });
    const said = make("span", { role: "status", class: "fpw-quiet fpw-wrap" });
    const trouble = make("span", { role: "alert", class: "fpw-error fpw-wrap" });
    let drawn = null;

    function update() {
      const names = model.get("names");
      if (JSON.stringify(names) !== drawn) {
        drawn = JSON.stringify(names);
        const before = select.value;
        select.replaceChildren(...(names.length ? names : [""]).map((one) =>
          make("option", { value: one, textContent: one || "none saved yet" })));
        if (names.includes(before)) select.value = before;
        if (names.includes(name.value.trim())) select.value = name.value.trim();
      }
      const none = names.length === 0;
      for (const button of [load, remove]) button.disabled = none;
      remove.textContent = sure ? "really delete?" : "delete";
      save.textContent = names.includes(name.value.trim()) ? "replace" : "save as";
      said.textContent = model.get("said");
      trouble.textContent = model.get("trouble") ? `✖ ${model.get("trouble")}` : "";
    }
    el.setAttribute("data-lm-suppress-shortcuts", "true"); // Jupyter's own keys stay out
    el.append(make("div", { class: "fpw-presets" },
      make("div", { class: "fpw-row" }, make("span", { textContent: "Preset" }), select, load, remove, name, save),
      said, trouble));
    const refresh = () => model.send({ kind: "read" }); // another kernel may have saved one
    select.addEventListener("focus", refresh);
    model.on("change", update);
    update();
    return () => model.off("change", update);
  },
};
