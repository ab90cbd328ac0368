// Conveniences only: every page works without this file.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // The error summary takes the focus, so that it is read first.
  document.querySelector("[data-focus]")?.focus();

  // A second click sends nothing. The server refuses it too (idempotency keys).
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    const again = () => {
      delete form.dataset.sent;
      all("button", form).forEach((button) => button.removeAttribute("aria-disabled"));
    };
    all("button", form).forEach((button) => button.setAttribute("aria-disabled", "true"));
    setTimeout(again, 8000);
    addEventListener("pageshow", again, { once: true });
  });

  // <button hidden data-copy="#id"> copies that element's text, or its value.
  const say = document.createElement("span");
  say.className = "visually-hidden";
  say.setAttribute("role", "status");
  document.body.append(say);
  all("[data-copy]").forEach((button) => {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const source = document.querySelector(button.dataset.copy);
      await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
      const label = button.textContent;
      say.textContent = button.textContent = button.dataset.copied || "\u2713";
      setTimeout(() => { button.textContent = label; say.textContent = ""; }, 2500);
    });
  });

  // <a data-back> goes where one came from, if that was here.
  all("[data-back]").forEach((link) => link.addEventListener("click", (event) => {
    if (history.length < 2) return;
    event.preventDefault();
    history.back();
  }));

  // <button hidden data-print>
  all("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => print());
  });

  // <form method="get" data-live="#id"> replaces that element as the answer's while one types.
  all("form[data-live]").forEach((form) => {
    let waiting, asked;
    const ask = async () => {
      asked?.abort();
      asked = new AbortController();
      const address = new URL(form.action);
      address.search = new URLSearchParams(new FormData(form));
      try {
        const answer = await fetch(address, { signal: asked.signal });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.querySelector(form.dataset.live);
        if (fresh) document.querySelector(form.dataset.live).replaceChildren(...fresh.childNodes);
      } catch { /* The button still asks. */ }
    };
    form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(ask, 250); });
  });

  // <button data-add="#template" data-total="name of TOTAL_FORMS"> adds a row to a form set here;
  // without a script it sends the form, and the answer has the row.
  all("button[data-add]").forEach((button) => {
    const pattern = document.querySelector(button.dataset.add);
    const total = button.form.elements[button.dataset.total];
    button.addEventListener("click", (event) => {
      const count = Number(total.value);
      const most = Number(button.form.elements[button.dataset.total.replace("TOTAL", "MAX_NUM")].value);
      if (count >= most) return;
      event.preventDefault();
      const html = pattern.innerHTML.replaceAll("__prefix__", count).replaceAll("__number__", count + 1);
      const row = document.createRange().createContextualFragment(html).querySelector("fieldset");
      button.parentElement.before(row);
      total.value = count + 1;
      row.querySelector("input").focus();
    });
  });

  const language = document.documentElement.lang;
  // As formats.py writes it: 14 March 2027, 09:00 EDT.
  const readersOwn = (moment) => {
    const write = (options, as = language) => new Intl.DateTimeFormat(as, options).format(moment);
    const ours = language.startsWith("en") ? "en-GB" : language;
    const day = write({ day: "numeric", month: "long", year: "numeric" }, ours);
    const time = write({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, ours);
    const zone = new Intl.DateTimeFormat(language, { timeZoneName: "short" })
      .formatToParts(moment).find((part) => part.type === "timeZoneName").value;
    return `${day}, ${time} ${zone}`;
  };

  // <time datetime data-local="Your time: %s"> gets the reader's own time as a second line.
  all("time[data-local]").forEach((time) => {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (here === time.dataset.zone) return;
    const line = document.createElement("span");
    line.className = "hint local";
    line.textContent = time.dataset.local.replace("%s", readersOwn(new Date(time.dateTime)));
    time.after(line);
  });

  // Menus close by Escape and by a click elsewhere.
  const close = (except) => all("header details[open]").forEach((menu) => {
    if (!menu.contains(except)) menu.open = false;
  });
  document.addEventListener("click", (event) => close(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.activeElement.closest("header details[open]");
    close(null);
    menu?.querySelector("summary").focus();
  });

  // A table that is wider than the screen can be scrolled by keyboard.
  all(".table-wrap").forEach((wrap) => {
    if (wrap.scrollWidth > wrap.clientWidth) wrap.tabIndex = 0;
  });
})();
