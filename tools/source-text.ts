/**
 * What the checks need to know of a TypeScript file without parsing it: which characters are code, and what it imports.
 */
export interface SourceText {
  /** As long as the text, with comments and the insides of strings, templates and regular expressions blanked out. */
  readonly code: string
  /** Module specifiers of static and dynamic imports, type-only ones included, with their 1-based line. */
  readonly imports: readonly { readonly specifier: string; readonly line: number }[]
}

export function readSource(text: string): SourceText {
  const code = blankNonCode(text)
  const imports: { specifier: string; line: number }[] = []
  for (const match of code.matchAll(/\b(?:from|import)\s*\(?\s*["'](?=\s*["'])/g)) {
    const start = match.index + match[0].length
    const end = code.indexOf(text[start - 1] ?? "", start)
    imports.push({ specifier: text.slice(start, end), line: lineOf(text, start) })
  }
  return { code, imports }
}

export function lineOf(text: string, index: number): number {
  let line = 1
  for (let at = text.indexOf("\n"); at !== -1 && at < index; at = text.indexOf("\n", at + 1)) line++
  return line
}

/** Replaces every character that is not code by a space, and keeps quotes and line breaks in their places. */
function blankNonCode(text: string): string {
  const out: string[] = []
  // One entry per open template: how many braces are open in its current `${`.
  const templates: number[] = []
  let at = 0
  const keep = (length: number) => {
    out.push(text.slice(at, at + length))
    at += length
  }
  const blankTo = (end: number) => {
    out.push(text.slice(at, end).replace(/[^\n]/g, " "))
    at = end
  }
  const templateText = () => {
    blankTo(endOfTemplateText(text, at))
    if (text[at] === "$") templates.push(0)
    keep(text[at] === "$" ? 2 : 1)
  }

  while (at < text.length) {
    const char = text[at] ?? ""
    const depth = templates.at(-1)
    if (text.startsWith("//", at)) blankTo(indexOr(text, "\n", at))
    else if (text.startsWith("/*", at)) blankTo(indexOr(text, "*/", at + 2) + 2)
    else if (char === '"' || char === "'") {
      keep(1)
      blankTo(endOfString(text, at, char))
      keep(1)
    } else if (char === "`") {
      keep(1)
      templateText()
    } else if (char === "/" && startsRegExp(out)) {
      keep(1)
      blankTo(endOfRegExp(text, at))
      keep(1)
    } else if (depth !== undefined && char === "}" && depth === 0) {
      templates.pop()
      keep(1)
      templateText()
    } else {
      if (depth !== undefined && char === "{") templates[templates.length - 1] = depth + 1
      if (depth !== undefined && char === "}") templates[templates.length - 1] = depth - 1
      keep(1)
    }
  }
  return out.join("")
}

function indexOr(text: string, search: string, from: number): number {
  const index = text.indexOf(search, from)
  return index === -1 ? text.length : index
}

function endOfString(text: string, from: number, quote: string): number {
  let at = from
  while (at < text.length && text[at] !== quote && text[at] !== "\n") at += text[at] === "\\" ? 2 : 1
  return at
}

/** The place of the closing backtick or of the next `${`. */
function endOfTemplateText(text: string, from: number): number {
  let at = from
  while (at < text.length && text[at] !== "`" && !text.startsWith("${", at)) at += text[at] === "\\" ? 2 : 1
  return at
}

function endOfRegExp(text: string, from: number): number {
  let inClass = false
  let at = from
  while (at < text.length && text[at] !== "\n" && (inClass || text[at] !== "/")) {
    if (text[at] === "[") inClass = true
    if (text[at] === "]") inClass = false
    at += text[at] === "\\" ? 2 : 1
  }
  return at
}

/** A slash begins a regular expression where a value may stand, and divides after one. */
function startsRegExp(before: readonly string[]): boolean {
  let tail = ""
  for (let i = before.length - 1; i >= 0 && tail.trim().length < 12; i--) tail = (before[i] ?? "") + tail
  return /(^|[(,=:[!&|?{};+\-*%<>~^]|\b(return|typeof|case|in|of|do|else|void|delete|throw|await|yield))\s*$/.test(tail)
}
