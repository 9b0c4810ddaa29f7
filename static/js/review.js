// 审核: a press on a cell asks for the reason; the return form then carries cell:<row>:<key>=<reason>.
(() => {
  "use strict";

  const boot = () => {
    const form = document.getElementById("return-form");
    const sheet = document.querySelector("[data-review]");
    if (!sheet) return;
    if (!form) {
      // nothing can be returned here: cells are words, not buttons
      for (const cell of sheet.querySelectorAll(".cell")) cell.disabled = true;
      return;
    }
    const portal = window.portal;
    const list = document.getElementById("flagged-list");
    const approve = document.querySelector("[data-approve]");
    const send = form.querySelector("[data-return]");
    const flagged = new Map(); // cell name → {cell, input, line, note}
    let box = null;

    const refresh = () => {
      const many = flagged.size;
      send.querySelector("span").textContent = many ? `退回 ${many} 格` : "退回";
      if (approve) approve.disabled = many > 0;
      if (approve) approve.title = many ? "已标出要退回的格；取消后才能通过" : "";
    };

    const unflag = (name) => {
      const mark = flagged.get(name);
      if (!mark) return;
      mark.cell.classList.remove("flagged");
      mark.input.remove();
      mark.line.remove();
      mark.note.remove();
      flagged.delete(name);
      refresh();
    };

    const flag = (cell, reason) => {
      const name = cell.dataset.cell;
      unflag(name);
      const input = document.createElement("input");
      input.type = "hidden";
      input.name = name;
      input.value = reason;
      form.append(input);
      const line = document.createElement("li");
      const head = document.createElement("b");
      head.textContent = cell.dataset.label;
      line.append(head, reason);
      list.append(line);
      const note = document.createElement("span");
      note.className = "cell-reason";
      portal.say(note, "arrow-return-left", `退回：${reason}`);
      cell.after(note);
      cell.classList.add("flagged");
      flagged.set(name, { cell, input, line, note });
      refresh();
    };

    const close = (focus) => {
      if (!box) return;
      const cell = box.cell;
      box.node.remove();
      box = null;
      cell.setAttribute("aria-expanded", "false");
      if (focus) cell.focus();
    };

    const button = (words, look, act) => {
      const made = document.createElement("button");
      made.type = "button";
      made.className = `btn ${look}`;
      made.textContent = words;
      made.addEventListener("click", act);
      return made;
    };

    const open = (cell) => {
      close(false);
      const mark = flagged.get(cell.dataset.cell);
      const node = document.createElement("div");
      node.className = "cell-box";
      node.setAttribute("role", "dialog");
      node.setAttribute("aria-label", `退回“${cell.dataset.label}”`);
      const title = document.createElement("h3");
      title.textContent = `退回“${cell.dataset.label}”`;
      const label = document.createElement("label");
      label.className = "visually-hidden";
      label.htmlFor = "cell-reason";
      label.textContent = "原因";
      const reason = document.createElement("textarea");
      reason.className = "form-control";
      reason.id = "cell-reason";
      reason.placeholder = "原因，如：村名与户籍地不符，请核对";
      reason.value = mark ? mark.input.value : "";
      const keep = () => {
        const words = reason.value.trim();
        if (!words) {
          reason.classList.add("is-invalid");
          reason.setAttribute("aria-invalid", "true");
          reason.focus();
          return;
        }
        flag(cell, words);
        close(true);
      };
      const acts = document.createElement("div");
      acts.className = "cell-box-acts";
      acts.append(button("标为退回", "btn-return", keep), button("关闭", "btn-plain", () => close(true)));
      if (mark) acts.append(button("取消退回", "btn-quiet", () => { unflag(cell.dataset.cell); close(true); }));
      node.append(title, label, reason, acts);
      node.addEventListener("keydown", (event) => {
        if (event.key === "Escape") close(true);
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) keep();
      });
      document.body.append(node);
      const rect = cell.getBoundingClientRect();
      const width = node.offsetWidth;
      const tall = node.offsetHeight;
      const above = rect.bottom + tall + 12 > window.innerHeight && rect.top - tall - 70 > 0;
      node.style.top = `${(above ? rect.top - tall - 6 : rect.bottom + 6) + window.scrollY}px`;
      node.style.left = `${Math.max(12, Math.min(rect.left + window.scrollX, window.scrollX + document.documentElement.clientWidth - width - 12))}px`;
      cell.setAttribute("aria-expanded", "true");
      box = { cell, node };
      reason.focus({ preventScroll: true });
      if (!above) node.scrollIntoView({ block: "nearest" });
    };

    sheet.addEventListener("click", (event) => {
      const cell = event.target.closest(".cell");
      if (cell) open(cell);
    });
    document.addEventListener("mousedown", (event) => {
      if (box && !box.node.contains(event.target) && !event.target.closest(".cell")) close(false);
    });
    form.addEventListener("submit", (event) => {
      const reason = form.querySelector('textarea[name="reason"]');
      if (!flagged.size && !reason.value.trim()) {
        event.preventDefault();
        event.stopImmediatePropagation();
        form.sending = false;
        reason.classList.add("is-invalid");
        reason.setAttribute("aria-invalid", "true");
        reason.focus();
        portal.toast("请写明退回原因，或点表中的格逐格退回。", "warning");
      }
    });
    for (const cell of sheet.querySelectorAll(".cell")) {
      cell.setAttribute("aria-expanded", "false");
      cell.setAttribute("aria-haspopup", "dialog");
    }
    refresh();
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", boot);
  else boot();
})();
