// Before the first paint: parts that fold only where a script can unfold them.
document.documentElement.classList.add("js");
