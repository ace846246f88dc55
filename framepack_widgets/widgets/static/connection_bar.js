const LIGHTS = { connecting: "◌", connected: "●", failed: "○" };

function field(label, properties) {
  const input = make("input", { class: "fpw-bar-input", autocomplete: "off", spellcheck: false, ...properties });
  return [input, make("label", { class: "fpw-bar-field" }, make("span", {}, label), input)];
}

function keysTable(rows) {
  const body = rows.map(([where, keys, does]) =>
    make("tr", {}, make("td", {}, where), make("td", {}, make("kbd", {}, keys)), make("td", {}, does)));
  return make("table", { class: "fpw-quiet" }, make("tbody", {}, ...body));
}

export default {
  render({ model, el }) {
    el.classList.add("fpw", "fpw-bar");
    const light = make("span", { class: "fpw-light", "aria-hidden": "true" });
    const line = make("span", { class: "fpw-wrap fpw-bar-line", role: "status" });
    const change = make("button", {
      type: "button", title: "Connect to another Studio, or with other credentials", "aria-expanded": "false",
      onclick: () => toggle(form.hidden),
    }, "change");
    const refresh = make("button", {
      type: "button", title: "Read the server's description and queue anew, and say what changed",
      onclick: () => model.send({ kind: "refresh" }),
    }, "refresh");
    const [url, urlField] = field("address", { name: "address", placeholder: "http://127.0.0.1:7860, or demo" });
    const [user, userField] = field("user", { name: "user" });
    const [password, passwordField] = field("password", { name: "password", type: "password", autocomplete: "new-password" });
    const [token, tokenField] = field("token", { name: "token", type: "password", autocomplete: "new-password" });
    url.classList.add("fpw-wide");
    const form = make("form", { class: "fpw-row fpw-bar-form", hidden: true }, urlField,
      make("details", {}, make("summary", {}, "login or token"),
        make("div", { class: "fpw-row" }, userField, passwordField, tokenField)),
      make("button", { type: "submit", class: "fpw-main" }, "connect"),
      make("button", { type: "button", onclick: () => toggle(false) }, "cancel"));
    const error = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
    const again = make("button", { type: "button", onclick: () => model.send({ kind: "again" }) }, "try again");
    const trouble = make("div", { class: "fpw-row fpw-box", hidden: true }, error, again);
    const banner = make("div", { class: "fpw-warning fpw-wrap fpw-box", role: "alert", hidden: true });
    const news = make("ul", { class: "fpw-quiet fpw-wrap" });
    const keys = make("details", { class: "fpw-keys fpw-quiet" }, make("summary", {}, "keys"));
    keys.addEventListener("toggle", () => {
      if (keys.open && keys.children.length === 1) keys.append(keysTable(model.get("keys_help")));
    });

    function toggle(open) {
      form.hidden = !open;
      change.setAttribute("aria-expanded", String(open));
      if (open) {
        url.value = model.get("address");
        url.focus();
      } else {
        for (const input of [user, password, token]) input.value = "";
        if (form.contains(document.activeElement)) change.focus();
      }
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      model.send({ kind: "connect", url: url.value, user: user.value, password: password.value, token: token.value });
      toggle(false);
    });
    form.addEventListener("keydown", (event) => {
      event.stopPropagation(); // what is typed here is nobody's shortcut
      if (event.key === "Escape") toggle(false);
    });

    function draw() {
      const state = model.get("state");
      light.textContent = LIGHTS[state];
      light.className = `fpw-light fpw-light-${state}`;
      line.textContent = model.get("line");
      refresh.disabled = state !== "connected";
      const message = model.get("trouble");
      error.textContent = message;
      trouble.hidden = !message;
      again.hidden = state !== "failed";
      banner.textContent = model.get("banner") && `Reconnecting. ${model.get("banner")}`;
      banner.hidden = !model.get("banner");
      news.replaceChildren(...model.get("news").map((text) => make("li", {}, text)));
      news.hidden = !model.get("news").length;
    }
    el.append(make("div", { class: "fpw-row" }, light, line, change, refresh, keys), form, trouble, banner, news);
    const traits = ["state", "line", "trouble", "banner", "news"].map((name) => `change:${name}`);
    for (const name of traits) model.on(name, draw);
    draw();
    return () => { for (const name of traits) model.off(name, draw); };
  },
};
