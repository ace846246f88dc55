const HEADINGS = ["", "id", "model", "state", "created", "started", "took"];
const WHY = "A Studio renders one job at a time, for everybody. Ours go to it one by one: the next is sent when the last is "
  + "over, and stands behind what others have sent meanwhile. So while others share the server, one of ours is rendered per round.";

// The element stays, and with it focus and scrolling; what is in it is drawn anew.
function fill(scroll, headings, rows) {
  const head = make("thead", {}, make("tr", {}, ...headings.map((text) => make("th", {}, text))));
  const body = make("tbody", {}, ...rows.map((cells) => make("tr", {},
    ...cells.map((text, index) => make("td", { "data-heading": headings[index] ?? "" }, text)))));
  scroll.replaceChildren(make("table", {}, head, body));
}

function scrolling(name) {
  return make("div", { class: "fpw-scroll", tabIndex: 0, role: "region", "aria-label": name, hidden: true });
}

export default {
  render({ model, el }) {
    el.classList.add("fpw", "fpw-server");
    const endPresence = tellPresence(model, el);
    const facts = make("dl", { class: "fpw-facts fpw-wrap" });
    const refresh = make("button", { type: "button", title: "Ask for the queue now", onclick: () => model.send({ kind: "refresh" }) }, "refresh");
    const state = make("span", { class: "fpw-quiet", role: "status" }, "asking for the queue…");
    const queue = scrolling("The server's queue");
    const empty = make("p", { hidden: true }, "Nothing is in the server's queue.");
    const why = make("p", { class: "fpw-quiet" }, WHY);
    const trouble = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
    const accepted = scrolling("What this server accepts");
    const schema = make("details", {}, make("summary", {}, "what this server accepts"), accepted);
    schema.addEventListener("toggle", () => {
      if (schema.open) model.send({ kind: "schema" });
    });
    el.append(make("div", { class: "fpw-row" }, make("h3", { class: "fpw-head" }, "The server's queue"), refresh, state),
      trouble, queue, empty, why, make("h3", { class: "fpw-head" }, "The server"), facts, schema);

    function drawFacts() {
      facts.replaceChildren(...model.get("facts").flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
    }
    function drawTrouble() {
      trouble.textContent = model.get("trouble");
    }
    function onMessage(message) {
      if (message.kind === "schema") {
        const [headings, ...rows] = message.rows;
        fill(accepted, headings, rows);
        accepted.hidden = false;
      }
      if (message.kind !== "queue") return;
      const { rows, more, others, at } = message;
      state.textContent = `asked at ${at}` + (more ? `, ${more} older rows left out` : "");
      why.hidden = !others;
      fill(queue, HEADINGS, rows.map((row) => [row.ours ? "ours" : row.open ? "others'" : "", ...row.cells]));
      queue.hidden = !rows.length;
      empty.hidden = rows.length > 0;
    }
    why.hidden = true;
    model.on("msg:custom", onMessage);
    model.on("change:facts", drawFacts);
    model.on("change:trouble", drawTrouble);
    drawFacts();
    drawTrouble();
    model.send({ kind: "look" });
    return () => {
      model.off("msg:custom", onMessage);
      model.off("change:facts", drawFacts);
      model.off("change:trouble", drawTrouble);
      endPresence();
    };
  },
};
