const time = (s) => (s >= 90 ? `${Math.round(s / 60)} min` : `${Math.round(s)} s`);

function bar(name) {
  const meter = make("progress", { max: 1, value: 0 });
  const text = make("span", {});
  return { meter, text, row: make("label", {}, make("span", {}, name), meter, text) };
}

export default {
  render({ model, el }) {
    el.classList.add("fpw", "fpw-stranger");
    const endPresence = tellPresence(model, el);
    const title = make("h3", { class: "fpw-head" });
    const section = bar("section");
    const whole = bar("whole");
    const said = make("span", { class: "fpw-quiet fpw-wrap" });
    const adopt = make("button", {
      type: "button", class: "fpw-main", title: "Fetch the clip into your Library, with what the server wrote down of its settings",
      onclick: () => model.send({ kind: "adopt" }),
    }, "adopt its clip");
    const done = make("span", { class: "fpw-good", role: "status" });
    const image = make("img", { alt: "latent preview of somebody else's render", hidden: true });
    const box = make("div", { class: "fpw-box" }, make("div", { class: "fpw-told" }, whole.row, section.row, said, adopt, done), image);
    const trouble = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
    el.append(title, trouble, box);
    let url = null;

    function draw(told) {
      const there = told.kind === "stranger";
      box.hidden = !there;
      title.textContent = !there ? "Nobody else's render is running" : told.over ? `Over: somebody else's render ${told.id}` : `Running: somebody else's render ${told.id}`;
      if (!there) return;
      const [number, count] = told.sections;
      for (const [{ meter, text, row }, value] of [[whole, told.fraction], [section, told.section]]) {
        meter.value = value;
        text.textContent = `${Math.round(value * 100)} %`;
        row.hidden = told.over;
      }
      section.row.firstChild.textContent = count ? `${number} of ${count}` : "section";
      said.textContent = told.over ? "" : [told.text, told.eta ? `${time(told.eta)} left` : ""].filter(Boolean).join(" · ");
      image.hidden = told.over || !image.src;
      adopt.hidden = !told.over || !told.can_adopt || told.taken;
      done.textContent = told.taken ? "Its clip is in the Library."
        : told.over && !told.can_adopt ? "The server named no file of it; look among the renders below." : "";
    }
    function onMessage(message, buffers) {
      if (message.kind === "nobody" || message.kind === "stranger") draw(message);
      if (message.kind !== "preview" || !buffers?.length) return;
      if (url) URL.revokeObjectURL(url);
      url = URL.createObjectURL(new Blob([buffers[0]], { type: message.mime }));
      image.src = url;
      image.hidden = false;
    }
    const drawTrouble = () => { trouble.textContent = model.get("trouble"); };
    model.on("msg:custom", onMessage);
    model.on("change:trouble", drawTrouble);
    draw({ kind: "nobody" });
    drawTrouble();
    model.send({ kind: "look" });
    return () => {
      model.off("msg:custom", onMessage);
      model.off("change:trouble", drawTrouble);
      if (url) URL.revokeObjectURL(url);
      endPresence();
    };
  },
};
