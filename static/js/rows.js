// Putting rows in order: by the buttons ↑ ↓, by dragging the grip, or Alt+↑ / Alt+↓ in the row.
// <tbody data-order> holds rows, each with an input[name="order"]; the order they are sent in is the
// order.  With data-order-url the new order is posted at once.
(() => {
  "use strict";

  const number = (body) => {
    Array.from(body.rows).forEach((row, place) => {
      const ordinal = row.querySelector(".ordinal");
      if (ordinal) ordinal.textContent = String(place + 1);
      const up = row.querySelector("[data-move='up']");
      const down = row.querySelector("[data-move='down']");
      if (up) up.disabled = place === 0;
      if (down) down.disabled = place === body.rows.length - 1;
    });
  };

  const name = (row) => row.dataset.name || "这一行";

  const tell = async (body, row) => {
    number(body);
    body.dispatchEvent(new CustomEvent("portal:changed", { bubbles: true }));
    const place = Array.from(body.rows).indexOf(row) + 1;
    const live = document.getElementById("toasts");
    if (!body.dataset.orderUrl) {
      window.portal.toast(`${name(row)}已移到第 ${place} 行`, "info", 3);
      return;
    }
    const sent = new FormData();
    for (const field of body.querySelectorAll('input[name="order"]')) sent.append("order", field.value);
    const version = document.querySelector('input[name="version"]');
    if (version) sent.append("version", version.value);
    try {
      const answer = await fetch(body.dataset.orderUrl, { method: "POST", body: sent, credentials: "same-origin", headers: { "X-CSRFToken": window.portal.csrf(), "X-Idempotency-Key": window.portal.uuid(), Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const kept = await answer.json();
      if (kept.version !== undefined) for (const field of document.querySelectorAll('input[name="version"]')) field.value = kept.version;
      if (live) window.portal.toast(`${name(row)}已移到第 ${place} 行，已保存`, "success", 3);
    } catch (error) {
      window.portal.toast("顺序没有保存，请刷新后再试。", "error");
    }
  };

  const move = (row, by, focus) => {
    const body = row.parentElement;
    const other = by < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (by < 0) body.insertBefore(row, other);
    else body.insertBefore(other, row);
    tell(body, row);
    if (focus) {
      const button = row.querySelector(`[data-move='${by < 0 ? "up" : "down"}']`);
      const target = button && !button.disabled ? button : row.querySelector("[data-move]:not(:disabled)");
      if (target) target.focus();
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-order] [data-move]");
    if (!button) return;
    event.preventDefault();
    move(button.closest("tr"), button.dataset.move === "up" ? -1 : 1, true);
  });
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    const row = event.target.closest("[data-order] > tr");
    if (!row) return;
    event.preventDefault();
    move(row, event.key === "ArrowUp" ? -1 : 1, false);
    event.target.focus();
  });

  let dragged = null;
  const clear = () => {
    for (const row of document.querySelectorAll(".drop-before, .drop-after")) row.classList.remove("drop-before", "drop-after");
  };
  document.addEventListener("dragstart", (event) => {
    const grip = event.target.closest("[data-order] .row-grip");
    if (!grip) return;
    dragged = grip.closest("tr");
    dragged.classList.add("dragging");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
    event.dataTransfer.setDragImage(dragged, 0, 0);
  });
  document.addEventListener("dragover", (event) => {
    const row = dragged && event.target.closest("[data-order] > tr");
    if (!row || row.parentElement !== dragged.parentElement) return;
    event.preventDefault();
    clear();
    const rect = row.getBoundingClientRect();
    row.classList.add(event.clientY < rect.top + rect.height / 2 ? "drop-before" : "drop-after");
  });
  document.addEventListener("drop", (event) => {
    const row = dragged && event.target.closest("[data-order] > tr");
    if (!row || row === dragged || row.parentElement !== dragged.parentElement) return;
    event.preventDefault();
    const body = row.parentElement;
    body.insertBefore(dragged, row.classList.contains("drop-before") ? row : row.nextElementSibling);
    tell(body, dragged);
  });
  document.addEventListener("dragend", () => {
    if (dragged) dragged.classList.remove("dragging");
    dragged = null;
    clear();
  });

  const boot = () => document.querySelectorAll("[data-order]").forEach(number);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", boot);
  else boot();
})();
