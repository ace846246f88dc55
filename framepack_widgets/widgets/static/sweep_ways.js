// How the values of all axes come together, and whether quick drafts come first.
const SWEEP_WAYS = [
  ["grid", "every value with every other"], ["zip", "first with first, second with second"],
  ["random", "drawn at random"], ["sobol", "drawn, spread evenly (Sobol)"],
];
const DRAWN_WAYS = new Set(["random", "sobol"]);

// changed(): something here is another one now.
function sweepWays(changed) {
  const id = `fpw-ways-${Math.random().toString(36).slice(2)}`;
  const select = make("select", { title: "How the values of several axes come together", onchange: changed },
    ...SWEEP_WAYS.map(([value, text]) => make("option", { value }, text)));
  const number = (text, title) => {
    const box = make("input", { type: "text", inputMode: "decimal", class: "fpw-short", title, oninput: changed });
    return { box, label: make("label", { class: "fpw-choice" }, make("span", {}, text), box) };
  };
  const combine = make("label", { class: "fpw-choice" }, make("span", {}, "combine"), select);
  const count = number("points", "How many points are drawn");
  const start = number("drawing begins at", "The same number draws the same points");
  const hint = make("div", { class: "fpw-quiet fpw-wrap" }, "1..3: any number between. 0.1..10 log: every ratio as likely. A list: one of it. New seeds: one for each point.");
  const first = make("input", { type: "checkbox", onchange: changed });
  const draft = make("label", { class: "fpw-choice", title: "Render quick previews of all points; chosen ones are rendered in full afterwards" }, first, make("span", {}, "draft first"));
  const steps = number("steps", "Steps of the drafts; nothing: those of the form");
  const seconds = number("seconds", "Seconds of the drafts; nothing: those of the form");
  const wrong = make("div", { class: "fpw-error fpw-wrap", role: "status", id: `${id}-error` });
  const boxes = { combine: [select], count: [count.box], start: [start.box], draft: [steps.box, seconds.box] };
  for (const box of Object.values(boxes).flat()) box.setAttribute("aria-describedby", wrong.id);
  return {
    combine, drawn: [count.label, start.label], about: [hint], draft: [draft, steps.label, seconds.label], wrong,
    get isWrong() { return Boolean(wrong.textContent); },
    values: () => ({
      combine: select.value, count: count.box.value, start: start.box.value,
      draft: { is_on: first.checked, steps: steps.box.value, seconds: seconds.box.value },
    }),
    fill(state) {
      select.value = state.combine;
      first.checked = state.draft.is_on;
      for (const [box, text] of [[count.box, state.count], [start.box, state.start], [steps.box, state.draft.steps], [seconds.box, state.draft.seconds]]) {
        if (box.value !== text) box.value = text;
      }
    },
    // rows: how many axes there are. fields: {combine, count, start, draft: what is wrong there}.
    tell(rows, fields) {
      const isDrawn = DRAWN_WAYS.has(select.value);
      combine.hidden = !rows;
      count.label.hidden = start.label.hidden = hint.hidden = !isDrawn;
      steps.label.hidden = seconds.label.hidden = !first.checked;
      wrong.textContent = Object.values(fields).map((text) => `✖ ${text}`).join("\n");
      for (const [name, all] of Object.entries(boxes)) for (const box of all) box.setAttribute("aria-invalid", String(Boolean(fields[name])));
    },
  };
}
