/** One line of metrics as text. https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
export interface Sample {
  readonly name: string
  /** Keys come from outside. */
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
  /** When it was measured, if it says so. */
  readonly timestampMs: number | undefined
}

const NAME = /[ \t]*([a-zA-Z_:][\w:]*)/y
const BEGIN = /[ \t]*\{/y
const LABEL = /[ \t]*([a-zA-Z_]\w*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*(?:,|(?=\}))/y
const END = /[ \t]*\}/y
const REST = /[ \t]+(\S+)(?:[ \t]+(-?\d+))?[ \t\r]*$/y
const NO_LABELS: ReadonlyMap<string, string> = new Map()

/** The samples with the wanted names. Throws when one of them cannot be read. */
export function parseSamples(text: string, wanted: ReadonlySet<string>): Sample[] {
  return text.split("\n").flatMap((line) => {
    const [all = "", name = ""] = match(NAME, line, 0) ?? []
    return wanted.has(name) ? [parseSample(name, line, all.length)] : []
  })
}

function parseSample(name: string, line: string, afterName: number): Sample {
  const { labels, end } = parseLabels(line, afterName)
  const [, written = "", time] = match(REST, line, end) ?? []
  const value = parseValue(written)
  if (value === undefined) throw new Error(`cannot read the metric ${JSON.stringify(line)}`)
  return { name, labels, value, timestampMs: time === undefined ? undefined : Number(time) }
}

function parseLabels(line: string, start: number) {
  const begin = match(BEGIN, line, start)
  if (begin === null) return { labels: NO_LABELS, end: start }
  const labels = new Map<string, string>()
  let at = start + begin[0].length
  for (let found = match(LABEL, line, at); found !== null; found = match(LABEL, line, at)) {
    const [all, name = "", value = ""] = found
    labels.set(name, unescape(value))
    at += all.length
  }
  const end = match(END, line, at)
  if (end === null) throw new Error(`cannot read the labels of the metric ${JSON.stringify(line)}`)
  return { labels, end: at + end[0].length }
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

const unescape = (value: string): string =>
  value.includes("\\") ? value.replaceAll(/\\(.)/g, (_, letter: string) => (letter === "n" ? "\n" : letter)) : value

const NOT_FINITE = new Map([
  ["+Inf", Infinity],
  ["-Inf", -Infinity],
  ["NaN", Number.NaN],
])
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/

function parseValue(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : NOT_FINITE.get(text)
}
