/** One line of metrics as text. https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
export interface Sample {
  readonly name: string
  /** Keys come from outside. */
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
  /** When it was measured, if it says so. */
  readonly timestampMs: number | undefined
}

const NAME = /[a-zA-Z_:][\w:]*/y
const LABEL = /[ \t]*([a-zA-Z_]\w*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*(,|(?=\}))/y
const REST = /[ \t]+(\S+)(?:[ \t]+(-?\d+))?[ \t\r]*$/y
const NO_LABELS: ReadonlyMap<string, string> = new Map()

/** The samples with the wanted names. Throws when one of them cannot be read. */
export function parseSamples(text: string, wanted: ReadonlySet<string>): Sample[] {
  return text.split("\n").flatMap((line) => {
    const name = match(NAME, line, 0)?.[0]
    return name !== undefined && wanted.has(name) ? [parseSample(name, line)] : []
  })
}

function parseSample(name: string, line: string): Sample {
  const hasLabels = line[name.length] === "{"
  const { labels, end } = hasLabels ? parseLabels(line, name.length + 1) : { labels: NO_LABELS, end: name.length }
  const found = match(REST, line, end)
  const value = parseValue(found?.[1] ?? "")
  if (found === null || value === undefined) throw new Error(`cannot read the metric ${JSON.stringify(line)}`)
  const time = found[2]
  return { name, labels, value, timestampMs: time === undefined ? undefined : Number(time) }
}

function parseLabels(line: string, start: number) {
  const labels = new Map<string, string>()
  let at = start
  for (let found = match(LABEL, line, at); found !== null; found = match(LABEL, line, at)) {
    const [all, name = "", value = ""] = found
    labels.set(name, unescape(value))
    at += all.length
  }
  if (line[at] !== "}") throw new Error(`cannot read the labels of the metric ${JSON.stringify(line)}`)
  return { labels, end: at + 1 }
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
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

function parseValue(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : NOT_FINITE.get(text)
}
