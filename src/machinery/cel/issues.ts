import type { CelIssue, CelSource } from "./ast.ts"

/** Longer lines are not shown with a message. In UTF-8 bytes, of which every character has at least one. */
const SNIPPET_MAX = 16_384
/** As cel-go: what is wrong beyond that is not reported. */
const ISSUES_MAX = 100

/** Collects what is wrong with one expression. */
export class IssueList {
  readonly #source: CelSource
  readonly #issues: CelIssue[] = []
  #truncated = 0
  #lineStarts: readonly number[] | undefined

  constructor(source: CelSource) {
    this.#source = source
  }

  get issues(): readonly CelIssue[] {
    return this.#issues
  }

  get empty(): boolean {
    return this.#issues.length === 0
  }

  /** `offset` in code points; undefined for what has no place. */
  report(offset: number | undefined, message: string): void {
    if (this.#issues.length >= ISSUES_MAX) {
      this.#truncated++
      return
    }
    this.#issues.push({ ...this.#place(offset), message })
  }

  #place(offset: number | undefined): { line: number; column: number } {
    if (offset === undefined) return { line: -1, column: -1 }
    this.#lineStarts ??= lineStarts(this.#source.text)
    let line = this.#lineStarts.findLastIndex((start) => start <= offset)
    if (line < 0) line = 0
    return { line: line + 1, column: offset - (this.#lineStarts[line] ?? 0) }
  }

  /** All of them in the order of their places, as cel-go prints them. */
  format(): string {
    const text = formatIssues(this.#issues, this.#source)
    return this.#truncated === 0 ? text : `${text}\n${this.#truncated} more errors were truncated`
  }
}

function lineStarts(text: string): readonly number[] {
  const starts = [0]
  let offset = 0
  for (const character of text) {
    offset++
    if (character === "\n") starts.push(offset)
  }
  return starts
}

export function formatIssues(issues: readonly CelIssue[], source: CelSource): string {
  const lines = source.text.split("\n")
  return issues
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
    .map((issue) => formatIssue(issue, lines[issue.line - 1], source.description))
    .join("\n")
}

function formatIssue({ line, column, message }: CelIssue, text: string | undefined, description: string): string {
  const head = `ERROR: ${description}:${line}:${column + 1}: ${message}`
  if (text === undefined || Buffer.byteLength(text) > SNIPPET_MAX) return head
  const characters = [...text.replace(/\t/g, " ")]
  const wide = (i: number) => (characters[i] ?? "a") > "\u007f"
  let marks = ""
  for (let i = 0; i < column && i < characters.length; i++) marks += wide(i) ? "\uff0e" : "."
  return `${head}\n | ${characters.join("")}\n | ${marks}${wide(column) ? "\uff3e" : "^"}`
}
