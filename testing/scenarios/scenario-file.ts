/**
 * Scenarios are text: commands with their input, and below a line `----` what came of them, up to the next empty line.
 * Lines that begin with `#` say what is shown. The form is that of etcd's and CockroachDB's data-driven tests.
 */

/** A line of explanation or an empty one, kept as it is. */
export interface Remark {
  readonly type: "remark"
  readonly text: string
}

export interface Step {
  readonly type: "step"
  /** Of the command's line, counted from one. */
  readonly line: number
  readonly command: string
  readonly args: readonly string[]
  readonly input: string
  readonly output: string
}

export type ScenarioPart = Remark | Step

const SEPARATOR = "----"

/** Throws `SyntaxError` for a command without `----`. */
export function parseScenario(text: string): ScenarioPart[] {
  const lines = text.split("\n")
  const parts: ScenarioPart[] = []
  for (let at = 0; at < lines.length; ) {
    const first = lines[at] ?? ""
    if (first === "" || first.startsWith("#")) {
      parts.push({ type: "remark", text: first })
      at++
      continue
    }
    const separator = lines.indexOf(SEPARATOR, at + 1)
    if (separator < 0) throw new SyntaxError(`line ${at + 1}: found no line ${SEPARATOR} after "${first}"`)
    const blank = lines.indexOf("", separator)
    const end = blank < 0 ? lines.length : blank
    const [command = "", ...args] = first.split(" ").filter((word) => word !== "")
    const input = lines.slice(at + 1, separator).join("\n")
    parts.push({ type: "step", line: at + 1, command, args, input, output: lines.slice(separator + 1, end).join("\n") })
    at = end
  }
  return parts
}

export function formatScenario(parts: readonly ScenarioPart[]): string {
  return parts
    .map((part) => {
      if (part.type === "remark") return part.text
      const { args, command, input, output } = part
      return [[command, ...args].join(" "), input, SEPARATOR, output].filter((text) => text !== "").join("\n")
    })
    .join("\n")
}
