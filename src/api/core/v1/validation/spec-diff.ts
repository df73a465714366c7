/** How two values differ, as a unified diff of their JSON: what a person needs to see which field was changed. */

const CONTEXT_LINES = 3

type Line = { readonly mark: " " | "-" | "+"; readonly text: string }

export function jsonDiff(before: unknown, after: unknown): string {
  const lines = compare(toLines(before), toLines(after))
  return hunks(lines).map(formatHunk).join("")
}

const toLines = (value: unknown): readonly string[] => JSON.stringify(value, null, 1).split("\n")

/** The shortest way from one list of lines to the other. */
function compare(before: readonly string[], after: readonly string[]): readonly Line[] {
  const [n, m] = [before.length, after.length]
  // lengths[i][j]: the longest common subsequence of what follows line i and line j.
  const lengths = Array.from({ length: n + 1 }, () => new Uint32Array(m + 1))
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0
  for (let i = n - 1; i >= 0; i--) {
    const row = lengths[i]
    if (row === undefined) continue
    for (let j = m - 1; j >= 0; j--) {
      row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const lines: Line[] = []
  let [i, j] = [0, 0]
  while (i < n || j < m) {
    if (i < n && j < m && before[i] === after[j]) {
      lines.push({ mark: " ", text: before[i] ?? "" })
      i++
      j++
    } else if (i < n && (j >= m || at(i + 1, j) >= at(i, j + 1))) lines.push({ mark: "-", text: before[i++] ?? "" })
    else lines.push({ mark: "+", text: after[j++] ?? "" })
  }
  return lines
}

interface Hunk {
  readonly beforeStart: number
  readonly afterStart: number
  readonly lines: readonly Line[]
}

function hunks(lines: readonly Line[]): readonly Hunk[] {
  const changed = lines.flatMap(({ mark }, index) => (mark === " " ? [] : [index]))
  const found: Hunk[] = []
  let start = 0
  while (start < changed.length) {
    let end = start
    while ((changed[end + 1] ?? Number.POSITIVE_INFINITY) - (changed[end] ?? 0) <= 2 * CONTEXT_LINES) end++
    const from = Math.max((changed[start] ?? 0) - CONTEXT_LINES, 0)
    const before = lines.slice(0, from)
    found.push({
      beforeStart: before.filter(({ mark }) => mark !== "+").length,
      afterStart: before.filter(({ mark }) => mark !== "-").length,
      lines: lines.slice(from, (changed[end] ?? 0) + CONTEXT_LINES + 1),
    })
    start = end + 1
  }
  return found
}

function formatHunk({ beforeStart, afterStart, lines }: Hunk): string {
  const before = range(beforeStart, lines.filter(({ mark }) => mark !== "+").length)
  const after = range(afterStart, lines.filter(({ mark }) => mark !== "-").length)
  return `@@ -${before} +${after} @@\n${lines.map(({ mark, text }) => `${mark}${text}\n`).join("")}`
}

function range(start: number, length: number): string {
  if (length === 1) return `${start + 1}`
  return `${length === 0 ? start : start + 1},${length}`
}
