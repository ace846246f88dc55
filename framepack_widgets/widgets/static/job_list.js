export default {
  render({ model, el }) {
    el.classList.add("fpw", "fpw-jobs");
    const head = make("h3", { class: "fpw-head" });
    const act = (action, job) => model.send({ kind: "act", action, job });
    const button = (text, title, action) =>
      make("button", { type: "button", title, onclick: () => act(action, null) }, text);
    const pauseAll = button("pause all", "Send none of the waiting jobs yet", "pause");
    const resumeAll = button("resume all", "Send the paused jobs, too", "resume");
    const cancelAll = make("button", { type: "button", title: "Do not render the waiting jobs" }, "cancel all waiting");
    let sure; // asked once more before many jobs go
    cancelAll.addEventListener("click", () => {
      if (!sure) {
        cancelAll.textContent = `cancel ${model.get("waiting")} jobs: sure?`;
        sure = setTimeout(() => { sure = undefined; draw(); }, 5000);
        return;
      }
      clearTimeout(sure);
      sure = undefined;
      act("cancel", null);
    });
    const list = make("ol", { class: "fpw-joblist" });
    const more = make("div", { class: "fpw-quiet" });
    const trouble = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
    el.append(make("div", { class: "fpw-row" }, head, pauseAll, resumeAll, cancelAll), list, more, trouble);

    function fill(item, row) {
      const name = row.prompt || "(no prompt)";
      const state = row.is_ending ? `${row.state}, being ended` : row.is_paused ? "paused" : row.state;
      item.show.textContent = name;
      item.about.textContent = row.seed ? `${state} · seed ${row.seed}` : state;
      item.pause.textContent = row.is_paused ? "resume" : "pause";
      item.pause.setAttribute("aria-label", `${item.pause.textContent}: ${name}`);
      item.pause.hidden = !row.is_waiting;
      item.pause.onclick = () => act(row.is_paused ? "resume" : "pause", row.id);
      item.cancel.setAttribute("aria-label", `cancel: ${name}`);
      item.cancel.disabled = row.is_ending;
    }
    function newItem(id) {
      const item = {
        id,
        show: make("button", { type: "button", class: "fpw-plain fpw-wrap", title: "Show this job", onclick: () => act("show", id) }),
        about: make("span", { class: "fpw-quiet fpw-about" }),
        pause: make("button", { type: "button" }),
        cancel: make("button", { type: "button", onclick: () => act("cancel", id) }, "cancel"),
      };
      item.element = make("li", { class: "fpw-row" }, item.show, item.about, item.pause, item.cancel);
      return item;
    }
    let items = new Map();
    function draw() {
      const rows = model.get("rows");
      const total = model.get("total");
      const paused = model.get("paused");
      const waiting = model.get("waiting");
      head.textContent = `Our jobs: ${total}` + (paused ? ` (${paused} paused)` : "");
      el.hidden = !total && !model.get("trouble");
      pauseAll.hidden = waiting - paused < 1;
      resumeAll.hidden = paused < 1;
      cancelAll.hidden = waiting < 2;
      if (!sure) cancelAll.textContent = "cancel all waiting";
      const kept = new Map(); // elements stay, so that focus stays where it is
      rows.forEach((row, number) => {
        const item = items.get(row.id) ?? newItem(row.id);
        fill(item, row);
        kept.set(row.id, item);
        if (list.children[number] !== item.element) list.insertBefore(item.element, list.children[number] ?? null);
      });
      for (const [id, item] of items) if (!kept.has(id)) item.element.remove();
      items = kept;
      more.textContent = total > rows.length ? `and ${total - rows.length} more` : "";
      trouble.textContent = model.get("trouble");
    }
    const traits = ["rows", "total", "paused", "waiting", "trouble"].map((name) => `change:${name}`);
    for (const name of traits) model.on(name, draw);
    draw();
    return () => {
      clearTimeout(sure);
      for (const name of traits) model.off(name, draw);
    };
  },
};
