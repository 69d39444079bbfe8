// Shows what both fakes hold and lets people act on them. Everything that came from a fake enters the page as text, never as markup.

const $ = (id) => document.getElementById(id);
const LOG_SHOWN = 300;
const SILENT = "does not answer; start it again, this page reconnects";
const state = { lastRequest: 0, running: null, again: false, rows: new Map() };

// ---- talking to the sandbox

async function ask(method, path, body) {
  const request = { method, headers: {} };
  if (method !== "GET") {
    request.headers["Content-Type"] = "application/json";
    request.body = JSON.stringify(body ?? {});
  }
  const answer = await fetch(path, request);
  const content = await answer.json();
  if (!answer.ok) throw new Error(`${content.error}: ${content.remedy}`);
  return content;
}

/** Does something and says in the live region what came of it. */
async function act(what, path, body) {
  let outcome;
  try {
    await ask("POST", path, body);
    outcome = [`${what}: done`, "good"];
  } catch (problem) {
    outcome = [`${what}: refused. ${problem.message}`, "bad"];
  }
  await refresh();
  say(...outcome);
}

function say(text, kind) {
  $("result").className = kind;
  $("result").textContent = text;
}

// ---- building without markup

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function setText(node, value) {
  const text = String(value ?? "–"); // seeded records may lack anything
  if (node.textContent === text) return false;
  node.textContent = text;
  return true;
}

/**
 * Brings the rows of a table in line with `items`, row by row and in place, so that no button loses the focus.
 * `make` builds the cells of a new row and gives a function that updates them and says whether anything changed.
 */
function sync(table, items, make) {
  const body = $(table).tBodies[0];
  const known = state.rows.get(table) ?? new Map();
  const seen = new Set();
  let place = body.firstElementChild;
  for (const item of items) {
    seen.add(item.id);
    let row = known.get(item.id);
    const isNew = !row;
    if (isNew) {
      const node = element("tr", {});
      row = { node, update: make(node, item.id) };
      known.set(item.id, row);
    }
    const changed = row.update(item);
    if (row.node === place) place = place.nextElementSibling;
    else body.insertBefore(row.node, place);
    if (changed && state.settled) freshen(row.node);
  }
  for (const [id, row] of known) {
    if (!seen.has(id)) {
      row.node.remove();
      known.delete(id);
    }
  }
  state.rows.set(table, known);
}

function freshen(node) {
  node.classList.remove("fresh");
  void node.offsetWidth; // begins the animation anew
  node.classList.add("fresh");
}

// ---- the columns

const OPEN = ["Posted", "Partially paid"];
const INVOICE_BUTTONS = [
  ["Post", (status) => status === "Draft", (id) => act(`Post ${id}`, invoicePath(id, "post"))],
  ["Edit", (status) => status !== "Reversed", (id, item) => askAmount("Edit", id, "New net amount of the first line", item().first_line, "edit")],
  ["Credit", (status) => OPEN.includes(status), (id) => askAmount("Credit", id, "Amount before tax", "", "credit")],
  ["Reverse", (status) => !["Draft", "Reversed"].includes(status), (id) => act(`Reverse ${id}`, invoicePath(id, "reverse"))],
];
const CREDIT_BUTTONS = [
  ["Reverse", (status) => status === "Processed", (id) => act(`Reverse ${id}`, `/admin/ordway/credits/${encodeURIComponent(id)}/reverse`)],
];

function invoicePath(id, action) {
  return `/admin/ordway/invoices/${encodeURIComponent(id)}/${action}`;
}

/** A row of an invoice or credit. */
function documentRow(buttons, net) {
  return (row, id) => {
    let item;
    const customer = element("small", {});
    const head = element("th", { scope: "row", tabIndex: -1 }, id, customer);
    const [status, date] = [element("span", {}), element("small", { className: "date" })];
    const amounts = [element("td", { className: "amount" }), element("td", { className: "amount" })];
    const made = buttons.map(([name, applies, run]) => {
      const button = element("button", { type: "button", textContent: name, hidden: true });
      button.setAttribute("aria-label", `${name} ${id}`);
      button.addEventListener("click", () => run(id, () => item));
      return { button, applies };
    });
    row.append(head, element("td", {}, status, date), ...amounts, element("td", {}, ...made.map(({ button }) => button)));
    return (now) => {
      item = now;
      const texts = [
        [customer, now.customer],
        [status, now.status],
        [date, now.date],
        [amounts[0], `${now[net]} ${now.currency}`],
        [amounts[1], now.tax],
      ];
      const changed = texts.map(([node, text]) => setText(node, text)).some(Boolean);
      row.dataset.status = now.status;
      const focused = made.find(({ button }) => button === document.activeElement);
      for (const { button, applies } of made) button.hidden = !applies(now.status);
      // The button that was pressed does not apply any more: stay in its row.
      if (focused?.button.hidden) (made.find(({ button }) => !button.hidden)?.button ?? head).focus();
      return changed;
    };
  };
}

function transactionRow(row, id) {
  const note = element("small", {});
  const name = element("span", { textContent: id });
  const what = element("td", {});
  const amounts = [element("td", { className: "amount" }), element("td", { className: "amount" })];
  row.append(element("th", { scope: "row" }, name, note), what, ...amounts);
  return (now) => {
    const texts = [
      [note, `${now.date}${now.frozen ? ", locked" : ""}`],
      [what, `${now.state}, v${now.version} ${now.cause}`],
      [amounts[0], `${now.amount} ${now.currency}`],
      [amounts[1], now.tax],
    ];
    name.className = now.state === "void" ? "gone" : "";
    return texts.map(([node, text]) => setText(node, text)).some(Boolean);
  };
}

function addRequests(calls) {
  const body = $("requests").tBodies[0];
  for (const call of calls) {
    const path = call.path.replace(/^\/api\/v1|^\/v1\/seller/, "");
    const about = call.document && !path.includes(call.document) ? call.document : call.query;
    const answer = element("td", { textContent: call.status === null ? "no answer" : String(call.status) });
    if (call.status === null || call.status >= 400) answer.className = "bad-answer";
    if (call.faults.length) answer.append(element("small", { textContent: call.faults.join(", ").replaceAll("_", " ") }));
    const service = call.service === "ordway" ? "Ordway" : "Anrok";
    const request = element("td", {}, `${service} ${call.method} ${path}`);
    if (about) request.append(element("small", { textContent: about }));
    const row = element("tr", {}, element("td", { textContent: call.at.slice(11, 19) }), request, answer,
      element("td", { className: "amount", textContent: String(call.ms) }));
    row.dataset.seq = call.seq;
    body.prepend(row);
  }
  while (body.rows.length > LOG_SHOWN) body.lastElementChild.remove();
}

function deliveryRow(row) {
  const cells = [element("td", {}), element("td", {}), element("td", {}), element("td", { className: "amount" })];
  row.append(...cells);
  return (now) => {
    const answer = now.status ?? now.failure;
    cells[2].className = now.status >= 200 && now.status < 300 ? "" : "bad-answer";
    const texts = [
      now.at.slice(11, 19),
      `${now.class} ${now.verb} ${now.record}`,
      now.fault ? `${answer} (${now.fault})` : String(answer),
      String(now.attempt),
    ];
    return texts.map((text, column) => setText(cells[column], text)).some(Boolean);
  };
}

function forgetRequests(oldest) {
  const body = $("requests").tBodies[0];
  while (body.lastElementChild && (oldest === null || Number(body.lastElementChild.dataset.seq) < oldest)) {
    body.lastElementChild.remove();
  }
}

// ---- the facts above

function showFacts(summary) {
  const { clock, outages } = summary;
  setText($("clock"), `${clock.now.slice(0, 19).replace("T", " ")} UTC${clock.frozen ? ", stopped" : ""}`);
  setText($("hold"), clock.frozen ? "Let clock run" : "Stop clock");
  state.frozen = clock.frozen;
  const broken = outages.map((one) => {
    const whom = { ordway: "Ordway", anrok: "Anrok" }[one.service] ?? "both";
    const left = one.seconds_left === null ? "until mended" : `${one.seconds_left} s left`;
    return `${one.preset.replaceAll("_", " ")} (${whom}, ${left})`;
  });
  if (summary.fault_rules) broken.push(`plan of ${summary.fault_rules} rules`);
  setText($("network"), broken.length ? `broken: ${broken.join("; ")}` : "whole");
  setText($("locks"), summary.frozen_months.join(", ") || "no month");
  const month = $("freeze").elements.month;
  if (!month.value && document.activeElement !== month) month.value = clock.now.slice(0, 7);
  for (const list of ["invoices", "transactions"]) {
    const [shown, all] = [summary[list].length, summary.counts[list]];
    setText($(`${list}-count`), shown < all ? `(the newest ${shown} of ${all})` : `(${all})`);
  }
  setText($("requests-count"), `(${summary.last_request})`);
}

// ---- keeping up

/** Brings the page up to date; resolves when it is. One at a time: what changes meanwhile is fetched right after. */
function refresh() {
  state.again = true;
  state.running ??= fetchAll().finally(() => { state.running = null; });
  return state.running;
}

async function fetchAll() {
  while (state.again) {
    state.again = false;
    try {
      const summary = await ask("GET", "/admin/summary");
      if (summary.last_request < state.lastRequest) {
        state.lastRequest = 0; // another sandbox, started anew
        forgetRequests(null);
      }
      const news = await ask("GET", `/admin/requests?after=${state.lastRequest}`);
      showFacts(summary);
      sync("invoices", summary.invoices, documentRow(INVOICE_BUTTONS, "subtotal"));
      sync("credits", summary.credits, documentRow(CREDIT_BUTTONS, "total"));
      sync("transactions", summary.transactions, transactionRow);
      const { deliveries } = summary.deliveries ? await ask("GET", "/admin/deliveries") : { deliveries: [] };
      $("deliveries-part").hidden = !deliveries.length;
      const newest = deliveries.slice(-LOG_SHOWN).reverse();
      sync("deliveries", newest.map((one) => ({ ...one, record: one.id, id: one.seq })), deliveryRow);
      forgetRequests(summary.oldest_request);
      addRequests(news.requests);
      state.lastRequest = news.last;
      state.settled = true;
      setText($("connection"), "running");
    } catch {
      setText($("connection"), SILENT);
    }
  }
}

const changes = new EventSource("/admin/events");
changes.addEventListener("change", refresh);
changes.addEventListener("error", () => setText($("connection"), SILENT));
// The clock ticks and outages end without an event.
setInterval(() => { if (!document.hidden && changes.readyState === EventSource.OPEN) refresh(); }, 2000);

// ---- the controls

function onSubmit(form, run) {
  $(form).addEventListener("submit", (event) => {
    event.preventDefault();
    run($(form).elements);
  });
}

function askAmount(name, id, label, value, action) {
  $("amount-title").textContent = `${name} ${id}`;
  $("amount-label").textContent = label;
  const form = $("amount").querySelector("form");
  form.elements.amount.value = value ?? "";
  form.onsubmit = (event) => {
    event.preventDefault();
    $("amount").close();
    act(`${name} ${id}`, invoicePath(id, action), { amount: form.elements.amount.value });
  };
  $("amount").showModal();
  form.elements.amount.select();
}

$("amount-cancel").addEventListener("click", () => $("amount").close());
onSubmit("break", ({ preset, service, seconds }) => {
  const body = { preset: preset.value };
  if (service.value) body.service = service.value;
  if (seconds.value) body.seconds = Number(seconds.value);
  act("Break the network", "/admin/faults/break", body);
});
$("mend").addEventListener("click", () => act("Mend the network", "/admin/faults/mend"));
onSubmit("freeze", ({ month }) => act(`Lock ${month.value}`, "/admin/anrok/freeze", { month: month.value }));
$("unfreeze").addEventListener("click", () => {
  const month = $("freeze").elements.month.value;
  act(`Open ${month || "all months"}`, "/admin/anrok/unfreeze", month ? { month } : {});
});
onSubmit("advance", ({ by }) => act(`Advance the clock by ${by.value}`, "/admin/clock/advance", { by: by.value }));
$("hold").addEventListener("click", () => {
  if (state.frozen) act("Let the clock run", "/admin/clock/run");
  else act("Stop the clock", "/admin/clock/freeze");
});
onSubmit("map", ({ external_id: id }) => act(`Map ${id.value}`, "/admin/anrok/products", { external_id: id.value }));
onSubmit("reset", ({ seed }) => act("Start over", "/admin/reset", seed.value ? { seed: seed.value } : {}));
$("second-act").addEventListener("click", () => act("Second act", "/admin/ordway/second-act"));
