// What stands above the tiles of a run: how it goes, its wishes, where its axes go.
const RUN_WISHES = {
  pause: ["pause", "Send no more points; one that renders goes on"],
  resume: ["go on", "Take pause or stop back; what the stop ended is rendered anew"],
  stop: ["stop", "End the render under way, and send no more points"],
  first: ["before other runs", "Render its points before those of all other runs"],
  retry: ["retry failed", "Render all failed points again"],
};
const AXIS_ROLES = [["x", "columns"], ["y", "rows"], ["page", "pages"], ["folded", "beside each other"]];

// send(kind, values): tells the kernel, of the run that is shown.
function sweepHead(send) {
  const name = make("strong", { class: "fpw-wrap" });
  const state = make("span", { class: "fpw-run-state" });
  const draft = make("span", { class: "fpw-quiet" }, "draft");
  const totals = make("div", { class: "fpw-wrap", role: "status" });
  const share = make("span", { class: "fpw-run-bar", "aria-hidden": "true" }, make("span"));
  const trouble = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
  const wishes = Object.fromEntries(Object.entries(RUN_WISHES).map(([wish, [text, title]]) => [wish, make("button", {
    type: "button", title, "data-wish": wish,
    onclick: () => send("act", { action: wish === "retry" ? "retry_failed" : wish }),
  }, text)]));
  const buttons = make("div", { class: "fpw-row" }, ...Object.values(wishes));
  const axes = make("div", { class: "fpw-row fpw-axes", role: "group", "aria-label": "Where the axes go" });
  const pagers = make("div", { class: "fpw-row fpw-pagers" });
  const element = make("div", { class: "fpw-run-head" },
    make("div", { class: "fpw-row" }, name, state, draft), totals, share, trouble, buttons, axes, pagers);

  function drawAxes(roles) {
    const names = Object.keys(roles);
    const there = [...axes.querySelectorAll("select")].map((select) => select.dataset.axis);
    if (names.join("\n") !== there.join("\n")) {
      axes.replaceChildren(...names.map((axis) => make("label", { class: "fpw-choice" }, make("span", {}, axis), make("select", {
        "data-axis": axis, title: `Where the values of ${axis} go`,
        onchange: (event) => send("role", { axis, role: event.target.value }),
      }, ...AXIS_ROLES.map(([value, text]) => make("option", { value }, text))))));
    }
    for (const select of axes.querySelectorAll("select")) select.value = roles[select.dataset.axis];
    axes.hidden = !names.length;
  }
  function drawPagers(all) {
    const there = [...pagers.querySelectorAll("select")].map((select) => select.dataset.pager);
    if (all.map(([axis, labels]) => JSON.stringify([axis, labels])).join("\n") !== there.join("\n")) {
      pagers.replaceChildren(...all.map(([axis, labels]) => {
        const turn = (at) => send("turn", { axis, at: Math.max(0, Math.min(labels.length - 1, at)) });
        const select = make("select", {
          "data-pager": JSON.stringify([axis, labels]), title: `Which value of ${axis} is shown`, onchange: () => turn(select.selectedIndex),
        }, ...labels.map((label) => make("option", {}, label)));
        const button = (text, by, title) => make("button", { type: "button", title, "aria-label": title, onclick: () => turn(select.selectedIndex + by) }, text);
        return make("span", { class: "fpw-choice" }, make("label", { class: "fpw-choice" }, make("span", {}, axis), select),
          button("‹", -1, `Value of ${axis} before`), button("›", 1, `Next value of ${axis}`));
      }));
    }
    [...pagers.querySelectorAll("select")].forEach((select, number) => { select.selectedIndex = all[number][2]; });
    pagers.hidden = !all.length;
  }
  element.hidden = true;
  return {
    element,
    head(told) {
      element.hidden = !told.name;
      name.textContent = told.name;
      state.textContent = told.state;
      state.dataset.state = told.state;
      draft.hidden = !told.is_draft;
      totals.textContent = told.totals ?? "";
      share.firstChild.style.width = `${(told.share ?? 0) * 100}%`;
      trouble.textContent = told.trouble ? `✖ ${told.trouble}` : "";
      for (const [wish, button] of Object.entries(wishes)) {
        const had = button === document.activeElement;
        button.hidden = !told.wishes.includes(wish);
        if (had && button.hidden) buttons.querySelector("button:not([hidden])")?.focus(); // pause became go on
      }
    },
    layout(told) {
      drawAxes(told.roles ?? {});
      drawPagers(told.pagers ?? []);
    },
  };
}
