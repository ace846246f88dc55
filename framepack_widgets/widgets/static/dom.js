// Making elements. Text from servers, files and people only ever enters the page as text.
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name === "class") element.className = value;
    else if (name === "style") Object.assign(element.style, value);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith("aria-") || name === "role" || name.startsWith("data-")) {
      element.setAttribute(name, value);
    } else element[name] = value;
  }
  // Jupyter's shortcuts match the focused element itself ("d d" on a button would delete a cell), so
  // its mark has to be there and not only on a box around it.
  if (element.matches("button, input, select, textarea, summary, video, [tabindex]")) {
    element.setAttribute("data-lm-suppress-shortcuts", "true");
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// Runs the action whose key was pressed; which keys those are is in widgets/keys.py.
function listenForKeys(element, actions) {
  element.setAttribute("data-lm-suppress-shortcuts", "true"); // Jupyter leaves these keys to us
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input:not([type=range]), textarea, select")) return;
    const pressed = (event.shiftKey && event.key.length > 1 ? "Shift+" : "") + event.key;
    for (const [action, keys] of Object.entries(KEYS)) {
      if (keys.includes(pressed) && actions[action]) {
        if (pressed === " " && event.target.matches("button")) return; // it presses the button
        event.preventDefault();
        event.stopPropagation();
        actions[action]();
        return;
      }
    }
  });
}

// The path under which this Jupyter server publishes itself, "/" or "/user/me/"; null elsewhere.
function jupyterBase() {
  const config = document.getElementById("jupyter-config-data");
  try {
    return JSON.parse(config.textContent).baseUrl ?? null;
  } catch {
    return null;
  }
}
