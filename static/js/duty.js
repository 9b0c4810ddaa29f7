// The form of a duty: fields that the chosen rule, deliverable or kind of units does not need are hidden.
(() => {
  "use strict";

  // Select or radio → value → the fields it needs; what no value names is always shown.
  const NEEDS = {
    due_kind: {
      on_date: ["due_date"],
      month_day: ["due_month", "due_day"],
      end_of_period: [],
      quarter_end: ["due_day", "due_reading"],
      month_window: ["due_month", "due_to_month"],
      working_days_before: ["due_days", "due_duty"],
      months_after_record: ["due_months"],
      no_date: [],
    },
    deliverable: { annex: ["annex"], file: [], narrative: [], count: ["minimum", "aim", "count_unit"] },
    owed_rule: { recipients: [], kinds: ["owed_kinds"], units: ["owed_units"], respondents: [] },
    cycle: { once: ["covers_from", "covers_to"], month: [], quarter: [], half_year: [], year: [] },
  };

  const chosen = (form, name) => {
    const radio = form.querySelector(`input[name="${name}"]:checked`);
    const select = form.querySelector(`select[name="${name}"]`);
    return radio ? radio.value : select ? select.value : "";
  };

  const show = (form) => {
    for (const [name, needs] of Object.entries(NEEDS)) {
      const wanted = needs[chosen(form, name)];
      if (!wanted) continue;
      for (const field of new Set(Object.values(needs).flat())) {
        const line = form.querySelector(`[data-field="${field}"]`);
        if (line) line.hidden = !wanted.includes(field) && !line.classList.contains("has-error");
      }
    }
  };

  const boot = () => {
    const form = document.getElementById("main-form");
    if (!form || !form.querySelector('[name="due_kind"]')) return;
    form.addEventListener("change", () => show(form));
    show(form);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", boot);
  else boot();
})();
