export default {
  render({ model, el }) {
    el.classList.add("fpw", "fpw-card");
    el.tabIndex = -1; // a click anywhere on the card lets the keys 0 to 5 reach it
    const job = () => model.get("job");
    const rate = (stars) => model.send({ kind: "rate", job: job(), stars });
    const act = (action) => model.send({ kind: "act", action, job: job() });
    const stars = [0, 1, 2, 3, 4, 5].map((n) => make("button", {
      type: "button", class: "fpw-star", role: "radio", title: n ? `${n} of 5 stars (key ${n})` : "not rated (key 0)",
      "aria-label": n ? `${n} of 5 stars` : "not rated", onclick: () => rate(n),
    }));
    const rating = make("div", { class: "fpw-stars", role: "radiogroup", "aria-label": "Stars" }, ...stars);
    const move = (by) => {
      const next = Math.max(0, Math.min(5, model.get("stars") + by));
      rate(next);
      stars[next].focus();
    };
    listenForKeys(rating, { more: () => move(1), fewer: () => move(-1) });
    const note = make("input", {
      class: "fpw-note", type: "text", maxLength: 10000, placeholder: "note", title: "Your own words about this clip",
      "aria-label": "Note", onchange: () => annotate(),
      onkeydown: (event) => { if (event.key === "Enter") annotate(); },
    });
    let noteOf = ""; // the job whose note is in the box
    let saved = ""; // what was in the box when nobody had typed
    function annotate() {
      if (note.value === saved) return;
      saved = note.value;
      model.send({ kind: "annotate", job: noteOf, note: note.value });
    }
    const title = make("div", { class: "fpw-wrap fpw-card-title" });
    const facts = make("div", { class: "fpw-quiet fpw-wrap" });
    const said = make("span", { class: "fpw-good fpw-wrap", role: "status" });
    const trouble = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
    const python = make("textarea", { class: "fpw-python", readOnly: true, rows: 6, hidden: true, "aria-label": "The settings as Python" });
    const button = (text, hint, action) => make("button", { type: "button", title: hint, onclick: () => act(action) }, text);
    const settings = button("use settings", "Put this clip's settings into the form", "settings");
    const next = button("continue", "Go on from the last frame: it becomes the form's start frame", "continue");
    const video = button("use as video", "Put this clip into the form as the source of a Video model", "video");
    const copy = button("copy as Python", "Copy the call that renders this again", "python");
    el.append(make("div", { class: "fpw-row" }, rating, note), make("div", { class: "fpw-row" }, settings, next, video, copy),
      said, trouble, python, title, facts);
    listenForKeys(el, Object.fromEntries([0, 1, 2, 3, 4, 5].map((n) => [`stars_${n}`, () => rate(n)])));

    async function onMessage(message) {
      if (message.kind !== "python") return;
      try {
        await navigator.clipboard.writeText(message.text);
        said.textContent = "copied";
      } catch { // no permission, or no secure page: to copy by hand
        python.hidden = false;
        python.value = message.text;
        python.select();
        said.textContent = document.execCommand("copy") ? "copied" : "press Ctrl+C to copy";
      }
    }
    function draw() {
      const given = model.get("stars");
      el.hidden = !job();
      stars.forEach((star, n) => {
        star.textContent = n === 0 ? "✕" : n <= given ? "★" : "☆";
        star.setAttribute("aria-checked", String(n === given));
        star.tabIndex = n === given ? 0 : -1;
      });
      if (noteOf && noteOf !== job()) annotate(); // typed, and not left yet
      if (noteOf !== job() || document.activeElement !== note) note.value = saved = model.get("note");
      if (noteOf !== job()) {
        said.textContent = "";
        python.hidden = true;
      }
      noteOf = job();
      settings.hidden = !model.get("actions") || !model.get("known");
      copy.hidden = !model.get("known");
      video.hidden = !model.get("takes_video") || !model.get("has_clip");
      next.hidden = !model.get("actions") || !model.get("has_clip");
      title.textContent = model.get("title");
      facts.textContent = model.get("facts").join(" · ");
      trouble.textContent = model.get("trouble");
    }
    const traits = ["job", "stars", "note", "title", "facts", "has_clip", "known", "takes_video", "trouble"].map((name) => `change:${name}`);
    for (const name of traits) model.on(name, draw);
    model.on("msg:custom", onMessage);
    draw();
    return () => {
      for (const name of traits) model.off(name, draw);
      model.off("msg:custom", onMessage);
    };
  },
};
