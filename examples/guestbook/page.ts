import type { Entry } from "./store.ts"

export interface PageInfo {
  readonly version: string
  /** Which pod made the page. */
  readonly host: string
}

/** The guestbook as a page. What people wrote is text, never markup. */
export function renderPage(entries: readonly Entry[], { version, host }: PageInfo): string {
  const items = entries.map(
    ({ name, text, time }) =>
      `<li><b>${escapeHtml(name)}</b> <time>${escapeHtml(time.slice(0, 16).replace("T", " "))}</time><p>${escapeHtml(text)}</p></li>`,
  )
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Guestbook</title>
<style>
  body { font: 1rem/1.5 system-ui; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }
  form, li { display: grid; gap: .5rem; margin-bottom: 1.5rem }
  ul { list-style: none; padding: 0 } p { margin: 0; white-space: pre-wrap } time, footer { color: #666 }
</style>
<h1>Guestbook</h1>
<form method="post" action="/">
  <input name="name" placeholder="Your name" maxlength="80">
  <textarea name="text" placeholder="Say something" required maxlength="2000"></textarea>
  <button>Sign</button>
</form>
<ul>${items.join("\n") || "<li>No entries yet.</li>"}</ul>
<footer>version ${escapeHtml(version)}, served by ${escapeHtml(host)}</footer>
</html>
`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
