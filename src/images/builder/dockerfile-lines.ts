import { ImageError } from "../images.ts"

/** A here-document of an instruction. https://docs.docker.com/reference/dockerfile/#here-documents */
export interface Heredoc {
  readonly name: string
  readonly content: string
  /** False when the delimiter was quoted. */
  readonly expand: boolean
}

/** One instruction before it is understood: continuation lines joined, comments gone. */
export interface LogicalLine {
  /** The first line's number, from 1. */
  readonly line: number
  /** In upper case. */
  readonly keyword: string
  /** `--name=value` and `--name` before the arguments, in order. */
  readonly flags: readonly { readonly name: string; readonly value: string | null }[]
  /** Everything after keyword and flags. */
  readonly rest: string
  readonly heredocs: readonly Heredoc[]
}

export interface DockerfileText {
  readonly escape: "\\" | "`"
  readonly lines: readonly LogicalLine[]
}

const WITH_HEREDOC = new Set(["RUN", "COPY", "ADD"])
const HEREDOC = /(?:^|\s)\d*<<(-?)(["']?)([a-zA-Z_][a-zA-Z0-9_.]*)\2(?=\s|$|[;&|)])/g

/** An error at a place in a Dockerfile. */
export function dockerfileError(file: string, line: number, reason: string, cause?: unknown): ImageError {
  return new ImageError("BuildFailed", `${file}:${line}: ${reason}`, { cause })
}

/** Splits a Dockerfile into instructions. Throws `ImageError` BuildFailed with file and line. */
export function readDockerfileLines(text: string, file: string): DockerfileText {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/)
  const escape = readEscape(lines, file)
  const continuation = escape === "\\" ? /\\[ \t]*$/ : /`[ \t]*$/
  const logical: LogicalLine[] = []
  for (let at = 0; at < lines.length; ) {
    const first = (lines[at] ?? "").trim()
    if (first === "" || first.startsWith("#")) {
      at++
      continue
    }
    const start = at
    let joined = ""
    for (; at < lines.length; at++) {
      const line = lines[at] ?? ""
      // Comments and empty lines may stand between continuation lines.
      if (at > start && (line.trim() === "" || line.trimStart().startsWith("#"))) continue
      joined += line.replace(continuation, "")
      if (!continuation.test(line)) {
        at++
        break
      }
    }
    const { heredocs, next } = readHeredocs(joined.trim(), lines, at, file, start + 1)
    at = next
    logical.push({ line: start + 1, ...splitInstruction(joined.trim(), file, start + 1), heredocs })
  }
  return { escape, lines: logical }
}

/** Parser directives stand before everything else. */
function readEscape(lines: readonly string[], file: string): "\\" | "`" {
  for (const [i, line] of lines.entries()) {
    const match = /^\s*#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/.exec(line)
    if (!match) break
    if (match[1]?.toLowerCase() !== "escape") continue // `syntax` names a front end; ours understands the standard one.
    if (match[2] === "\\" || match[2] === "`") return match[2]
    throw dockerfileError(file, i + 1, `invalid escape ${JSON.stringify(match[2])}: it must be \\ or \``)
  }
  return "\\"
}

function splitInstruction(text: string, file: string, line: number): Pick<LogicalLine, "keyword" | "flags" | "rest"> {
  const match = /^(\S+)\s*([\s\S]*)$/.exec(text)
  const keyword = (match?.[1] ?? "").toUpperCase()
  if (!/^[A-Z]+$/.test(keyword)) throw dockerfileError(file, line, `unknown instruction ${JSON.stringify(match?.[1])}`)
  let rest = match?.[2] ?? ""
  const flags: { name: string; value: string | null }[] = []
  // The arguments of these begin with what looks like a flag only by accident.
  for (const flag = /^--([a-z][a-z-]*)(?:=((?:"[^"]*"|'[^']*'|[^\s"'])*))?(?:\s+|$)/; ; ) {
    const found = keyword === "ENV" || keyword === "LABEL" || keyword === "CMD" ? null : flag.exec(rest)
    if (!found) break
    flags.push({ name: found[1] ?? "", value: found[2] ?? null })
    rest = rest.slice(found[0].length)
  }
  return { keyword, flags, rest: rest.trim() }
}

function readHeredocs(
  text: string,
  lines: readonly string[],
  from: number,
  file: string,
  line: number,
): { heredocs: Heredoc[]; next: number } {
  const heredocs: Heredoc[] = []
  const keyword = text.split(/\s/, 1)[0]?.toUpperCase() ?? ""
  const subject = keyword === "ONBUILD" ? text.slice("ONBUILD".length).trim() : text
  if (!WITH_HEREDOC.has(subject.split(/\s/, 1)[0]?.toUpperCase() ?? "")) return { heredocs, next: from }
  let at = from
  for (const match of subject.matchAll(HEREDOC)) {
    const [, dash, quote, name = ""] = match
    const body: string[] = []
    for (;;) {
      const current = lines[at]
      if (current === undefined) throw dockerfileError(file, line, `unterminated heredoc ${name}`)
      at++
      const content = dash ? current.replace(/^\t+/, "") : current
      if (content === name) break
      body.push(content)
    }
    heredocs.push({ name, content: body.map((one) => `${one}\n`).join(""), expand: quote === "" })
  }
  return { heredocs, next: at }
}
