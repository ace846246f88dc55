// Settings under names: choose one to load, or name these and save them; here or on the Studio.
export default {
  render({ model, el }) {
    const select = make("select", {
      class: "fpw-preset-name", "aria-label": "Preset", title: "Settings that were saved under a name",
      onchange: () => { sure = false; update(); },
    });
    const name = make("input", {
      type: "text", class: "fpw-preset-new", placeholder: "name", maxLength: 80, "aria-label": "Name to save these settings under",
      oninput: () => update(), onkeydown: (event) => { if (event.key === "Enter") save.click(); },
    });
    const where = make("select", {
      class: "fpw-preset-where", "aria-label": "Where to save the preset", onchange: () => update(),
      title: "In this Library: yours, frames included. On the Studio: for everybody who uses it, without frames.",
    }, make("option", { value: "here", textContent: "in this Library" }), make("option", { value: "studio", textContent: "on the Studio" }));
    const chosen = () => { // {name} of ours, {name, model} of the Studio's
      const option = select.selectedOptions[0];
      return option?.dataset.model === undefined ? { name: select.value } : { name: option.dataset.name, model: option.dataset.model };
    };
    const load = make("button", {
      type: "button", textContent: "load", title: "Fill the form with this preset", onclick: () => model.send({ kind: "load", ...chosen() }),
    });
    const save = make("button", {
      type: "button", textContent: "save as", title: "Save these settings under this name",
      onclick: () => {
        if (name.value.trim()) model.send({ kind: "save", name: name.value.trim(), on_studio: onStudio() });
        else name.focus();
      },
    });
    let sure = false;
    const remove = make("button", {
      type: "button", textContent: "delete", title: "Delete this preset",
      onclick: () => {
        if (sure) model.send({ kind: "delete", ...chosen() });
        sure = !sure;
        update();
      },
      onblur: () => { sure = false; update(); },
    });
    const said = make("span", { role: "status", class: "fpw-quiet fpw-wrap" });
    const trouble = make("span", { role: "alert", class: "fpw-error fpw-wrap" });
    const onStudio = () => model.get("has_studio") && where.value === "studio";
    let drawn = null;

    function options(names, studio) {
      const ours = (names.length || studio.length ? names : [""]).map((one) =>
        make("option", { value: one, textContent: one || "none saved yet" }));
      if (!studio.length) return ours;
      const theirs = studio.map(([whose, one], number) => {
        // Its value is one that no name of ours can have: they hold something else than blanks.
        const option = make("option", { value: " ".repeat(number + 1), textContent: `${one} (${whose})` });
        Object.assign(option.dataset, { model: whose, name: one });
        return option;
      });
      return [
        ...(ours.length ? [make("optgroup", { label: "in this Library" }, ...ours)] : []),
        make("optgroup", { label: "on the Studio" }, ...theirs),
      ];
    }

    function update() {
      const names = model.get("names");
      const studio = model.get("on_studio");
      const typed = name.value.trim();
      if (JSON.stringify([names, studio]) !== drawn) {
        drawn = JSON.stringify([names, studio]);
        const before = chosen();
        select.replaceChildren(...options(names, studio));
        const same = [...select.options].find((option) => option.dataset.model === before.model
          && (before.model === undefined ? option.value : option.dataset.name) === before.name);
        if (same) same.selected = true;
        if (names.includes(typed)) select.value = typed;
      }
      const none = names.length === 0 && studio.length === 0;
      for (const button of [load, remove]) button.disabled = none;
      where.hidden = !model.get("has_studio");
      const isThere = onStudio() ? studio.some(([, one]) => one === typed) : names.includes(typed);
      remove.textContent = sure ? (chosen().model === undefined ? "really delete?" : "really, for everybody?") : "delete";
      save.textContent = isThere ? "replace" : "save as";
      said.textContent = model.get("said");
      trouble.textContent = model.get("trouble") ? `✖ ${model.get("trouble")}` : "";
    }
    el.setAttribute("data-lm-suppress-shortcuts", "true"); // Jupyter's own keys stay out
    el.append(make("div", { class: "fpw-presets" },
      make("div", { class: "fpw-row" }, make("span", { textContent: "Preset" }), select, load, remove, name, where, save),
      said, trouble));
    const refresh = () => model.send({ kind: "read" }); // another kernel may have saved one
    select.addEventListener("focus", refresh);
    model.on("change", update);
    update();
    return () => model.off("change", update);
  },
};
