export default {
  render({ model, el }) {
    el.classList.add("fpw-tabs");
    const own = `fpw-${Math.random().toString(36).slice(2)}`;
    const list = make("div", { class: "fpw-tablist", role: "tablist", "aria-label": "Parts of the App" });
    el.append(list);
    const root = () => el.closest(".fpw-app");

    function select(number, focus) {
      const count = model.get("titles").length;
      model.set("selected", (number + count) % count);
      model.save_changes();
      if (focus) list.children[model.get("selected")]?.focus();
    }
    const here = () => Math.max(0, [...list.children].indexOf(document.activeElement));
    listenForKeys(list, {
      next: () => select(here() + 1, true),
      previous: () => select(here() - 1, true),
      first: () => select(0, true),
      last: () => select(model.get("titles").length - 1, true),
    });

    function draw() {
      const selected = model.get("selected");
      model.get("titles").forEach((title, number) => {
        const tab = list.children[number] ?? list.appendChild(make("button", {
          type: "button", role: "tab", id: `${own}-tab-${number}`, onclick: () => select(number, false),
        }));
        if (tab.textContent !== title) tab.textContent = title;
        tab.setAttribute("aria-selected", String(number === selected));
        tab.tabIndex = number === selected ? 0 : -1;
      });
      root()?.setAttribute("data-tab", String(selected));
      nameParts();
    }
    // Another tab may be far shorter: what was pressed far below in the one before is gone then, and
    // the page would show what comes after the App.
    function turn() {
      const place = root()?.getBoundingClientRect();
      draw();
      if (place && place.top < innerHeight && place.bottom > 0) list.scrollIntoView({ block: "nearest" });
    }
    function nameParts() { // the panels are other widgets' elements, and may come later
      root()?.querySelectorAll(":scope > .fpw-panel").forEach((panel) => {
        const number = [...panel.classList].find((name) => /^fpw-panel-\d+$/.test(name))?.slice(10);
        panel.id = `${own}-panel-${number}`;
        panel.setAttribute("role", "tabpanel");
        panel.setAttribute("aria-labelledby", `${own}-tab-${number}`);
        list.children[number]?.setAttribute("aria-controls", panel.id);
      });
    }
    let endPresence = () => {};
    const observer = new MutationObserver(nameParts);
    const frame = requestAnimationFrame(() => { // ipywidgets puts this element into its box a little later
      draw();
      if (!root()) return;
      observer.observe(root(), { childList: true });
      endPresence = tellPresence(model, root());
    });
    model.on("change:titles", draw);
    model.on("change:selected", turn);
    draw();
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      endPresence();
      model.off("change:titles", draw);
      model.off("change:selected", turn);
    };
  },
};
